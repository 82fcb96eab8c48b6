#include <algorithm>
#include <chrono>

#include "cli/lab_bench.h"
#include "cli/lab_bench_gallery.h"
#include "cli/lab_delay.h"
#include "identity/iin.h"
#include "lab/bootstrap.h"

namespace qorgan::cli {
namespace {

constexpr int kStartTimeoutMs = 120'000;
const desk::Asking kEnrolling{"bench", "enrolment", {}};
const desk::Asking kVerifying{"bench", "verification", {}};

using ResidentBytes = std::array<std::int64_t, protocol::kCustodians>;

ResidentBytes resident_bytes(desk::Desk& desk) {
  ResidentBytes all{};
  const auto status = desk.status();
  for (std::size_t i = 0; i < status.size(); ++i) all[i] = status[i].resident_bytes;
  return all;
}

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// The memory that custodians need without a gallery, to be taken off.
Result<ResidentBytes> empty_bytes() {
  QORGAN_TRY(LocalNetwork empty, LocalNetwork::create());
  QORGAN_CHECK(empty.start(Deadline::after_ms(kStartTimeoutMs)));
  QORGAN_TRY(desk::Desk desk, empty.open_desk());
  return resident_bytes(desk);
}

Status search(const BenchOptions& options, desk::Desk& desk, const desk::Asking& searching, std::size_t people,
              SearchFigures& figures) {
  std::vector<double> seconds;
  std::vector<double> per_second;
  std::vector<double> ratios;
  // The first does not count: memory that nobody has touched since the gallery was loaded comes back.
  for (int i = -1; i < options.probes; ++i) {
    const std::size_t person = static_cast<std::size_t>(std::max(i, 0)) % people;
    QORGAN_TRY(const std::vector<desk::Print> probe, prints_of_person(options, person, 1));
    const auto began = std::chrono::steady_clock::now();
    QORGAN_TRY(const desk::Identified identified, desk.identify(probe, searching));
    const double took = seconds_since(began);
    if (i < 0) continue;
    seconds.push_back(took);
    const auto pairs = static_cast<double>(identified.work[0].finger_pairs);
    per_second.push_back(pairs / seconds.back());
    for (const desk::CustodianWork& work : identified.work)
      figures.bytes_sent = std::max(figures.bytes_sent, static_cast<double>(work.bytes_sent) / pairs);
    const bool hit = std::count(identified.records.begin(), identified.records.end(), record_id_of(person)) > 0;
    figures.found += hit;
    figures.others += identified.candidates - (hit ? 1 : 0);
    if (!options.one_bit) continue;
    // An operator may ask a few times a minute.
    const desk::Asking checking{"bench " + std::to_string(i), "deduplication", {}};
    const auto again = std::chrono::steady_clock::now();
    QORGAN_CHECK(desk.identify(probe, checking));
    ratios.push_back(seconds_since(again) / took);
  }
  figures.probes = options.probes;
  figures.comparisons_per_second = lab::quantile(per_second, 0.5);
  figures.seconds_median = lab::quantile(seconds, 0.5);
  if (options.one_bit) figures.one_bit_ratio = lab::quantile(ratios, 0.5);
  return {};
}

// Relays before all three custodians, and the network files that lead to them.
class DelayedLinks {
 public:
  static Result<DelayedLinks> make(LocalNetwork& network, int delay_ms) {
    DelayedLinks links;
    QORGAN_TRY(const protocol::Network direct, protocol::load_network(network.network_file()));
    protocol::Network delayed = direct;
    for (protocol::CustodianEntry& custodian : delayed.custodians) {
      QORGAN_TRY(DelayRelay relay, DelayRelay::start(custodian.port, delay_ms));
      custodian.port = relay.port();
      links.relays_.push_back(std::move(relay));
    }
    links.desk_file_ = network.folder() / "delayed.json";
    QORGAN_CHECK(protocol::save_network(delayed, links.desk_file_));
    for (std::size_t c = 0; c < delayed.custodians.size(); ++c) {
      // A custodian listens at its own address as it stands in its file.
      protocol::Network own = delayed;
      own.custodians[c].port = direct.custodians[c].port;
      const auto path = network.custodian_folder(static_cast<int>(c)) / "delayed.json";
      QORGAN_CHECK(protocol::save_network(own, path));
      network.give_network_file(static_cast<int>(c), path);
    }
    return links;
  }
  const std::filesystem::path& desk_file() const { return desk_file_; }

 private:
  std::vector<DelayRelay> relays_;
  std::filesystem::path desk_file_;
};

Result<VerifyFigures> verify_all(const BenchOptions& options, desk::Desk& desk) {
  constexpr int kPeople = 20;
  for (int person = 0; person < kPeople; ++person) {
    QORGAN_TRY(const auto prints, prints_of_person(options, static_cast<std::size_t>(person), 0));
    QORGAN_CHECK(desk.enrol(identity::make_artificial_iin(static_cast<std::uint32_t>(person)), prints, kEnrolling));
  }
  std::vector<double> milliseconds;
  VerifyFigures figures;
  for (int i = 0; i < options.rounds; ++i) {
    const int person = i % kPeople;
    QORGAN_TRY(const auto prints, prints_of_person(options, static_cast<std::size_t>(person), 1 + i / kPeople));
    const auto began = std::chrono::steady_clock::now();
    QORGAN_TRY(const desk::Verified verified,
               desk.verify(identity::make_artificial_iin(static_cast<std::uint32_t>(person)), prints, kVerifying));
    milliseconds.push_back(1000 * seconds_since(began));
    figures.accepted += verified.same_person;
  }
  figures.rounds = options.rounds;
  figures.median_ms = lab::quantile(milliseconds, 0.5);
  figures.p95_ms = lab::quantile(milliseconds, 0.95);
  return figures;
}

}  // namespace

Result<std::vector<SearchFigures>> measure_searches(const BenchOptions& options, std::span<const int> galleries) {
  QORGAN_TRY(const ResidentBytes empty, empty_bytes());
  QORGAN_TRY(const GalleryMaker maker, GalleryMaker::make(options, static_cast<std::size_t>(options.probes)));
  QORGAN_TRY(LocalNetwork network, LocalNetwork::create());
  std::vector<SearchFigures> all;
  std::size_t people = 0;
  for (const int gallery : galleries) {
    SearchFigures figures;
    figures.gallery = gallery;
    const auto wanted = static_cast<std::size_t>(gallery / options.fingers);
    const auto making_began = std::chrono::steady_clock::now();
    QORGAN_CHECK(fill(network, maker, people, std::max(people, wanted)));
    people = std::max(people, wanted);
    figures.making_s = seconds_since(making_began);
    const auto load_began = std::chrono::steady_clock::now();
    QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs)));
    figures.load_s = seconds_since(load_began);
    QORGAN_TRY(desk::Desk desk, network.open_desk());
    desk::Asking searching{"bench", "identification", {}};
    QORGAN_TRY(searching.warrant, network.make_warrant(options.probes + 1));
    QORGAN_CHECK(search(options, desk, searching, people, figures));
    const ResidentBytes loaded = resident_bytes(desk);
    for (std::size_t c = 0; c < loaded.size(); ++c)
      figures.memory_bytes = std::max(figures.memory_bytes, static_cast<double>(loaded[c] - empty[c]) / gallery);
    all.push_back(figures);
    network.stop();
  }
  return all;
}

Result<VerifyFigures> measure_verifications(const BenchOptions& options) {
  QORGAN_TRY(LocalNetwork network, LocalNetwork::create());
  if (options.link_delay_ms == 0) {
    QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs)));
    QORGAN_TRY(desk::Desk desk, network.open_desk());
    return verify_all(options, desk);
  }
  QORGAN_TRY(const DelayedLinks links, DelayedLinks::make(network, options.link_delay_ms));
  QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs)));
  Result<VerifyFigures> figures;
  {
    QORGAN_TRY(desk::Desk desk, desk::Desk::open(links.desk_file(), network.folder() / "desk"));
    figures = verify_all(options, desk);
  }
  network.stop();
  return figures;
}

}  // namespace qorgan::cli
