#include "cli/rights_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/limits.h"
#include "cli/papers.h"
#include "cli/secret_option.h"
#include "cli/trace_report.h"
#include "rights/ask.h"
#include "rights/network_keys.h"
#include "rights/times.h"

namespace qorgan::cli {
namespace {

using rights::Right;

struct Words {
  const char* name;
  Right right;
  const char* help;
  const char* done;
};
constexpr std::array kChanges = {
    Words{"lock", Right::lock, "Lock your record: it is compared with nothing until you unlock it", "Locked"},
    Words{"unlock", Right::unlock, "Unlock your record", "Unlocked"},
    Words{"withdraw", Right::withdraw, "Withdraw your consent: whatever rests on it ends", "Consent withdrawn"},
};

protocol::RequestId new_or_given(const DeskOptions& options, Status& status) {
  if (options.request_id.empty()) return protocol::make_request_id(unix_time_ms());
  const auto id = protocol::parse_request_id(options.request_id);
  if (id) return *id;
  status = tl::unexpected(id.error());
  return {};
}

struct Holder {
  protocol::Network network;
  rights::HandleAndSecret paper;
  crypto::SignKeyPair access_key;
};

Result<Holder> open_holder(const DeskOptions& options) {
  QORGAN_TRY(
      protocol::Network network,
      protocol::load_network(options.network_file.empty() ? options.state + "/network.json" : options.network_file));
  QORGAN_TRY(rights::HandleAndSecret paper, read_holder(options.holder));
  crypto::SignKeyPair key = rights::access_key(paper.secret, paper.handle);
  return Holder{std::move(network), std::move(paper), std::move(key)};
}

rights::SubjectRequest request_of(const Holder& holder, Right right, const protocol::RequestId& id) {
  rights::SubjectRequest request;
  request.id = id;
  request.right = right;
  request.handle = holder.paper.handle;
  request.network = holder.network.id();
  return request;
}

struct TraceOptions {
  std::optional<std::size_t> uses_max;
  std::optional<std::int64_t> page_entries;
  int pages_max = limits::trace_pages_max;
  std::string since;
  bool has_since = false;  // also where it is empty, as an unset variable of a shell is
};

// A day, or a moment of it, in UTC.
Result<std::int64_t> read_since(const std::string& text) {
  constexpr std::size_t kDayLength = 10;
  return rights::parse_utc(text.size() == kDayLength ? text + "T00:00:00Z" : text, "--since");
}

using Answers = std::array<net::Json, protocol::kCustodians>;

Result<Answers> change(const Holder& holder, Right right, const protocol::RequestId& id) {
  QORGAN_TRY(rights::SubjectClient client, rights::SubjectClient::create(holder.network));
  return client.change(request_of(holder, right, id), holder.access_key,
                       Deadline::after_ms(limits::verify_timeout_ms + limits::connect_timeout_ms));
}

Result<int> run_change(const Context& context, const DeskOptions& options, const Words& words) {
  QORGAN_TRY(const Holder holder, open_holder(options));
  Status given;
  const protocol::RequestId id = new_or_given(options, given);
  QORGAN_CHECK(given);
  QORGAN_CHECK(change(holder, words.right, id));
  if (context.json) {
    print_json({{"done", words.name}, {"request_id", to_hex(id)}});
  } else {
    fmt::print("{} at all three custodians.\n", words.done);
  }
  return 0;
}

// Asks again where too many questions came from here within a minute.
Result<net::Json> ask_page(rights::SubjectClient& client, const Holder& holder, std::size_t custodian,
                           const rights::SubjectRequest& request) {
  const Deadline deadline = Deadline::after_ms(limits::trace_page_timeout_ms);
  while (true) {
    auto answer = client.ask_one(custodian, request, holder.access_key, deadline);
    if (answer || answer.error().code != ErrorCode::busy || deadline.left_ms() <= limits::repeat_pause_ms)
      return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::repeat_pause_ms));
  }
}

Result<int> run_trace(const Context& context, const DeskOptions& options, const TraceOptions& trace_options) {
  QORGAN_TRY(const Holder holder, open_holder(options));
  QORGAN_TRY(const rights::Language language, rights::language_from_code(options.language));
  rights::TraceWish wish;
  wish.uses_max = trace_options.uses_max;
  wish.page_entries = trace_options.page_entries;
  wish.pages_max = trace_options.pages_max;
  wish.now_s = unix_time_ms() / 1000;
  if (trace_options.has_since) {
    QORGAN_TRY(wish.since_s, read_since(trace_options.since));
  }
  QORGAN_TRY(rights::SubjectClient client, rights::SubjectClient::create(holder.network));
  const rights::NetworkKeys keys = rights::keys_of(holder.network);
  const crypto::Key view_key = rights::view_key(holder.paper.secret, holder.paper.handle);
  const rights::TracePages pages = rights::fetch_trace(
      [&](std::size_t custodian, const rights::SubjectRequest& request) {
        return ask_page(client, holder, custodian, request);
      },
      request_of(holder, Right::trace, {}), keys, view_key, wish);
  return report_trace(context, holder.network, pages, wish, language);
}

void add_common(CLI::App& command, Context& context, const std::shared_ptr<DeskOptions>& options) {
  add_holder_options(command, options->holder)->required();
  command.add_option("--state", options->state, "Folder that `network init` made")
      ->envname("QORGAN_STATE")
      ->capture_default_str();
  command.add_option("--network", options->network_file, "The public network file (STATE/network.json)");
  add_json_option(command, context);
}

void add_change(CLI::App& parent, Context& context, const Words& words) {
  CLI::App* command = parent.add_subcommand(words.name, words.help);
  auto options = std::make_shared<DeskOptions>();
  add_common(*command, context, options);
  command->add_option("--request-id", options->request_id, "Repeat the request of this id instead of making a new one");
  command->callback([&context, options, &words] {
    const Result<int> ended = run_change(context, *options, words);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
}

}  // namespace

CLI::Option* add_holder_options(CLI::App& command, HolderOptions& options) {
  CLI::Option* handle = command.add_option("--handle", options.handle, "The handle on your receipt");
  command.add_option("--secret", options.secret, kSecretHelp);
  return handle;
}

Result<rights::HandleAndSecret> read_holder(const HolderOptions& options) {
  rights::HandleAndSecret paper;
  QORGAN_TRY(paper.handle, rights::parse_handle(options.handle));
  QORGAN_TRY(paper.secret, read_secret(options.secret.empty() ? "-" : options.secret));
  return paper;
}

Result<int> erase_by_holder(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(const Holder holder, open_holder(options));
  Status given;
  const protocol::RequestId id = new_or_given(options, given);
  QORGAN_CHECK(given);
  QORGAN_TRY(const Answers answers, change(holder, Right::erase, id));
  QORGAN_TRY(const rights::ErasureCertificate certificate,
             rights::certificate_of(holder.network, holder.paper.handle, id, answers));
  if (!options.paper_file.empty()) {
    QORGAN_TRY(const rights::Language language, rights::language_from_code(options.language));
    QORGAN_CHECK(write_certificate(certificate, options.paper_file, language));
  }
  if (context.json) {
    print_json({{"erased", true}, {"request_id", to_hex(id)}});
  } else {
    fmt::print("Destroyed at all three custodians, each of which has signed that it has.\n");
    if (!options.paper_file.empty()) fmt::print("The certificate is in {}.\n", options.paper_file);
  }
  return 0;
}

void add_rights(CLI::App& app, Context& context) {
  CLI::App* trace = app.add_subcommand("trace", "Every use of your data: when, who, why, with proof");
  auto options = std::make_shared<DeskOptions>();
  add_common(*trace, context, options);
  trace->add_option("--lang", options->language, "Its language")
      ->check(CLI::IsMember({"kk", "ru", "en"}))
      ->capture_default_str();
  auto trace_options = std::make_shared<TraceOptions>();
  trace->add_option("--max", trace_options->uses_max, "The newest uses alone, and as many searches")
      ->check(CLI::PositiveNumber);
  const CLI::Option* since =
      trace->add_option("--since", trace_options->since, "Nothing older: 2026-11-23, or 2026-11-23T04:06:49Z (UTC)");
  trace->add_option("--page", trace_options->page_entries, "How many a custodian is asked for at a time; all are told")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{limits::trace_entries_max}));
  trace->add_option("--pages", trace_options->pages_max, "The most pages that a custodian is asked for")
      ->check(CLI::Range(1, limits::trace_pages_wished_max))
      ->capture_default_str();
  trace->callback([&context, options, trace_options, since] {
    trace_options->has_since = since->count() > 0;
    const Result<int> ended = run_trace(context, *options, *trace_options);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
  CLI::App* consent = app.add_subcommand("consent", "Your consent: withdraw it");
  consent->require_subcommand(1);
  for (const Words& words : kChanges) add_change(words.right == Right::withdraw ? *consent : app, context, words);
}

}  // namespace qorgan::cli
