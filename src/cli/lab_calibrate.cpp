// qorgan lab calibrate: the tables of the decision from scores.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "lab/calibration.h"
#include "lab/score_file.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string out;
};

Result<lab::Calibration> calibrate(const Options& options) {
  std::vector<lab::ScoreSet> score;
  std::vector<lab::ScoreSet> rows;
  for (const std::string& path : options.files) {
    QORGAN_TRY(const std::string text, read_text_file(path, limits::score_file_bytes_max));
    QORGAN_TRY(lab::BothScores both, lab::parse_scores(text, path));
    score.push_back(std::move(both.score));
    rows.push_back(std::move(both.rows));
  }
  return lab::calibrate(score, rows);
}

Status run(const Options& options, const Context& context) {
  QORGAN_TRY(const lab::Calibration made, calibrate(options));
  std::string command = "qorgan lab calibrate";
  for (const std::string& path : options.files)
    command += "\n//     " + std::filesystem::path(path).filename().string();
  const std::string source = lab::decision_table_source(made, command, options.files.size());
  QORGAN_CHECK(write_file_atomically(options.out, as_bytes(source), FileMode::public_file));
  const finger::DecisionModel decision = made.decision();
  if (context.json) {
    print_json({{"out", options.out},
                {"comparisons", made.score.comparisons},
                {"score_counted_to", made.score.counted_to},
                {"score_rate", made.score.rate},
                {"verification_score_min", {decision.verification_score_min(1), decision.verification_score_min(2)}},
                {"survivor_rows_min", {decision.survivor_rows_min(1), decision.survivor_rows_min(2)}}});
  } else {
    fmt::print("{:.0f} comparisons of different fingers, counted up to a score of {}: {}\n", made.score.comparisons,
               made.score.counted_to, options.out);
    fmt::print("a verification needs {} with one finger and {} with two\n", decision.verification_score_min(1),
               decision.verification_score_min(2));
  }
  return {};
}

}  // namespace

void add_lab_calibrate(CLI::App& lab, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand("calibrate", "Make the tables of the decision from scores of real prints");
  command->add_option("SCORES", options->files, "Files of `qorgan lab score --score both`, one a set")->required();
  command
      ->add_option("--out", options->out,
                   "File to write; src/finger/decision_table.h is what the program is built with")
      ->required();
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status status = run(*options, context); !status) context.exit_code = report(context, status.error());
  });
}

}  // namespace qorgan::cli
