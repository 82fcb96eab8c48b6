// qorgan lab bench: how fast three local custodians compare.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/command.h"
#include "cli/local_network.h"
#include "crypto/random.h"
#include "custodian/files.h"
#include "finger/make_template.h"
#include "finger/synth/finger.h"
#include "finger/synth/minutiae.h"
#include "mpc/shares.h"
#include "store/store.h"

namespace qorgan::cli {
namespace {

namespace synth = finger::synth;
using nlohmann::json;

constexpr int kStartTimeoutMs = 120'000;
constexpr int kPosition = static_cast<int>(finger::Position::right_index);

struct Options {
  int gallery = 20'000;
  int probes = 5;
  int fingers = 2;
  int rounds = 100;
  std::uint64_t seed = 1;
};

struct Subject {
  std::vector<finger::Template> templates;  // a finger each, positions from right-index on
};

finger::Position position_of(int finger) {
  return static_cast<finger::Position>(kPosition + finger);
}

// An impression that yields a template; another one is taken where too little was in it.
Result<finger::Template> take(const synth::MinutiaeFinger& finger, int impression) {
  constexpr int kTries = 20;
  Error last;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const auto made = finger::make_template(
        synth::minutiae_impression(finger, synth::impression_seed(finger.seed, kTries * impression + attempt)));
    if (made) return *made;
    last = made.error();
  }
  return tl::unexpected(last);
}

Result<Subject> make_subject(const Options& options, std::size_t person, int impression) {
  Subject subject;
  const std::uint64_t person_seed = synth::person_seed(options.seed, person);
  for (int finger = 0; finger < options.fingers; ++finger) {
    const auto made = synth::make_minutiae(synth::finger_seed(person_seed, kPosition + finger));
    QORGAN_TRY(finger::Template taken, take(made, impression));
    subject.templates.push_back(taken);
  }
  return subject;
}

std::vector<desk::Print> prints_of(const Subject& subject) {
  std::vector<desk::Print> prints;
  for (std::size_t i = 0; i < subject.templates.size(); ++i)
    prints.push_back({position_of(static_cast<int>(i)), subject.templates[i]});
  return prints;
}

store::Id record_id_of(std::size_t person) {
  store::Id id{};
  for (std::size_t i = 0; i < sizeof person; ++i) id[i] = static_cast<std::uint8_t>(person >> (8 * i));
  id[15] = 1;
  return id;
}

// Writes the gallery straight into the three databases: enrolling it person by person is not what is measured. The
// pseudonyms are random here, and nobody can be asked for by number but those that the caller enrols.
Status fill(const LocalNetwork& network, const Options& options) {
  QORGAN_TRY(const protocol::Network file, protocol::load_network(network.network_file()));
  std::vector<store::Store> stores;
  for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) {
    QORGAN_TRY(const custodian::CustodianKeys keys,
               custodian::load_custodian_keys(network.custodian_folder(custodian), file));
    store::Options store_options;
    store_options.path = network.custodian_folder(custodian) / custodian::kDatabaseFile;
    store_options.custodian = custodian;
    store_options.network_id = file.id();
    QORGAN_TRY(store::Store store, store::Store::open(store_options, keys.storage.clone()));
    stores.push_back(std::move(store));
  }
  constexpr std::size_t kBatch = 1000;
  const auto people = static_cast<std::size_t>(options.gallery / options.fingers);
  Progress progress("making the gallery", people);
  for (std::size_t from = 0; from < people; from += kBatch) {
    const std::size_t count = std::min(kBatch, people - from);
    std::vector<Result<Subject>> subjects(count);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < count; i = next++) subjects[i] = make_subject(options, from + i, 0);
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    std::array<std::vector<store::Record>, protocol::kCustodians> records;
    for (std::size_t i = 0; i < count; ++i) {
      if (!subjects[i]) return tl::unexpected(subjects[i].error());
      store::Pseudonym pseudonym{};
      crypto::fill_random(pseudonym);
      for (auto& list : records) list.push_back({record_id_of(from + i), pseudonym, 0, {}});
      for (std::size_t finger = 0; finger < subjects[i]->templates.size(); ++finger) {
        const auto shares = mpc::split(subjects[i]->templates[finger]);
        for (std::size_t c = 0; c < protocol::kCustodians; ++c)
          records[c].back().fingers.push_back({kPosition + static_cast<int>(finger), mpc::serialise(shares[c])});
      }
    }
    for (std::size_t c = 0; c < protocol::kCustodians; ++c)
      QORGAN_CHECK(stores[c].apply_enrols(records[c], unix_time_ms()));
    progress.advance(count);
  }
  return {};
}

std::array<std::int64_t, protocol::kCustodians> resident_bytes(desk::Desk& desk) {
  std::array<std::int64_t, protocol::kCustodians> all{};
  const auto status = desk.status();
  for (std::size_t i = 0; i < status.size(); ++i) all[i] = status[i].resident_bytes;
  return all;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

Result<int> identify(const Context& context, const Options& options) {
  // The memory that a custodian needs without a gallery, to be taken off.
  std::array<std::int64_t, protocol::kCustodians> empty_bytes{};
  {
    QORGAN_TRY(LocalNetwork empty, LocalNetwork::create());
    QORGAN_CHECK(empty.start(Deadline::after_ms(kStartTimeoutMs)));
    QORGAN_TRY(desk::Desk desk, empty.open_desk());
    empty_bytes = resident_bytes(desk);
  }
  QORGAN_TRY(LocalNetwork network, LocalNetwork::create());
  QORGAN_CHECK(fill(network, options));
  const auto load_began = std::chrono::steady_clock::now();
  QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs)));
  const double load_s = seconds_since(load_began);
  QORGAN_TRY(desk::Desk desk, network.open_desk());

  const auto people = static_cast<std::size_t>(options.gallery / options.fingers);
  std::vector<double> seconds;
  std::vector<double> per_second;
  double bytes_per_pair = 0;
  int found = 0;
  std::size_t others = 0;
  for (int i = 0; i < options.probes; ++i) {
    const std::size_t person = (static_cast<std::size_t>(i) * 7919 + 1) % people;
    QORGAN_TRY(const Subject probe, make_subject(options, person, 1));
    const auto began = std::chrono::steady_clock::now();
    QORGAN_TRY(const desk::Identified identified, desk.identify(prints_of(probe), {"bench", "benchmark", {}}));
    seconds.push_back(seconds_since(began));
    const auto pairs = static_cast<double>(identified.work[0].finger_pairs);
    per_second.push_back(pairs / seconds.back());
    for (const desk::CustodianWork& work : identified.work)
      bytes_per_pair = std::max(bytes_per_pair, static_cast<double>(work.bytes_sent) / pairs);
    const bool hit = std::count(identified.records.begin(), identified.records.end(), record_id_of(person)) > 0;
    found += hit;
    others += identified.candidates - (hit ? 1 : 0);
  }
  const auto loaded = resident_bytes(desk);
  double memory_per_finger = 0;
  for (std::size_t c = 0; c < loaded.size(); ++c)
    memory_per_finger = std::max(memory_per_finger, static_cast<double>(loaded[c] - empty_bytes[c]) / options.gallery);

  if (context.json) {
    print_json({{"gallery", options.gallery},
                {"fingers_per_person", options.fingers},
                {"comparisons_per_second", median(per_second)},
                {"bytes_sent_per_comparison", bytes_per_pair},
                {"memory_bytes_per_finger", memory_per_finger},
                {"planted", options.probes},
                {"found", found},
                {"other_candidates", others},
                {"seconds_median", median(seconds)},
                {"load_seconds", load_s}});
    return 0;
  }
  fmt::print("gallery                          {} fingers of {} people, loaded in {:.1f} s\n", options.gallery, people,
             load_s);
  fmt::print("comparisons per second           {:.0f} (median of {} searches; three custodians together)\n",
             median(per_second), options.probes);
  fmt::print("bytes sent per comparison        {:.0f} (each custodian, TLS included)\n", bytes_per_pair);
  fmt::print("memory per finger                {:.0f} bytes (each custodian)\n", memory_per_finger);
  fmt::print("planted probes found             {} of {}; other candidates: {}\n", found, options.probes, others);
  return 0;
}

Result<int> verify(const Context& context, const Options& options) {
  QORGAN_TRY(LocalNetwork network, LocalNetwork::create());
  QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs)));
  QORGAN_TRY(desk::Desk desk, network.open_desk());
  constexpr int kPeople = 20;
  for (int person = 0; person < kPeople; ++person) {
    QORGAN_TRY(const Subject subject, make_subject(options, static_cast<std::size_t>(person), 0));
    QORGAN_CHECK(desk.enrol(identity::make_artificial_iin(static_cast<std::uint32_t>(person)), prints_of(subject),
                            {"bench", "benchmark", {}}));
  }
  std::vector<double> milliseconds;
  int yes = 0;
  for (int i = 0; i < options.rounds; ++i) {
    const int person = i % kPeople;
    QORGAN_TRY(const Subject subject, make_subject(options, static_cast<std::size_t>(person), 1 + i / kPeople));
    const auto began = std::chrono::steady_clock::now();
    QORGAN_TRY(const desk::Verified verified,
               desk.verify(identity::make_artificial_iin(static_cast<std::uint32_t>(person)), prints_of(subject),
                           {"bench", "benchmark", {}}));
    milliseconds.push_back(1000 * seconds_since(began));
    yes += verified.same_person;
  }
  if (context.json) {
    print_json({{"fingers", options.fingers},
                {"rounds", options.rounds},
                {"median_ms", median(milliseconds)},
                {"p95_ms", percentile(milliseconds, 0.95)},
                {"mated_accepted", yes}});
    return 0;
  }
  fmt::print(
      "verification of {} finger(s): median {:.1f} ms, p95 {:.1f} ms over {} requests; {} of {} mated accepted\n",
      options.fingers, median(milliseconds), percentile(milliseconds, 0.95), options.rounds, yes, options.rounds);
  return 0;
}

}  // namespace

void add_lab_bench(CLI::App& lab, Context& context) {
  CLI::App* bench = lab.add_subcommand("bench", "Measure three custodians on this machine");
  bench->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, auto run) {
    CLI::App* command = bench->add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    command->add_option("--fingers", options->fingers, "Fingers a person")
        ->check(CLI::Range(1, 2))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the artificial people")->capture_default_str();
    add_json_option(*command, context);
    command->callback([&context, options, run] {
      const Result<int> ended = run(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    });
    return std::pair(command, options);
  };
  const auto [search, search_options] = add("identify", "Search an artificial gallery for planted probes", identify);
  search->add_option("--gallery", search_options->gallery, "Fingers in the gallery")
      ->check(CLI::Range(2, 1'000'000))
      ->capture_default_str();
  search->add_option("--probes", search_options->probes, "Searches, each for a planted mated probe")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  const auto [single, single_options] = add("verify", "Verify artificial people one after another", verify);
  single->add_option("--rounds", single_options->rounds, "Verifications")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

}  // namespace qorgan::cli
