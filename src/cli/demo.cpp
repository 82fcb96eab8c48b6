// qorgan demo: three custodians on this machine, artificial people, and a tour.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <map>
#include <thread>

#include "base/file.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/local_network.h"
#include "cli/papers.h"
#include "crypto/random.h"
#include "finger/extract.h"
#include "finger/make_template.h"
#include "finger/synth/impression.h"
#include "mpc/shares.h"
#include "rights/ask.h"
#include "rights/network_keys.h"

namespace qorgan::cli {
namespace {

namespace synth = finger::synth;
using finger::Position;

constexpr std::uint64_t kPopulation = 2026;
constexpr std::array kFingers = {Position::right_index, Position::left_index};

struct Options {
  int people = 200;
  bool leave = false;
};

// The prints of one person at one visit; a print with too little in it is taken again, as at a counter.
struct Visit {
  std::vector<desk::Print> prints;
  std::vector<finger::Image> images;
};

Result<Visit> take_prints(int person, int impression) {
  Visit visit;
  const std::uint64_t person_seed = synth::person_seed(kPopulation, static_cast<std::uint64_t>(person));
  for (const Position position : kFingers) {
    const std::uint64_t seed = synth::finger_seed(person_seed, static_cast<int>(position));
    const synth::Finger finger = synth::make_finger(seed);
    constexpr int kTries = 5;
    for (int attempt = 0;; ++attempt) {
      finger::Image image = synth::impression(finger, synth::impression_seed(seed, kTries * impression + attempt));
      const auto minutiae = finger::extract(image);
      const auto made =
          minutiae ? finger::make_template(*minutiae) : Result<finger::Template>(tl::unexpected(minutiae.error()));
      if (made) {
        visit.prints.push_back({position, *made});
        visit.images.push_back(std::move(image));
        break;
      }
      if (attempt + 1 == kTries) return tl::unexpected(made.error());
    }
  }
  return visit;
}

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
}

// Who was enrolled, by record; and the receipt of the one whom the tour is about.
struct Everyone {
  std::map<protocol::RecordId, int> records;
  std::optional<desk::Enrolled> receipt;
};

// In the middle of the population.
int person_of_tour(int people) {
  return people / 2;
}

// Draws everyone's prints on all cores and enrols each as soon as it is drawn.
Result<Everyone> enrol_all(desk::Desk& desk, int people, const Interrupt& interrupt) {
  Progress progress("enrolling", static_cast<std::size_t>(people));
  std::mutex mutex;
  Everyone everyone;
  Status status;
  std::atomic<int> next = 0;
  const auto work = [&] {
    for (int person = next++; person < people && !interrupt.requested(); person = next++) {
      const auto enrol = [&]() -> Result<desk::Enrolled> {
        QORGAN_TRY(const Visit visit, take_prints(person, 0));
        return desk.enrol(identity::make_artificial_iin(static_cast<std::uint32_t>(person)), visit.prints,
                          {"demo", "enrolment", {}});
      };
      auto enrolled = enrol();
      const std::lock_guard lock(mutex);
      if (!enrolled) {
        if (status) status = tl::unexpected(enrolled.error());
        next = people;
        return;
      }
      everyone.records[enrolled->record_id] = person;
      if (person == person_of_tour(people)) everyone.receipt = std::move(*enrolled);
      progress.advance();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(2U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (!status) return tl::unexpected(status.error());
  return everyone;
}

// With the receipt alone, and through no desk.
Status use_receipt(const LocalNetwork& network, const desk::Enrolled& held) {
  QORGAN_TRY(const protocol::Network file, protocol::load_network(network.network_file()));
  QORGAN_TRY(rights::SubjectClient client, rights::SubjectClient::create(file));
  const rights::NetworkKeys keys = rights::keys_of(file);
  const crypto::SignKeyPair access_key = rights::access_key(held.secret, held.record_id);
  rights::SubjectRequest request;
  request.handle = held.record_id;
  request.network = file.id();
  request.right = rights::Right::trace;
  request.id = protocol::make_request_id(unix_time_ms());
  const rights::CustodianAnswers answers =
      client.ask(request, access_key, Deadline::after_ms(limits::verify_timeout_ms));
  if (!answers[0]) return tl::unexpected(answers[0].error());
  QORGAN_TRY(const rights::CustodianTrace trace,
             rights::read_trace(*answers[0], keys, 0, rights::view_key(held.secret, held.record_id)));
  fmt::print("   Their data was used, as the public logs prove:\n");
  for (const rights::TracedUse& use : trace.uses)
    fmt::print("     {}  {:8} {} at {}, {}\n", format_utc(use.leaf.time_s * 1000), ledger::event_name(use.leaf.event),
               use.leaf.party, use.details.desk, use.details.operator_name);
  fmt::print("     and {} search(es) among everybody\n", trace.searches.size());

  request.right = rights::Right::erase;
  request.id = protocol::make_request_id(unix_time_ms());
  const auto began = std::chrono::steady_clock::now();
  QORGAN_TRY(const auto erased, client.change(request, access_key, Deadline::after_ms(limits::verify_timeout_ms)));
  QORGAN_TRY(const rights::ErasureCertificate certificate,
             rights::certificate_of(file, held.record_id, request.id, erased));
  fmt::print("   They have it destroyed: all three custodians have, and have signed that they have.   ({} ms)\n",
             milliseconds_since(began));
  const std::filesystem::path folder = network.folder().parent_path();
  if (held.receipt)
    QORGAN_CHECK(write_receipt(*held.receipt, &held.secret, folder / "receipt.pdf", rights::Language::en));
  QORGAN_CHECK(write_certificate(certificate, folder / "certificate.pdf", rights::Language::en));
  fmt::print("   Receipt and certificate: {0}/receipt.pdf, {0}/certificate.pdf\n", folder.string());
  return {};
}

std::string iin_text(int person) {
  const identity::Iin iin = identity::make_artificial_iin(static_cast<std::uint32_t>(person));
  return std::string(iin.expose().begin(), iin.expose().end());
}

void print_shares(const desk::Print& print) {
  const auto shares = mpc::split(print.made);
  const auto hex = [](const crypto::SecretBytes& part) {
    return to_hex(part.expose().first(12)) + (part.size() > 32 ? "... (4096 bytes)" : "... (a seed of 32 bytes)");
  };
  std::string row;
  for (int k = 0; k < 24; ++k) row += print.made.row(0)[static_cast<std::size_t>(k)] != 0 ? "1" : "0";
  fmt::print("  the desk's template begins        {}... (32 rows of 128); it stays at the desk\n", row);
  for (const mpc::StoredShare& share : shares)
    fmt::print("  all that custodian {} is given     {}\n{:36}{}\n", share.party, hex(share.own), "", hex(share.next));
  fmt::print("  None sees: the picture, the template, the ID number, a score, or the answer to any question.\n");
}

Status tour(desk::Desk& desk, const Everyone& everyone, int people, const LocalNetwork& network,
            const Interrupt& interrupt) {
  const std::map<protocol::RecordId, int>& records = everyone.records;
  const int anna = person_of_tour(people);
  const int other = people / 3;
  const auto named = [&](const std::vector<protocol::RecordId>& found) {
    std::string names;
    for (const protocol::RecordId& record : found) {
      const auto known = records.find(record);
      names += fmt::format(" person {}", known == records.end() ? -1 : known->second);
    }
    return names;
  };
  QORGAN_TRY(const Visit visit, take_prints(anna, 1));
  const identity::Iin iin = identity::make_artificial_iin(static_cast<std::uint32_t>(anna));

  auto began = std::chrono::steady_clock::now();
  QORGAN_TRY(const desk::Verified mated, desk.verify(iin, visit.prints, {"demo", "verification", {}}));
  fmt::print(
      "\n1. Person {} comes back and gives two fingers with their own ID number.\n   Same person? {}   ({} ms)\n", anna,
      mated.same_person ? "Yes." : "No.", milliseconds_since(began));

  if (interrupt.requested()) return {};
  began = std::chrono::steady_clock::now();
  QORGAN_TRY(const desk::Verified other_person,
             desk.verify(identity::make_artificial_iin(static_cast<std::uint32_t>(other)), visit.prints,
                         {"demo", "verification", {}}));
  fmt::print("2. The same fingers with the ID number of person {}.\n   Same person? {}   ({} ms)\n", other,
             other_person.same_person ? "Yes." : "No.", milliseconds_since(began));

  if (interrupt.requested()) return {};
  began = std::chrono::steady_clock::now();
  desk::SearchOptions search;
  search.cancel = interrupt.token();
  desk::Asking searching{"demo", "identification", {}};
  QORGAN_TRY(searching.warrant, network.make_warrant(1000));
  const std::filesystem::path warrant_file = network.folder().parent_path() / "warrant";
  QORGAN_CHECK(write_file_atomically(warrant_file, as_bytes(searching.warrant), FileMode::public_file));
  QORGAN_TRY(const desk::Identified found, desk.identify(visit.prints, searching, search));
  fmt::print(
      "3. The same fingers without a number, against all {} people, under a warrant.\n   {} candidate(s):{}   ({} "
      "ms)\n",
      found.compared, found.candidates, named(found.records), milliseconds_since(began));

  if (interrupt.requested()) return {};
  fmt::print("4. Person {} takes their receipt and asks the custodians directly.\n", anna);
  QORGAN_ASSERT(everyone.receipt);
  QORGAN_CHECK(use_receipt(network, *everyone.receipt));

  QORGAN_TRY(const desk::Identified after, desk.identify(visit.prints, searching, search));
  fmt::print("5. The same search again, against {} people.\n   {} candidate(s).{}\n", after.compared, after.candidates,
             named(after.records));

  fmt::print("\nWhat custodians see of a finger (this print, split once more for you to see):\n");
  print_shares(visit.prints.front());

  // Pictures to try the commands with: an enrolled person's second visit, and the erased one's.
  QORGAN_TRY(const Visit try_visit, take_prints(other, 1));
  const std::filesystem::path folder = network.folder().parent_path();
  for (std::size_t i = 0; i < kFingers.size(); ++i) {
    const std::string finger(finger::position_name(kFingers[i]));
    QORGAN_CHECK(finger::save_png(try_visit.images[i], folder / ("visitor-" + finger + ".png")));
    QORGAN_CHECK(finger::save_png(visit.images[i], folder / ("erased-" + finger + ".png")));
  }
  const std::string prints =
      fmt::format("--finger right-index={0}/visitor-right-index.png --finger left-index={0}/visitor-left-index.png",
                  folder.string());
  const std::string erased = fmt::format(
      "--finger right-index={0}/erased-right-index.png --finger left-index={0}/erased-left-index.png", folder.string());
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  fmt::print("\nTo try, in another terminal:\n  export QORGAN_STATE={}\n", network.folder().string());
  fmt::print("  {} status\n", program);
  fmt::print("  {} verify --id {} {}\n", program, iin_text(other), prints);
  fmt::print("  {} identify --warrant {} {}\n", program, warrant_file.string(), prints);
  fmt::print("  {} enrol --id {} {}\n", program, iin_text(anna), erased);
  fmt::print("  {} erase --id {}\n", program, iin_text(other));
  fmt::print("  {} lab extract {}/visitor-right-index.png --svg minutiae.svg\n", program, folder.string());
  std::fflush(stdout);
  return {};
}

// Ends early, with success or an error, where it is interrupted.
Status show(const Options& options, LocalNetwork& network, const Interrupt& interrupt) {
  constexpr int kStartTimeoutMs = 20'000;
  QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs), interrupt.token()));
  QORGAN_TRY(desk::Desk desk, network.open_desk());
  fmt::print("Three custodians run on this machine, each a process with its own keys and database.\n");
  fmt::print("Enrolling {} artificial people, two fingers each: picture, minutiae, template, three shares.\n",
             options.people);
  std::fflush(stdout);
  const auto began = std::chrono::steady_clock::now();
  QORGAN_TRY(const Everyone everyone, enrol_all(desk, options.people, interrupt));
  if (interrupt.requested()) return {};
  fmt::print("Enrolled {} people in {:.0f} s.\n", everyone.records.size(),
             static_cast<double>(milliseconds_since(began)) / 1000);
  return tour(desk, everyone, options.people, network, interrupt);
}

Result<int> demo(const Options& options) {
  // A second Ctrl-C must not leave the custodians behind.
  Interrupt interrupt(Interrupt::Again::changes_nothing);
  QORGAN_TRY(LocalNetwork network, LocalNetwork::create());
  const Status shown = show(options, network, interrupt);
  if (interrupt.requested()) {
    fmt::print("\nStopping.\n");
    return kExitInterrupted;
  }
  QORGAN_CHECK(shown);
  if (options.leave) return 0;
  fmt::print("\nCtrl-C stops the custodians and removes what the demonstration made.\n");
  std::fflush(stdout);
  interrupt.wait();
  fmt::print("\nStopping.\n");
  return 0;
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("demo", "Three custodians on this machine, artificial people, and a tour");
  auto options = std::make_shared<Options>();
  command->add_option("--people", options->people, "How many people to enrol")
      ->check(CLI::Range(6, 10000))
      ->capture_default_str();
  command->add_flag("--leave", options->leave, "End after the tour instead of waiting for Ctrl-C");
  command->callback([&context, options] {
    const Result<int> ended = demo(*options);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
}

}  // namespace qorgan::cli
