#include "cli/receipt_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "cli/papers.h"
#include "cli/secret_option.h"
#include "rights/network_keys.h"
#include "rights/papers.h"

namespace qorgan::cli {
namespace {

using rights::Language;
using rights::SubjectSecret;

struct PaperOptions {
  std::string file;
  std::string network;
  std::string secret;    // as read_secret takes it
  std::string language;  // empty: the paper's own, or Russian
  std::string format = "text";
  std::string out;
};

// What one kind of paper is made of: how it is read, verified and rendered.
struct ReceiptKind {
  using Content = rights::EnrolmentReceipt;
  static constexpr bool has_secret = true;
  static auto read(std::string_view file) { return rights::read_receipt(file); }
  static Result<rights::Findings> verify(const Content& content, const rights::NetworkKeys* trusted,
                                         const SubjectSecret* secret, Language language) {
    QORGAN_TRY(const auto verified, rights::verify_receipt(content, trusted, secret));
    return rights::findings_of(content, verified, language);
  }
  static Result<rights::Paper> paper(const Content& content, const SubjectSecret* secret, Language language) {
    return rights::receipt_paper(content, secret, language);
  }
  static Result<std::string> text(const Content& content, const SubjectSecret* secret, Language language) {
    return rights::receipt_text(content, secret, language);
  }
};

struct CertificateKind {
  using Content = rights::ErasureCertificate;
  static constexpr bool has_secret = true;
  static auto read(std::string_view file) { return rights::read_certificate(file); }
  static Result<rights::Findings> verify(const Content& content, const rights::NetworkKeys* trusted,
                                         const SubjectSecret* secret, Language language) {
    QORGAN_TRY(const auto verified, rights::verify_certificate(content, trusted, secret));
    return rights::findings_of(content, verified, language);
  }
  static Result<rights::Paper> paper(const Content& content, const SubjectSecret*, Language language) {
    return rights::certificate_paper(content, language);
  }
  static Result<std::string> text(const Content& content, const SubjectSecret*, Language language) {
    return rights::certificate_text(content, language);
  }
};

struct AbsenceKind {
  using Content = rights::Absence;
  static constexpr bool has_secret = false;
  static auto read(std::string_view file) { return rights::read_absence(file); }
  static Result<rights::Findings> verify(const Content& content, const rights::NetworkKeys* trusted,
                                         const SubjectSecret*, Language language) {
    QORGAN_TRY(const auto verified, rights::verify_absence(content, trusted));
    return rights::findings_of(content, verified, language);
  }
  static Result<rights::Paper> paper(const Content& content, const SubjectSecret*, Language language) {
    return rights::absence_paper(content, language);
  }
  static Result<std::string> text(const Content& content, const SubjectSecret*, Language language) {
    return rights::absence_text(content, language);
  }
};

void wipe(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Result<std::optional<SubjectSecret>> secret_of(const PaperOptions& options) {
  if (options.secret.empty()) return std::optional<SubjectSecret>();
  QORGAN_TRY(SubjectSecret secret, read_secret(options.secret));
  return std::optional<SubjectSecret>(std::move(secret));
}

// A file that was read and whose every proof was verified.
template <class Kind>
struct Checked {
  rights::ReadPaper<typename Kind::Content> read;
  Language language = Language::ru;
  rights::Findings findings;
  const SubjectSecret* secret() const { return read.secret ? &*read.secret : nullptr; }
};

template <class Kind>
Result<Checked<Kind>> check(const PaperOptions& options) {
  QORGAN_TRY(std::string file, read_text_file(options.file, limits::receipt_text_bytes_max));
  auto read = Kind::read(file);
  wipe(file);  // a receipt's secret stands in it
  if (!read) return tl::unexpected(read.error());
  Checked<Kind> checked;
  checked.read = std::move(*read);
  checked.language = checked.read.language.value_or(Language::ru);
  if (!options.language.empty()) {
    QORGAN_TRY(checked.language, rights::language_from_code(options.language));
  }
  QORGAN_TRY(auto secret, secret_of(options));
  if (secret) checked.read.secret = std::move(secret);
  std::optional<rights::NetworkKeys> trusted;
  if (!options.network.empty()) {
    QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network));
    trusted = rights::keys_of(network);
  }
  QORGAN_TRY(checked.findings,
             Kind::verify(checked.read.content, trusted ? &*trusted : nullptr, checked.secret(), checked.language));
  return checked;
}

template <class Kind>
Status run_verify(const PaperOptions& options, bool json) {
  QORGAN_TRY(const auto checked, check<Kind>(options));
  if (json) {
    print_json({{"valid", true}, {"proven", checked.findings.proven}, {"not_proven", checked.findings.not_proven}});
  } else {
    fmt::print("{}", rights::render_text(checked.findings, checked.language));
  }
  return {};
}

template <class Kind>
Result<Bytes> render(const Checked<Kind>& checked, const std::string& format) {
  if (format == "pdf") {
    QORGAN_TRY(const rights::Paper paper, Kind::paper(checked.read.content, checked.secret(), checked.language));
    return rights::render_pdf(paper);
  }
  std::string text = checked.read.content.text();
  if (format == "text") {
    QORGAN_TRY(text, Kind::text(checked.read.content, checked.secret(), checked.language));
  }
  Bytes bytes(text.begin(), text.end());
  wipe(text);
  return bytes;
}

// What is wrong is not printed: only a verified paper is.
template <class Kind>
Status run_print(const PaperOptions& options) {
  QORGAN_TRY(const auto checked, check<Kind>(options));
  QORGAN_TRY(Bytes bytes, render<Kind>(checked, options.format));
  Status written;
  if (!options.out.empty()) {
    written = write_file_atomically(options.out, bytes, FileMode::private_file);
  } else if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    written = failure(ErrorCode::unavailable, "cannot write to standard output");
  }
  crypto::wipe(bytes);
  return written;
}

void add_options(CLI::App& command, PaperOptions& options, bool has_secret) {
  command.add_option("file", options.file, "The file, as text or JSON")->required();
  command.add_option("--network", options.network, "The public network file, to check whose keys they are");
  if (has_secret)
    command.add_option("--secret", options.secret,
                       "A file with the secret, to check that it belongs; - reads it from standard input");
  command
      .add_option("--lang", options.language,
                  "Language of what is printed: kk, ru or en; the paper's own where nothing is said")
      ->check(CLI::IsMember({"kk", "ru", "en"}));
}

template <class Kind>
void add_paper(CLI::App& app, Context& context, const char* name, const std::string& what) {
  CLI::App* parent = app.add_subcommand(name, "Check and print " + what + ", offline");
  parent->require_subcommand(1);
  auto options = std::make_shared<PaperOptions>();
  CLI::App* verify = parent->add_subcommand("verify", "Check every proof, and say what is proven and what is not");
  add_options(*verify, *options, Kind::has_secret);
  add_json_option(*verify, context);
  verify->callback([options, &context] {
    if (const Status done = run_verify<Kind>(*options, context.json); !done)
      context.exit_code = report(context, done.error());
  });
  CLI::App* print = parent->add_subcommand("print", "Check it, and write it in another form or language");
  add_options(*print, *options, Kind::has_secret);
  print->add_option("--format", options->format, "text, pdf or json")
      ->check(CLI::IsMember({"text", "pdf", "json"}))
      ->capture_default_str();
  print->add_option("--out", options->out, "File to write; otherwise standard output");
  print->callback([options, &context] {
    if (const Status done = run_print<Kind>(*options); !done) context.exit_code = report(context, done.error());
  });
}

}  // namespace

void add_receipt(CLI::App& app, Context& context) {
  add_paper<ReceiptKind>(app, context, "receipt", "the receipt of an enrolment");
}

void add_certificate(CLI::App& app, Context& context) {
  add_paper<CertificateKind>(app, context, "certificate", "the certificate of an erasure");
}

void add_absence(CLI::App& app, Context& context) {
  add_paper<AbsenceKind>(app, context, "absence", "the statement that nothing is held");
}

}  // namespace qorgan::cli
