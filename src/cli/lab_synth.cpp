// qorgan lab synth: a folder of artificial prints.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "cli/command.h"
#include "finger/image.h"
#include "finger/synth/impression.h"

namespace qorgan::cli {
namespace {

namespace fs = std::filesystem;
namespace synth = finger::synth;

struct SynthOptions {
  int people = 10;
  int fingers = 1;
  int impressions = 4;
  std::uint64_t seed = 1;
  std::string out;
  bool force = false;
  int threads = 0;
  synth::ImpressionOptions impression;
};

// People count from 10, so that the first finger is 101; ten fingers a person keep every number unique.
constexpr int kFirstPerson = 10;

int finger_number(int person, int position) {
  return (kFirstPerson + person) * 10 + position;
}

Status prepare_folder(const fs::path& folder, bool force) {
  std::error_code problem;
  if (fs::exists(folder, problem) && !fs::is_directory(folder, problem))
    return failure(ErrorCode::invalid_input, "the place to write to is not a folder", folder.string(),
                   "Give --out a folder, or a name that does not exist yet");
  fs::create_directories(folder, problem);
  if (problem)
    return failure(ErrorCode::unavailable, "cannot make the folder: " + problem.message(), folder.string(),
                   "Give --out a place that you may write to");
  const bool empty = fs::is_empty(folder, problem);
  if (problem) return failure(ErrorCode::unavailable, "cannot read the folder: " + problem.message(), folder.string());
  if (!empty && !force)
    return failure(ErrorCode::already_exists, "the folder is not empty", folder.string(),
                   "Give an empty folder, or --force to write into this one");
  return {};
}

// Shares the fingers out among threads. What is written depends on the options alone, not on who writes it.
class Maker {
 public:
  explicit Maker(const SynthOptions& options) : options_(options) {}

  Status run() {
    std::vector<std::thread> workers;
    const int count = options_.threads > 0 ? options_.threads : static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 0; i < std::max(1, std::min(count, finger_count())); ++i) workers.emplace_back([this] { work(); });
    report_progress(workers.size());
    for (auto& worker : workers) worker.join();
    if (error_) return tl::unexpected<Error>(std::move(*error_));
    return {};
  }

  int finger_count() const { return options_.people * options_.fingers; }
  const std::map<synth::PatternClass, int>& classes() const { return classes_; }

 private:
  void report_progress(std::size_t worker_count) {
    Progress progress("Making prints", static_cast<std::size_t>(finger_count() * options_.impressions));
    std::size_t shown = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return written_ > shown || workers_done_ == worker_count; });
      progress.advance(written_ - shown);
      shown = written_;
      if (workers_done_ == worker_count) return;
    }
  }

  void work() {
    for (std::optional<int> index = take(); index; index = take()) {
      if (Status made = make(*index); !made) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::move(made).error();
        break;
      }
    }
    const std::lock_guard lock(mutex_);
    ++workers_done_;
    changed_.notify_one();
  }

  std::optional<int> take() {
    const std::lock_guard lock(mutex_);
    if (error_ || next_ == finger_count()) return std::nullopt;
    return next_++;
  }

  Status make(int index) {
    const int person = index / options_.fingers;
    const int position = index % options_.fingers + 1;
    const auto person_seed = synth::person_seed(options_.seed, static_cast<std::uint64_t>(person));
    const auto finger = synth::make_finger(synth::finger_seed(person_seed, position));
    for (int i = 1; i <= options_.impressions; ++i) {
      const auto image = synth::impression(finger, synth::impression_seed(finger.seed, i), options_.impression);
      const std::string name = std::to_string(finger_number(person, position)) + "_" + std::to_string(i) + ".png";
      QORGAN_CHECK(finger::save_png(image, fs::path(options_.out) / name));
      const std::lock_guard lock(mutex_);
      ++written_;
      changed_.notify_one();
    }
    const std::lock_guard lock(mutex_);
    ++classes_[finger.pattern.pattern_class()];
    return {};
  }

  const SynthOptions& options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int next_ = 0;
  std::size_t written_ = 0;
  std::size_t workers_done_ = 0;
  std::optional<Error> error_;
  std::map<synth::PatternClass, int> classes_;
};

void print_summary(const SynthOptions& options, const Maker& maker, bool json) {
  const int prints = maker.finger_count() * options.impressions;
  if (json) {
    nlohmann::json classes = nlohmann::json::object();
    for (const auto& [pattern_class, count] : maker.classes())
      classes[std::string(synth::pattern_class_name(pattern_class))] = count;
    print_json({{"out", options.out},
                {"seed", options.seed},
                {"fingers", maker.finger_count()},
                {"prints", prints},
                {"classes", classes}});
    return;
  }
  fmt::print("{} prints of {} fingers of {} people in {}\n", prints, maker.finger_count(), options.people, options.out);
  for (const auto& [pattern_class, count] : maker.classes())
    fmt::print("  {:<12}{:>6}\n", synth::pattern_class_name(pattern_class), count);
}

Status run_synth(const SynthOptions& options, bool json) {
  QORGAN_CHECK(prepare_folder(options.out, options.force));
  Maker maker(options);
  QORGAN_CHECK(maker.run());
  print_summary(options, maker, json);
  return {};
}

}  // namespace

void add_lab_synth(CLI::App& lab, Context& context) {
  auto options = std::make_shared<SynthOptions>();
  CLI::App* command = lab.add_subcommand("synth", "Make artificial prints: FINGER_IMPRESSION.png");
  command->add_option("--people", options->people, "How many people")
      ->check(CLI::Range(1, limits::synth_people_max))
      ->capture_default_str();
  command->add_option("--fingers", options->fingers, "Fingers of each")
      ->check(CLI::Range(1, limits::fingers_per_person_max))
      ->capture_default_str();
  command->add_option("--impressions", options->impressions, "Impressions of each finger")
      ->check(CLI::Range(1, limits::synth_impressions_max))
      ->capture_default_str();
  command->add_option("--out", options->out, "Folder to write to; made if absent")->required();
  command->add_option("--seed", options->seed, "The same seed gives the same prints")->capture_default_str();
  command->add_option("--difficulty", options->impression.difficulty, "0 clean, 1 a fair reader, up to 3")
      ->check(CLI::Range(0.0, 3.0))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "0 for one a processor")->check(CLI::Range(0, 256));
  command->add_flag("--force", options->force, "Write into a folder that is not empty");
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status done = run_synth(*options, context.json); !done) context.exit_code = report(context, done.error());
  });
}

}  // namespace qorgan::cli
