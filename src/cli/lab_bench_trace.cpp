#include "cli/lab_bench_trace.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/lab_bench_gallery.h"
#include "custodian/files.h"
#include "custodian/recorder.h"
#include "custodian/share_list.h"
#include "identity/iin.h"
#include "lab/bootstrap.h"
#include "lab/synthetic_trial.h"
#include "mpc/shares.h"
#include "protocol/log_keys.h"
#include "rights/ask.h"
#include "rights/network_keys.h"
#include "rights/trace_pages.h"

namespace qorgan::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTimeoutMs = 120'000;

struct TraceBenchOptions {
  int uses = 1000;
  int rounds = 9;
  std::uint64_t seed = 1;
};

struct TraceFigures {
  std::size_t uses = 0;  // that the trace tells, the enrolment among them
  std::size_t pages = 0;
  double seconds_median = 0;
  double seconds_max = 0;
  double erase_seconds = 0;  // until the certificate of all three is verified
};

// A custodian's engine in this process, while its own is stopped. Nobody cosigns meanwhile; the others do once it
// serves again.
class StoppedCustodian {
 public:
  static Result<StoppedCustodian> open(const LocalNetwork& local, const protocol::Network& network, int index) {
    const std::filesystem::path folder = local.custodian_folder(index);
    QORGAN_TRY(const custodian::CustodianKeys keys, custodian::load_custodian_keys(folder, network));
    store::Options store_options;
    store_options.path = folder / custodian::kDatabaseFile;
    store_options.custodian = index;
    store_options.network_id = network.id();
    QORGAN_TRY(store::Store store, store::Store::open(store_options, keys.storage.clone()));
    ledger::LogOptions log_options;
    log_options.folder = folder / custodian::kLogFolder;
    log_options.origin = protocol::log_origin(network, index);
    log_options.cosignatures_min = 0;
    auto signer =
        std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{keys.sign.secret.clone(), keys.sign.public_key});
    QORGAN_TRY(auto log, ledger::Log::open(std::move(log_options), {signer}, false));
    QORGAN_TRY(policy::Policy policy, custodian::load_own_policy(folder, network, index));
    auto judge = std::make_shared<custodian::Judge>(network, std::make_shared<const policy::Policy>(std::move(policy)));
    StoppedCustodian opened;
    QORGAN_TRY(opened.engine_, custodian::Engine::open(index, {std::move(store), std::move(log), std::move(judge)}));
    opened.recorder_ = std::make_unique<custodian::Recorder>(*opened.engine_);
    return opened;
  }
  StoppedCustodian(StoppedCustodian&&) = default;
  StoppedCustodian& operator=(StoppedCustodian&&) = delete;
  ~StoppedCustodian() {
    if (engine_) engine_->stop();
  }

  // A verification from the desk's request to its effect, but for the comparison itself: the answer is no.
  Status use(const protocol::Request& request, const crypto::SecretBytes& shares) {
    const Deadline deadline = Deadline::after_ms(kTimeoutMs);
    const std::int64_t sequence = engine_->applied_sequence();
    QORGAN_CHECK(engine_->prepare(request, shares.expose()));
    QORGAN_CHECK(engine_->digests(request.id, request.digest(), sequence, deadline));
    QORGAN_CHECK(engine_->vote(request.id, request.digest(), deadline));
    QORGAN_CHECK(engine_->take_snapshot(request.id, sequence, deadline));
    QORGAN_CHECK(engine_->take_comparison(request.id));
    QORGAN_CHECK(engine_->store_result(request.id, Bytes(2), 1, {}));
    return engine_->commit_comparison(request.id);
  }
  custodian::Gallery::Person person(const protocol::RecordId& record) const { return engine_->person(record); }

 private:
  StoppedCustodian() = default;
  std::unique_ptr<custodian::Engine> engine_;
  std::unique_ptr<custodian::Recorder> recorder_;
};

Result<desk::Enrolled> enrol_one(const LocalNetwork& network, const BenchOptions& options) {
  QORGAN_TRY(desk::Desk desk, network.open_desk());
  QORGAN_TRY(const auto prints, prints_of_person(options, 0, 0));
  return desk.enrol(identity::make_artificial_iin(0), prints, {"bench", "enrolment", {}});
}

// The same requests at all three, as a desk's would be.
Status use_often(const LocalNetwork& local, const protocol::Network& network, const TraceBenchOptions& options,
                 const protocol::RecordId& record) {
  std::vector<StoppedCustodian> custodians;
  for (int i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(StoppedCustodian one, StoppedCustodian::open(local, network, i));
    custodians.push_back(std::move(one));
  }
  BenchOptions people;
  people.fingers = 1;
  people.seed = options.seed;
  QORGAN_TRY(const auto prints, prints_of_person(people, 0, 1));
  protocol::Request request;
  request.kind = protocol::Kind::verify;
  request.desk = network.desks.front().name;
  request.operator_name = "bench";
  request.purpose = "verification";
  request.fingers = {static_cast<int>(prints[0].position)};
  const custodian::Gallery::Person person = custodians[0].person(record);
  QORGAN_ASSERT(person);
  request.subject = person->subject;
  Progress progress("using one person's data", static_cast<std::size_t>(options.uses));
  for (int use = 0; use < options.uses; ++use) {
    request.id = protocol::make_request_id(unix_time_ms());
    auto shares = mpc::split(prints[0].made);
    std::array<Status, protocol::kCustodians> ends;
    lab::for_each_index(custodians.size(), protocol::kCustodians, [&](std::size_t c) {
      std::vector<mpc::StoredShare> own;
      own.push_back(std::move(shares[c]));
      ends[c] = custodians[c].use(request, custodian::serialise_list(own));
    });
    for (const Status& end : ends) QORGAN_CHECK(end);
    progress.advance(1);
  }
  return {};
}

struct Told {
  rights::TracePages pages;
  std::size_t asked = 0;  // questions, of the one that was asked most
  double seconds = 0;
};

rights::SubjectRequest request_of(const protocol::Network& network, const desk::Enrolled& enrolled,
                                  rights::Right right) {
  rights::SubjectRequest request;
  request.id = protocol::make_request_id(unix_time_ms());
  request.right = right;
  request.handle = enrolled.record_id;
  request.network = network.id();
  return request;
}

// As `qorgan trace` does, the keys out of the receipt's secret included.
Result<Told> ask(const protocol::Network& network, const desk::Enrolled& enrolled) {
  Told told;
  std::array<std::atomic<std::size_t>, protocol::kCustodians> asked{};
  const auto began = Clock::now();
  const crypto::SignKeyPair access_key = rights::access_key(enrolled.secret, enrolled.record_id);
  const crypto::Key view_key = rights::view_key(enrolled.secret, enrolled.record_id);
  QORGAN_TRY(rights::SubjectClient client, rights::SubjectClient::create(network));
  const rights::SubjectRequest request = request_of(network, enrolled, rights::Right::trace);
  rights::TraceWish wish;
  wish.now_s = unix_time_ms() / 1000;
  told.pages = rights::fetch_trace(
      [&](std::size_t custodian, const rights::SubjectRequest& page) {
        ++asked[custodian];
        return client.ask_one(custodian, page, access_key, Deadline::after_ms(limits::trace_page_timeout_ms));
      },
      request, rights::keys_of(network), view_key, wish);
  const rights::JoinedTrace joined = rights::join_uses(network, told.pages, wish);
  told.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  for (const auto& pages : told.pages)
    if (pages.error) return tl::unexpected(*pages.error);
  if (!joined.missing.empty()) return failure(ErrorCode::damaged, joined.missing.front(), "the trace");
  for (const auto& count : asked) told.asked = std::max<std::size_t>(told.asked, count);
  return told;
}

std::size_t told_by_all(const Told& told) {
  std::size_t least = SIZE_MAX;
  for (const auto& pages : told.pages) least = std::min(least, pages.trace ? pages.trace->uses.size() : 0);
  return least;
}

// In seconds. As `qorgan erase` does for the holder of a receipt.
Result<double> erase(const protocol::Network& network, const desk::Enrolled& enrolled) {
  const auto began = Clock::now();
  const crypto::SignKeyPair access_key = rights::access_key(enrolled.secret, enrolled.record_id);
  QORGAN_TRY(rights::SubjectClient client, rights::SubjectClient::create(network));
  const rights::SubjectRequest request = request_of(network, enrolled, rights::Right::erase);
  QORGAN_TRY(const auto answers, client.change(request, access_key, Deadline::after_ms(kTimeoutMs)));
  QORGAN_CHECK(rights::certificate_of(network, enrolled.record_id, request.id, answers));
  return std::chrono::duration<double>(Clock::now() - began).count();
}

Result<TraceFigures> measure(const TraceBenchOptions& options) {
  QORGAN_TRY(LocalNetwork local, LocalNetwork::create());
  QORGAN_TRY(const protocol::Network network, protocol::load_network(local.network_file()));
  QORGAN_CHECK(local.start(Deadline::after_ms(kTimeoutMs)));
  BenchOptions people;
  people.fingers = 1;
  people.seed = options.seed;
  QORGAN_TRY(const desk::Enrolled enrolled, enrol_one(local, people));
  local.stop();
  QORGAN_CHECK(use_often(local, network, options, enrolled.record_id));
  QORGAN_CHECK(local.start(Deadline::after_ms(kTimeoutMs)));

  TraceFigures figures;
  const std::size_t all = static_cast<std::size_t>(options.uses) + 1;
  // Until the others have cosigned all of it.
  for (const Deadline deadline = Deadline::after_ms(kTimeoutMs); figures.uses < all && !deadline.passed();) {
    const auto told = ask(network, enrolled);
    if (told) figures.uses = told_by_all(*told);
    if (figures.uses < all) std::this_thread::sleep_for(std::chrono::seconds(2));
  }
  std::vector<double> seconds;
  for (int round = 0; round < options.rounds; ++round) {
    QORGAN_TRY(const Told told, ask(network, enrolled));
    figures.uses = told_by_all(told);
    if (figures.uses != all)
      return failure(ErrorCode::damaged, fmt::format("{} uses are told of {}", figures.uses, all), "the trace");
    figures.pages = told.asked;
    seconds.push_back(told.seconds);
  }
  figures.seconds_median = lab::quantile(seconds, 0.5);
  figures.seconds_max = *std::max_element(seconds.begin(), seconds.end());
  QORGAN_TRY(figures.erase_seconds, erase(network, enrolled));
  return figures;
}

int run(const Context& context, const TraceBenchOptions& options) {
  const auto figures = measure(options);
  if (!figures) return report(context, figures.error());
  if (context.json) {
    print_json({{"uses", figures->uses},
                {"pages", figures->pages},
                {"rounds", options.rounds},
                {"seconds_median", figures->seconds_median},
                {"seconds_max", figures->seconds_max},
                {"erase_seconds", figures->erase_seconds}});
    return 0;
  }
  fmt::print("trace of {} uses from three custodians, every proof verified: median {:.0f} ms, worst {:.0f} ms of {}; ",
             figures->uses, 1000 * figures->seconds_median, 1000 * figures->seconds_max, options.rounds);
  fmt::print("{} page(s) from each\n", figures->pages);
  fmt::print("erasure of the same person, confirmed by all three and verified: {:.0f} ms\n",
             1000 * figures->erase_seconds);
  return 0;
}

}  // namespace

void add_lab_bench_trace(CLI::App& bench, Context& context) {
  CLI::App* command =
      bench.add_subcommand("trace", "Ask three custodians for every use of one person's data, then erase it");
  auto options = std::make_shared<TraceBenchOptions>();
  command->add_option("--uses", options->uses, "Verifications of the person before")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "How often the trace is asked for")
      ->check(CLI::Range(1, 30))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the artificial person")->capture_default_str();
  add_json_option(*command, context);
  command->callback([&context, options] { context.exit_code = run(context, *options); });
}

}  // namespace qorgan::cli
