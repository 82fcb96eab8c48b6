#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/log_commands.h"
#include "ledger/audit.h"
#include "ledger/follow.h"
#include "net/address.h"
#include "protocol/log_keys.h"

namespace qorgan::cli {
namespace {

using nlohmann::json;

struct Options {
  std::string network_file;
  std::vector<std::string> logs;  // VKEY=URL_OR_FOLDER
  std::vector<std::string> cosigners;
  int cosignatures_min = 1;
  std::string state;
  int interval_s = 60;
  std::int64_t still_s_max = 0;
  bool once = false;
};

std::int64_t now_s() {
  return unix_time_ms() / 1000;
}

class Watch {
 public:
  Watch(const Context& context, const Options& options) : context_(context), options_(options) {}

  Status open() {
    QORGAN_TRY(const auto cosigners, parse_verifier_keys(options_.cosigners));
    if (!options_.network_file.empty()) QORGAN_CHECK(open_network());
    for (const std::string& log : options_.logs) QORGAN_CHECK(open_log(log, cosigners));
    if (followers_.empty())
      return failure(ErrorCode::invalid_input, "no log is named", {}, "Give --network, or --log and --cosigner");
    if (followers_.size() != ledger::kAuditedLogs) return {};
    std::array<ledger::VerifierKey, ledger::kAuditedLogs> keys;
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = followers_[i]->trusted().log;
    QORGAN_TRY(ledger::Audit audit, ledger::Audit::open(folder() / "audit.json", keys));
    audit_.emplace(std::move(audit));
    return {};
  }

  // A log that cannot be read at present holds up no other one: its error is told, and it is behind.
  Status look() {
    alarms_ = 0;
    unreachable_ = 0;
    for (const auto& follower : followers_) QORGAN_CHECK(update(*follower));
    if (!audit_) return {};
    QORGAN_CHECK(audit_->run(audited(), now_s(), [this](const ledger::Evidence& found) { return alarm(found); }));
    tell_summary(audit_->summary());
    return {};
  }

  int alarms() const { return alarms_; }
  int unreachable() const { return unreachable_; }

 private:
  std::filesystem::path folder() const { return options_.state; }

  // The three logs of a network, at the addresses that it gives them.
  Status open_network() {
    QORGAN_TRY(const protocol::Network network, protocol::load_network(options_.network_file));
    for (int i = 0; i < protocol::kCustodians; ++i) {
      const protocol::CustodianEntry& entry = network.custodians[static_cast<std::size_t>(i)];
      if (entry.log_port == 0)
        return failure(ErrorCode::invalid_input, "the network file names no address of a log", network.describe(i));
      const net::Address address{entry.host, entry.log_port};
      QORGAN_TRY(auto source, ledger::open_source("http://" + address.text()));
      QORGAN_CHECK(open_follower(protocol::trusted_log(network, i), std::move(source)));
    }
    return {};
  }

  Status open_log(const std::string& text, const std::vector<ledger::VerifierKey>& cosigners) {
    // NAME+ID+KEY: the name may have a '=' in it, and 33 bytes in Base 64 have none.
    const std::size_t end = text.find('=', text.find('+', text.find('+') + 1));
    if (end == std::string::npos)
      return failure(ErrorCode::invalid_input, "a log is written as KEY=URL or KEY=FOLDER", text);
    ledger::TrustedLog trusted;
    QORGAN_TRY(trusted.log, ledger::parse_verifier_key(std::string_view(text).substr(0, end)));
    trusted.cosigners = cosigners;
    // A log's own cosignature would be its own word twice.
    std::erase_if(trusted.cosigners, [&](const auto& one) { return one.name == trusted.log.name; });
    trusted.cosignatures_min = cosigners.empty() ? 0 : options_.cosignatures_min;
    QORGAN_TRY(auto source, ledger::open_source(std::string_view(text).substr(end + 1)));
    return open_follower(std::move(trusted), std::move(source));
  }

  Status open_follower(ledger::TrustedLog trusted, std::unique_ptr<ledger::LogSource> source) {
    ledger::FollowerOptions follower;
    follower.trusted = std::move(trusted);
    follower.folder = folder() / fmt::format("log-{:08x}", follower.trusted.log.id());
    follower.still_s_max = options_.still_s_max;
    follower.now_s = now_s;
    std::error_code error;
    std::filesystem::create_directories(follower.folder, error);
    if (error) return failure(ErrorCode::unavailable, "cannot make a folder (" + error.message() + ")", folder());
    QORGAN_TRY(auto opened, ledger::Follower::open(std::move(follower), std::move(source)));
    followers_.push_back(std::move(opened));
    return {};
  }

  Status update(ledger::Follower& follower) {
    const Result<ledger::FollowUpdate> update = follower.update();
    if (!update) {
      ++unreachable_;
      std::fprintf(stderr, "qorgan: %s: %s\n", follower.trusted().log.name.c_str(), update.error().message().c_str());
      if (context_.json)
        print_json({{"log", follower.trusted().log.name},
                    {"error", {{"code", error_code_name(update.error().code)}, {"what", update.error().what}}}});
      return {};
    }
    if (update->alarm) QORGAN_CHECK(alarm(*update->alarm));
    if (update->size == update->old_size) return {};
    if (context_.json) {
      print_json({{"log", follower.trusted().log.name}, {"old_size", update->old_size}, {"size", update->size}});
    } else {
      fmt::print("{}: {} new entries, {} in all\n", follower.trusted().log.name, update->size - update->old_size,
                 update->size);
    }
    return {};
  }

  Status alarm(const ledger::Evidence& evidence) {
    ++alarms_;
    QORGAN_TRY(const std::filesystem::path path, ledger::save_evidence(folder(), evidence));
    std::fprintf(stderr, "ALARM %s: %s (%s). Evidence: %s\n", evidence.log.name.c_str(), evidence.claim.c_str(),
                 std::string(ledger::evidence_kind_name(evidence.kind)).c_str(), path.c_str());
    if (context_.json)
      print_json({{"alarm", ledger::evidence_kind_name(evidence.kind)},
                  {"log", evidence.log.name},
                  {"claim", evidence.claim},
                  {"evidence", path.string()}});
    return {};
  }

  ledger::AuditedLogs audited() const {
    ledger::AuditedLogs logs;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      const ledger::Follower& follower = *followers_[i];
      logs[i] = {follower.trusted().log, follower.trusted().cosigners, follower.size(),
                 [&follower](std::uint64_t from, std::uint64_t to) { return follower.entries(from, to); },
                 [&follower](std::uint64_t index) { return follower.prove(index); }};
    }
    return logs;
  }

  void tell_summary(const ledger::AuditSummary& summary) {
    json logs = json::array();
    json uses = json::array();
    for (std::size_t i = 0; i < summary.logs.size(); ++i) {
      const ledger::LogSummary& log = summary.logs[i];
      json policies = json::array();
      for (const ledger::LoggedPolicy& one : log.policies)
        policies.push_back({{"time", format_utc(1000 * one.time_s)}, {"digest", to_hex(one.digest)}});
      logs.push_back({{"log", followers_[i]->trusted().log.name},
                      {"entries", log.entries},
                      {"newest", log.newest_s == 0 ? json() : json(format_utc(1000 * log.newest_s))},
                      {"refused", log.refused},
                      {"aborted", log.aborted},
                      {"erased", log.erased},
                      {"malformed", log.malformed},
                      {"hidden_closed", log.hidden_closed},
                      {"lacks", log.lacks},
                      {"policies", policies}});
    }
    for (const auto& [name, count] : summary.uses)
      uses.push_back({{"purpose", name.first}, {"party", name.second}, {"count", count}});
    const json whole = {{"logs", logs}, {"uses", uses}};
    if (whole == told_) return;
    told_ = whole;
    if (context_.json) return print_json(whole);
    for (std::size_t i = 0; i < summary.logs.size(); ++i) {
      const ledger::LogSummary& log = summary.logs[i];
      fmt::print("{}: {} entries, {} refused, {} aborted, {} erased, {} hidden and still closed, {} not logged yet\n",
                 followers_[i]->trusted().log.name, log.entries, log.refused, log.aborted, log.erased,
                 log.hidden_closed, log.lacks);
    }
    for (const auto& [name, count] : summary.uses)
      fmt::print("  {} {} {}\n", count, name.first.empty() ? "(hidden)" : name.first, name.second);
  }

  const Context& context_;
  const Options& options_;
  std::vector<std::unique_ptr<ledger::Follower>> followers_;
  std::optional<ledger::Audit> audit_;
  json told_;
  int alarms_ = 0;
  int unreachable_ = 0;
};

// True where the time has passed, false on a stop.
bool rest(const std::stop_token& stop, int seconds) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, std::chrono::seconds(seconds), [] { return false; });
  return !stop.stop_requested();
}

Result<int> follow(const Context& context, const Options& options) {
  const Interrupt interrupt(Interrupt::Again::ends_the_process);
  Watch watch(context, options);
  QORGAN_CHECK(watch.open());
  bool ever = false;
  do {
    QORGAN_CHECK(watch.look());
    std::fflush(stdout);
    ever = ever || watch.alarms() != 0;
  } while (!options.once && rest(interrupt.token(), options.interval_s));
  if (ever) return exit_code_of(ErrorCode::damaged);
  return options.once && watch.unreachable() != 0 ? exit_code_of(ErrorCode::unavailable) : 0;
}

}  // namespace

void add_log_follow(CLI::App& log, Context& context) {
  CLI::App* command =
      log.add_subcommand("follow", "Mirror logs, check everything in them, and three of them against one another");
  auto options = std::make_shared<Options>();
  command
      ->add_option("--log", options->logs,
                   "KEY=URL or KEY=FOLDER of a log, KEY being NAME+ID+KEY and URL http://host:port/path or "
                   "https://host:port/path#PIN; three of them are audited against one another")
      ->expected(1, 16);
  command->add_option("--network", options->network_file, "The public network file: its three logs");
  command->add_option("--cosigner", options->cosigners, "A cosigner's key, NAME+ID+KEY; may be repeated");
  command->add_option("--cosignatures", options->cosignatures_min, "How many cosigners must have signed")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command->add_option("--state", options->state, "Folder of the mirrors, of what was found so far and of evidence")
      ->required();
  command->add_option("--interval", options->interval_s, "Seconds between two looks")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command->add_option("--still", options->still_s_max, "Alarm after so many seconds without a new checkpoint; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--once", options->once, "Look once and end");
  add_json_option(*command, context);
  command->callback([&context, options] {
    const Result<int> ended = follow(context, *options);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
}

}  // namespace qorgan::cli
