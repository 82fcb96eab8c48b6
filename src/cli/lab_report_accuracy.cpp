// qorgan lab report accuracy: docs/accuracy.md from folders of prints.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"
#include "cli/lab_prints.h"
#include "cli/lab_reject.h"
#include "cli/lab_report.h"
#include "finger/decision.h"
#include "finger/decision_table.h"
#include "lab/accuracy_page.h"
#include "lab/calibration.h"
#include "lab/machine.h"
#include "lab/score_file.h"

namespace qorgan::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string folder;
  std::string out;
  std::string scores;
  std::vector<std::string> dpi;  // SET=DPI
  lab::SyntheticOptions synthetic;
};

using Resolutions = std::map<std::string, int, std::less<>>;

Result<Resolutions> resolutions(const std::vector<std::string>& given) {
  Resolutions found;
  for (const std::string& text : given) {
    const std::size_t equals = text.find('=');
    int dpi = 0;
    const char* end = text.data() + text.size();
    const bool number = equals != std::string::npos && std::from_chars(text.data() + equals + 1, end, dpi).ptr == end;
    if (!number || dpi <= 0)
      return failure(ErrorCode::invalid_input, "a resolution is not of the form SET=DPI", text,
                     "Write --dpi SET=569, SET being the name of a folder");
    found[text.substr(0, equals)] = dpi;
  }
  return found;
}

Result<std::vector<fs::path>> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end; it.increment(problem))
    if (it->is_directory()) folders.push_back(it->path());
  if (problem) return failure(ErrorCode::not_found, "the folder cannot be read", folder.string(), problem.message());
  std::sort(folders.begin(), folders.end());
  return folders;
}

// Prints whose name is not FINGER_IMPRESSION are an error; a folder without prints is passed over.
Result<std::vector<lab::PrintSet>> load_sets(const Options& options) {
  QORGAN_TRY(const Resolutions dpi, resolutions(options.dpi));
  QORGAN_TRY(const auto folders, folders_in(options.folder));
  std::vector<lab::PrintSet> sets;
  for (const fs::path& folder : folders) {
    const auto files = list_prints(folder);
    if (!files) continue;
    lab::PrintSet set;
    set.name = folder.filename().string();
    for (const PrintFile& file : *files) {
      const auto name = lab::parse_print_name(file.name);
      if (!name)
        return failure(ErrorCode::invalid_input, "the name of a print is not FINGER_IMPRESSION", file.path.string(),
                       "Rename it, for example 101_3.png");
      set.prints.push_back(*name);
    }
    const auto given = dpi.find(set.name);
    QORGAN_TRY(set.minutiae, load_prints(*files, given == dpi.end() ? std::nullopt : std::optional(given->second)));
    sets.push_back(std::move(set));
  }
  return sets;
}

Status write_scores(const std::vector<lab::JudgedSet>& sets, const std::string& folder) {
  if (folder.empty()) return {};
  std::error_code problem;
  fs::create_directories(folder, problem);
  for (const lab::JudgedSet& set : sets)
    QORGAN_CHECK(write_file_atomically(fs::path(folder) / (set.source.name + ".txt"),
                                       as_bytes(lab::format_scores(set.table)), FileMode::public_file));
  return {};
}

Result<RejectCurves> reject_curves(const lab::JudgedSet& set) {
  std::vector<JudgedPrint> prints;
  for (std::size_t i = 0; i < set.source.prints.size(); ++i)
    prints.push_back({set.source.prints[i].finger, set.templates[i] ? set.source.minutiae[i]->quality : 0});
  std::vector<JudgedPair> pairs;
  for (std::size_t i = 0; i < prints.size(); ++i)
    for (std::size_t j = i + 1; j < prints.size(); ++j) pairs.push_back({i, j, set.table.at(i, j).score});
  return error_versus_reject(prints, pairs);
}

// FNMR at the threshold of FMR 0.1 %, set by set, as more prints of the lowest quality are rejected.
Result<std::string> reject_table(const std::vector<lab::JudgedSet>& sets) {
  std::vector<std::string> head = {"prints rejected"};
  for (const double share : kRejected) head.push_back(fmt::format("{:.0f} %", 100 * share));
  std::string text =
      "The prints of the lowest quality of each set are left out, as a desk would that asks for the finger again; one "
      "finger, FNMR at the threshold that gives an FMR of 0.1 % on all prints (`qorgan lab quality` has more).\n\n" +
      lab::table_head(head);
  std::array<double, kRejected.size()> sum{};
  for (const lab::JudgedSet& set : sets) {
    QORGAN_TRY(const RejectCurves curves, reject_curves(set));
    std::vector<std::string> cells = {set.source.name};
    for (std::size_t i = 0; i < kRejected.size(); ++i) {
      const double fnmr = curves[0].fnmr[i].value_or(0);
      cells.push_back(lab::percent(fnmr));
      sum[i] += fnmr / static_cast<double>(sets.size());
    }
    text += lab::table_row(cells);
  }
  std::vector<std::string> cells = {"**mean of sets**"};
  for (const double mean : sum) cells.push_back(lab::percent(mean));
  return text + lab::table_row(cells) + '\n';
}

std::string command_line(const Options& options) {
  std::string line = "qorgan lab report accuracy FOLDER --out docs";
  for (const std::string& dpi : options.dpi) line += " --dpi " + dpi;
  return line;
}

Result<lab::AccuracyInput> measure(const Options& options) {
  lab::AccuracyInput input;
  input.machine = lab::describe(lab::this_machine());
  input.command = command_line(options);
  QORGAN_TRY(auto sets, load_sets(options));
  QORGAN_TRY(input.sets, lab::judge(std::move(sets)));
  QORGAN_CHECK(write_scores(input.sets, options.scores));
  std::vector<lab::ScoreSet> score;
  std::vector<lab::ScoreSet> rows;
  for (const lab::JudgedSet& set : input.sets) {
    score.push_back(lab::group(set.table, 1, lab::ScoreKind::score));
    rows.push_back(lab::group(set.table, 1, lab::ScoreKind::rows));
  }
  QORGAN_TRY(const lab::Calibration all, lab::calibrate(score, rows));
  input.tail = all.score;
  input.real_one = lab::search_real(input.sets, 1);
  input.real_two = lab::search_real(input.sets, 2);
  QORGAN_TRY(input.reject_table, reject_table(input.sets));
  input.synthetic_options = options.synthetic;
  input.synthetic_options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const finger::DecisionModel shipped(finger::kScoreTail, finger::kRowsTail);
  QORGAN_TRY(input.synthetic, lab::search_synthetic(input.synthetic_options, shipped));
  return input;
}

Status run(const Options& options, const Context& context) {
  QORGAN_TRY(const lab::AccuracyInput input, measure(options));
  const lab::Page page = lab::accuracy_page(input);
  QORGAN_CHECK(lab::write_page(page, options.out));
  const std::string file = (fs::path(options.out) / (page.name + ".md")).string();
  if (context.json) {
    print_json({{"sets", input.sets.size()}, {"out", file}});
  } else {
    fmt::print("{} sets, {} plots: {}\n", input.sets.size(), page.plots.size(), file);
  }
  return {};
}

}  // namespace

void add_report_accuracy(CLI::App& report_command, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = report_command.add_subcommand("accuracy", "Errors on sets of prints: accuracy.md and its plots");
  command->add_option("FOLDER", options->folder, "One folder a set, of FINGER_IMPRESSION pictures or txt minutiae")
      ->required();
  command->add_option("--out", options->out, "Folder to write to")->required();
  command->add_option("--dpi", options->dpi, "SET=DPI: resolution of a set's pictures, whatever they say themselves");
  command->add_option("--scores", options->scores, "Folder for each set's comparisons, for `qorgan lab calibrate`");
  command->add_option("--people", options->synthetic.people, "Artificial people to search among")
      ->check(CLI::Range(std::size_t{100}, std::size_t{100'000}))
      ->capture_default_str();
  command->add_option("--searches", options->synthetic.searches, "Searches of people who are there, and of others")
      ->check(CLI::Range(std::size_t{10}, std::size_t{10'000}))
      ->capture_default_str();
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status status = run(*options, context); !status) context.exit_code = report(context, status.error());
  });
}

}  // namespace qorgan::cli
