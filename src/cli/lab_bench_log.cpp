#include "cli/lab_bench_log.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "crypto/random.h"
#include "custodian/mirror.h"
#include "custodian/mirror_sender.h"
#include "lab/bootstrap.h"
#include "ledger/log.h"

namespace qorgan::cli {
namespace {

constexpr const char* kOrigin = "qorgan.bench/log";
constexpr const char* kWitness = "qorgan.bench/witness";
constexpr int kTimeoutMs = 60'000;

struct LogBenchOptions {
  int threads = 64;
  int rounds = 5;
  double seconds = 2;  // a round
  std::size_t entry_bytes = 400;
  int singles = 1000;      // entries of one who waits for each
  std::uint64_t size = 0;  // of the log that is proven from; 0: none
  int proofs = 200;
};

struct LogFigures {
  double entries_per_second = 0;  // median of the rounds
  double single_ms_median = 0;
  double single_ms_p95 = 0;
};

struct ProofFigures {
  double making_s = 0;
  double proof_ms_median = 0;
  double proof_ms_p95 = 0;
  double proof_ms_worst = 0;
};

double ms_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

class BenchFolder {
 public:
  static Result<BenchFolder> make() {
    std::string name = (std::filesystem::temp_directory_path() / "qorgan-log-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return failure(ErrorCode::unavailable, "cannot make a folder", name);
    return BenchFolder(name);
  }
  BenchFolder(BenchFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  BenchFolder& operator=(BenchFolder&&) = delete;
  ~BenchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit BenchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// A log and the custodian that cosigns it, in one process: as among custodians, it cosigns only what it has mirrored,
// with its state in files. The messages between the two are made and read; no connection carries them.
struct BenchLog {
  std::unique_ptr<ledger::Witness> witness;
  std::unique_ptr<custodian::Mirror> mirror;
  std::unique_ptr<custodian::MirrorSender> sender;
  std::unique_ptr<ledger::Log> log;  // asks the others
};

Result<BenchLog> open_log(const std::filesystem::path& folder) {
  const auto log_signer = std::make_shared<crypto::KeySigner>(crypto::make_sign_key_pair());
  const auto witness_signer = std::make_shared<crypto::KeySigner>(crypto::make_sign_key_pair());
  BenchLog bench;
  ledger::WitnessOptions about;
  about.folder = folder / "witness";
  about.name = kWitness;
  about.logs = {{kOrigin, ledger::KeyType::ed25519, log_signer->public_key()}};
  custodian::MirrorOptions mirrored;
  mirrored.folder = folder / "mirror";
  mirrored.log_keys = about.logs;
  std::error_code error;
  std::filesystem::create_directories(about.folder, error);
  QORGAN_TRY(bench.witness, ledger::Witness::open(std::move(about), witness_signer));
  QORGAN_TRY(bench.mirror, custodian::Mirror::open(std::move(mirrored), *bench.witness));
  bench.sender = std::make_unique<custodian::MirrorSender>(
      folder / "log", [mirror = bench.mirror.get()](const net::Message& question) -> Result<net::Message> {
        QORGAN_TRY(const custodian::MirrorUpdate update, custodian::read_cosign(question));
        return custodian::cosign_answer(mirror->take(update));
      });
  ledger::LogOptions options;
  options.folder = folder / "log";
  options.origin = kOrigin;
  ledger::LogWitness& asked = options.witnesses.emplace_back();
  asked.key = {kWitness, ledger::KeyType::cosignature, witness_signer->public_key()};
  asked.ask = [sender = bench.sender.get()](const ledger::AddCheckpoint& request) { return sender->ask(request); };
  QORGAN_TRY(bench.log, ledger::Log::open(std::move(options), {log_signer}, true));
  return bench;
}

Status append_and_wait(ledger::Log& log, std::size_t entry_bytes) {
  const Deadline deadline = Deadline::after_ms(kTimeoutMs);
  QORGAN_TRY(const ledger::Appended appended, log.append(crypto::random_bytes(entry_bytes), deadline));
  return log.wait_published(appended.index, deadline);
}

// Entries a second of many who each wait until theirs is published.
Result<double> measure_many(const LogBenchOptions& options, ledger::Log& log) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> done = 0;
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&] {
      while (!stop && !failed) {
        if (append_and_wait(log, options.entry_bytes)) {
          ++done;
        } else {
          failed = true;
        }
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  const double per_second = 1000 * static_cast<double>(done.load()) / ms_since(began);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  if (failed) return failure(ErrorCode::unavailable, "the log did not take an entry");
  return per_second;
}

Result<LogFigures> measure_appends(const LogBenchOptions& options, const std::filesystem::path& folder) {
  QORGAN_TRY(const BenchLog bench, open_log(folder));
  ledger::Log& log = *bench.log;
  LogFigures figures;
  std::vector<double> single_ms;
  for (int i = 0; i < options.singles; ++i) {
    const auto began = std::chrono::steady_clock::now();
    QORGAN_CHECK(append_and_wait(log, options.entry_bytes));
    single_ms.push_back(ms_since(began));
  }
  std::vector<double> per_second;
  for (int round = 0; round < options.rounds; ++round) {
    QORGAN_TRY(const double rate, measure_many(options, log));
    per_second.push_back(rate);
  }
  figures.entries_per_second = lab::quantile(per_second, 0.5);
  figures.single_ms_median = lab::quantile(single_ms, 0.5);
  figures.single_ms_p95 = lab::quantile(single_ms, 0.95);
  return figures;
}

// Short entries, so that a log of ten million stays small.
Bytes short_entry(std::uint64_t index) {
  Bytes entry;
  append_u64(entry, index);
  return entry;
}

Result<ProofFigures> measure_proofs(const LogBenchOptions& options, const std::filesystem::path& folder) {
  ProofFigures figures;
  const auto began = std::chrono::steady_clock::now();
  ledger::TileWriter writer(folder, ledger::Disk::system());
  Progress progress("making the log", options.size);
  while (writer.size() < options.size) {
    const std::uint64_t step = std::min<std::uint64_t>(65'536, options.size - writer.size());
    for (std::uint64_t i = 0; i < step; ++i) writer.append(short_entry(writer.size()));
    QORGAN_CHECK(writer.write());
    progress.advance(step);
  }
  figures.making_s = ms_since(began) / 1000;
  std::vector<double> proof_ms;
  for (int i = 0; i < options.proofs; ++i) {
    const std::uint64_t index = crypto::random_below(static_cast<std::uint32_t>(options.size));
    const auto proof_began = std::chrono::steady_clock::now();
    // A reader of its own each time: nothing is in its memory.
    const ledger::TileReader reader(folder, ledger::Disk::system());
    QORGAN_TRY(const auto entries, reader.entries(index, index + 1, options.size));
    QORGAN_TRY(const ledger::Proof proof, ledger::prove_inclusion(index, options.size, reader.hashes(options.size)));
    proof_ms.push_back(ms_since(proof_began));
    QORGAN_CHECK(ledger::verify_inclusion(index, options.size, ledger::leaf_hash(entries[0]), proof, writer.root()));
  }
  figures.proof_ms_median = lab::quantile(proof_ms, 0.5);
  figures.proof_ms_p95 = lab::quantile(proof_ms, 0.95);
  figures.proof_ms_worst = lab::quantile(proof_ms, 1);
  return figures;
}

void print_as_json(const LogBenchOptions& options, const LogFigures& appends,
                   const std::optional<ProofFigures>& proofs) {
  nlohmann::json object = {{"threads", options.threads},
                           {"entry_bytes", options.entry_bytes},
                           {"rounds", options.rounds},
                           {"entries_per_second_median", appends.entries_per_second},
                           {"single_wait_ms_median", appends.single_ms_median},
                           {"single_wait_ms_p95", appends.single_ms_p95}};
  if (proofs) {
    object["proofs"] = {{"size", options.size},
                        {"making_seconds", proofs->making_s},
                        {"count", options.proofs},
                        {"proof_ms_median", proofs->proof_ms_median},
                        {"proof_ms_p95", proofs->proof_ms_p95},
                        {"proof_ms_worst", proofs->proof_ms_worst}};
  }
  print_json(object);
}

void print_as_text(const LogBenchOptions& options, const LogFigures& appends,
                   const std::optional<ProofFigures>& proofs) {
  fmt::print("entries a second                 {:.0f} (median of {} rounds; {} threads, {} bytes each)\n",
             appends.entries_per_second, options.rounds, options.threads, options.entry_bytes);
  fmt::print("until one is cosigned, alone     median {:.2f} ms, p95 {:.2f} ms\n", appends.single_ms_median,
             appends.single_ms_p95);
  if (!proofs) return;
  fmt::print("proof from {} entries      median {:.2f} ms, p95 {:.2f} ms, worst {:.2f} ms; made in {:.0f} s\n",
             options.size, proofs->proof_ms_median, proofs->proof_ms_p95, proofs->proof_ms_worst, proofs->making_s);
}

Status run_bench_log(const LogBenchOptions& options, const Context& context) {
  QORGAN_TRY(const BenchFolder folder, BenchFolder::make());
  QORGAN_TRY(const LogFigures appends, measure_appends(options, folder.path()));
  std::optional<ProofFigures> proofs;
  if (options.size > 0) {
    QORGAN_TRY(proofs, measure_proofs(options, folder.path() / "large"));
  }
  if (context.json) {
    print_as_json(options, appends, proofs);
  } else {
    print_as_text(options, appends, proofs);
  }
  return {};
}

}  // namespace

void add_lab_bench_log(CLI::App& bench, Context& context) {
  auto options = std::make_shared<LogBenchOptions>();
  CLI::App* command = bench.add_subcommand(
      "log", "Append to a log that another custodian mirrors and cosigns, and prove entries of a large one");
  command->add_option("--threads", options->threads, "How many append at once, each waiting until it is published")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Rounds of two seconds")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--entry-bytes", options->entry_bytes, "Length of an entry")
      ->check(CLI::Range(std::size_t{1}, limits::log_entry_bytes_max))
      ->capture_default_str();
  command->add_option("--singles", options->singles, "Entries of one who waits for each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--size", options->size, "Entries of a log to prove from, say 10000000; 0: none")
      ->check(CLI::Range(0, 100'000'000))
      ->capture_default_str();
  command->add_option("--proofs", options->proofs, "Proofs from it")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status done = run_bench_log(*options, context); !done) context.exit_code = report(context, done.error());
  });
}

}  // namespace qorgan::cli
