#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/policy_commands.h"
#include "cli/signer_options.h"
#include "crypto/random.h"
#include "policy/fields.h"
#include "policy/warrant.h"
#include "protocol/network.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::string file;
  std::string out;
  std::string network_file;
  std::string not_before, not_after, hidden_until;
  policy::Warrant warrant;
  SignerOptions signer;
  std::string policy_file, policy_key;
  std::string desk, operator_name, at;
  std::vector<int> fingers;
  std::int64_t uses = 0;
};

using Command = Result<int> (*)(const Context&, const Options&);

nlohmann::json json_of(const policy::Warrant& warrant) {
  const std::string text = warrant.text();
  return nlohmann::json::parse(text.substr(text.find('\n') + 1));
}

Result<int> make_key(const Context& context, const Options& options) {
  // A name that cannot be signed under is found before a key is made.
  QORGAN_CHECK(verifier_of(options.signer, crypto::KeySigner(crypto::make_sign_key_pair())));
  QORGAN_TRY(const auto signer, create_signer(options.signer));
  QORGAN_TRY(const ledger::VerifierKey key, verifier_of(options.signer, *signer));
  if (context.json) {
    print_json({{"vkey", key.text()}});
  } else {
    fmt::print("{}\n", key.text());
  }
  return 0;
}

Result<int> write(const Context& context, const Options& options) {
  policy::Warrant warrant = options.warrant;
  QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network_file));
  warrant.network_id = network.id();
  crypto::fill_random(warrant.id);
  QORGAN_TRY(warrant.not_before_s, policy::within("--from", policy::parse_utc_s(options.not_before)));
  QORGAN_TRY(warrant.not_after_s, policy::within("--until", policy::parse_utc_s(options.not_after)));
  if (!options.hidden_until.empty()) {
    QORGAN_TRY(warrant.hidden_until_s, policy::within("--hidden-until", policy::parse_utc_s(options.hidden_until)));
  }
  // Nobody signs what could not be read again.
  QORGAN_TRY(const policy::Warrant again, policy::parse_warrant(warrant.text()));
  if (again != warrant) return failure(ErrorCode::invalid_input, "a name in the warrant is not UTF-8");
  QORGAN_CHECK(write_file_atomically(options.out, as_bytes(warrant.text()), FileMode::public_file));
  if (context.json) {
    print_json({{"id", to_hex(warrant.id)}, {"file", options.out}});
  } else {
    fmt::print("Wrote warrant {} to {}. Next: `qorgan warrant sign` by the court.\n", to_hex(warrant.id), options.out);
  }
  return 0;
}

// A text that nobody has signed yet, or a note.
Result<ledger::Note> read_draft(const std::string& file) {
  QORGAN_TRY(std::string content, read_text_file(file, limits::warrant_bytes_max));
  if (policy::parse_warrant(content)) return ledger::Note{std::move(content), {}};
  return policy::within(file, ledger::parse_note(content));
}

Result<int> add_signature(const Context& context, const Options& options, bool by_court) {
  QORGAN_TRY(ledger::Note note, read_draft(options.file));
  QORGAN_TRY(const policy::Warrant warrant, policy::within(options.file, policy::parse_warrant(note.text)));
  if (by_court != (warrant.court == options.signer.name))
    return failure(ErrorCode::invalid_input,
                   by_court ? "the warrant names another court" : "a court signs, it does not countersign",
                   warrant.court);
  QORGAN_TRY(const auto signer, open_signer(options.signer));
  QORGAN_TRY(const ledger::VerifierKey key, verifier_of(options.signer, *signer));
  for (const ledger::NoteSignature& signature : note.signatures)
    if (signature.name == key.name && signature.key_id == key.id())
      return failure(ErrorCode::already_exists, "the warrant bears this key's signature already", key.name);
  QORGAN_TRY(ledger::NoteSignature signature, ledger::sign_note(note.text, key.name, *signer));
  note.signatures.push_back(std::move(signature));
  const std::string whole = note.format();
  if (whole.size() > limits::warrant_bytes_max)
    return failure(ErrorCode::invalid_input, "the warrant has too many signatures", options.file);
  const std::string& out = options.out.empty() ? options.file : options.out;
  QORGAN_CHECK(write_file_atomically(out, as_bytes(whole), FileMode::public_file));
  if (context.json) {
    print_json({{"id", to_hex(warrant.id)}, {"file", out}, {"signatures", note.signatures.size()}});
  } else {
    fmt::print("Signed warrant {} as {}: {} signatures in {}.\n", to_hex(warrant.id), key.name, note.signatures.size(),
               out);
  }
  return 0;
}

Result<int> sign(const Context& context, const Options& options) {
  return add_signature(context, options, true);
}

Result<int> countersign(const Context& context, const Options& options) {
  return add_signature(context, options, false);
}

Result<int> check(const Context& context, const Options& options) {
  QORGAN_TRY(const std::string note, read_text_file(options.file, limits::warrant_bytes_max));
  QORGAN_TRY(const std::string policy_note, read_text_file(options.policy_file, limits::note_bytes_max));
  QORGAN_TRY(const ledger::VerifierKey key, ledger::parse_verifier_key(options.policy_key));
  QORGAN_TRY(const policy::Policy policy, policy::within(options.policy_file, policy::load_policy(policy_note, key)));
  QORGAN_TRY(const policy::Warrant claimed, policy::within(options.file, policy::peek_warrant(note)));
  policy::Question question;
  question.operation = policy::Operation::identify;
  question.desk = options.desk;
  question.operator_name = options.operator_name;
  question.purpose = claimed.purpose;
  question.fingers = options.fingers;
  std::int64_t now_s = unix_time_ms() / 1000;
  if (!options.at.empty()) {
    QORGAN_TRY(now_s, policy::within("--at", policy::parse_utc_s(options.at)));
  }
  QORGAN_TRY(const policy::Warrant warrant, policy::check_warrant(note, policy, question, options.uses, now_s));
  if (context.json) {
    print_json({{"valid", true}, {"warrant", json_of(warrant)}});
  } else {
    fmt::print("Warrant {} of {} is valid for this desk and operator.\n", to_hex(warrant.id), warrant.court);
  }
  return 0;
}

Result<int> show(const Context& context, const Options& options) {
  QORGAN_TRY(const ledger::Note note, read_draft(options.file));
  QORGAN_TRY(const policy::Warrant warrant, policy::within(options.file, policy::parse_warrant(note.text)));
  nlohmann::json signers = nlohmann::json::array();
  for (const auto& signature : note.signatures) signers.push_back(signature.name);
  if (context.json) {
    print_json({{"warrant", json_of(warrant)}, {"signatures", signers}});
    return 0;
  }
  fmt::print("{}\nSignatures (not checked here): {}\n", json_of(warrant).dump(2), signers.dump());
  return 0;
}

void add_write_options(CLI::App& command, Options& options) {
  policy::Warrant& warrant = options.warrant;
  command.add_option("--network", options.network_file, "The public network file")->required();
  command.add_option("--case", warrant.case_name, "The court's number of the case")->required();
  command.add_option("--court", warrant.court, "The name of the court's key")->required();
  command.add_option("--party", warrant.party, "Id of the relying party that may search")->required();
  command.add_option("--purpose", warrant.purpose, "Id of the purpose")->default_val("identification");
  command.add_option("--desk", warrant.scope.desks, "Only from this desk; may be repeated");
  command.add_option("--operator", warrant.scope.operators, "Only by this operator; may be repeated");
  command.add_option("--finger", warrant.scope.fingers, "Only with this finger, 1 to 10, rising; may be repeated");
  command.add_option("--searches", warrant.searches_max, "How many searches at most")->capture_default_str();
  command.add_option("--candidates", warrant.candidates_max, "How many candidates each at most")->capture_default_str();
  command.add_option("--from", options.not_before, "Valid from, for example 2026-11-23T04:00:00Z")->required();
  command.add_option("--until", options.not_after, "Valid until")->required();
  command.add_option("--hidden-until", options.hidden_until, "Its uses stay hidden until then");
  command.add_option("--out", options.out, "File to write it to")->required();
}

void add_check_options(CLI::App& command, Options& options) {
  command.add_option("--policy", options.policy_file, "A custodian's signed policy")->required();
  command.add_option("--policy-key", options.policy_key, "That custodian's vkey")->required();
  command.add_option("--desk", options.desk, "Desk that would search")->required();
  command.add_option("--operator", options.operator_name, "Operator who would search")->required();
  command.add_option("--finger", options.fingers, "Finger, 1 to 10; may be repeated");
  command.add_option("--uses", options.uses, "Searches that were made before")->capture_default_str();
  command.add_option("--at", options.at, "Another time than now, for example 2026-11-23T04:00:00Z");
}

struct Named {
  const char* name;
  const char* help;
  Command run;
  bool takes_file;
  bool signs;
};

constexpr std::array kCommands = {
    Named{"key", "Make a key, in a file or on a token, and print its vkey", make_key, false, true},
    Named{"write", "Write a warrant that nobody has signed yet", write, false, false},
    Named{"sign", "Sign as the court that it names", sign, true, true},
    Named{"countersign", "Sign as a custodian's officer", countersign, true, true},
    Named{"check", "Whether it allows a search, by one custodian's policy", check, true, false},
    Named{"show", "What it says and who signed", show, true, false},
};

}  // namespace

void add_warrant(CLI::App& app, Context& context) {
  CLI::App* warrant = app.add_subcommand("warrant", "A court's permission to search: write, sign, check");
  warrant->require_subcommand(1);
  for (const Named& named : kCommands) {
    CLI::App* command = warrant->add_subcommand(named.name, named.help);
    auto options = std::make_shared<Options>();
    if (named.takes_file) command->add_option("FILE", options->file, "The warrant")->required();
    if (named.signs) add_signer_options(*command, options->signer);
    if (named.takes_file && named.signs)
      command->add_option("--out", options->out, "Another file to write it to than FILE");
    if (named.run == write) add_write_options(*command, *options);
    if (named.run == check) add_check_options(*command, *options);
    add_json_option(*command, context);
    const Command run = named.run;
    command->callback([&context, options, run] {
      const Result<int> ended = run(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    });
  }
}

}  // namespace qorgan::cli
