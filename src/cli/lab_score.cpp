#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/command.h"
#include "cli/lab_prints.h"
#include "finger/make_template.h"
#include "finger/projection.h"
#include "lab/score_file.h"
#include "mpc/reference.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::string folder;
  std::string score = "score";
  std::string out;
  std::string projection;
  std::optional<int> dpi;
};

struct Enrolled {
  std::vector<std::optional<finger::Template>> templates;
  std::vector<std::string> failed;  // names of the prints that gave no template
};

// The judge of the scores tells fingers apart by what stands before the first underscore of a name.
Status check_names(const std::vector<PrintFile>& files) {
  for (const PrintFile& file : files) {
    const std::size_t underscore = file.name.find('_');
    const bool blank = file.name.find_first_of(" \t\r\n") != std::string::npos;
    if (underscore == 0 || underscore == std::string::npos || blank)
      return failure(ErrorCode::invalid_input, "the name of a print is not FINGER_IMPRESSION", file.path.string(),
                     "Rename it, for example 101_3.png");
  }
  return {};
}

Result<Enrolled> enrol(const std::vector<PrintFile>& files, const finger::Projection& projection,
                       std::optional<int> dpi) {
  QORGAN_TRY(const auto prints, load_prints(files, dpi));
  Enrolled enrolled;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::optional<finger::Template> made;
    if (prints[i]) {
      auto result = finger::make_template(*prints[i], projection);
      if (result) {
        made = *result;
      } else {
        std::fprintf(stderr, "%s: %s\n", files[i].name.c_str(), result.error().message().c_str());
      }
    }
    if (!made) enrolled.failed.push_back(files[i].name);
    enrolled.templates.push_back(made);
  }
  return enrolled;
}

using Score = int (*)(const finger::Template& probe, const finger::Template& gallery);

Score score_named(const std::string& name) {
  if (name == "coarse") return mpc::coarse_score;
  if (name == "fine") return mpc::fine_score;
  return mpc::score;
}

std::string both_lines(const std::vector<PrintFile>& files, const Enrolled& enrolled) {
  std::vector<lab::PrintName> names;
  for (const PrintFile& file : files) names.push_back(lab::parse_print_name(file.name).value_or(lab::PrintName{}));
  return lab::format_scores(lab::compare_all({}, std::move(names), enrolled.templates));
}

std::string score_lines(const std::vector<PrintFile>& files, const Enrolled& enrolled, Score score_of) {
  std::string lines;
  Progress progress("Comparing", files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) {
      const auto& probe = enrolled.templates[i];
      const auto& gallery = enrolled.templates[j];
      const int score = probe && gallery ? score_of(*probe, *gallery) : 0;
      lines += fmt::format("{} {} {}\n", files[i].name, files[j].name, score);
    }
    progress.advance();
  }
  return lines;
}

Status run(const Options& options, const Context& context) {
  finger::Projection projection = finger::default_projection();
  if (!options.projection.empty()) {
    QORGAN_TRY(projection, finger::load_projection(options.projection));
  }
  QORGAN_TRY(const auto files, list_prints(options.folder));
  QORGAN_CHECK(check_names(files));
  QORGAN_TRY(const Enrolled enrolled, enrol(files, projection, options.dpi));
  const std::string lines =
      options.score == "both" ? both_lines(files, enrolled) : score_lines(files, enrolled, score_named(options.score));
  QORGAN_CHECK(write_file_atomically(options.out, as_bytes(lines), FileMode::public_file));
  const std::size_t comparisons = files.size() * (files.size() - 1) / 2;
  if (context.json) {
    print_json({{"prints", files.size()},
                {"without_template", enrolled.failed},
                {"comparisons", comparisons},
                {"out", options.out}});
  } else {
    fmt::print("{} prints, {} without a template, {} comparisons: {}\n", files.size(), enrolled.failed.size(),
               comparisons, options.out);
  }
  return {};
}

}  // namespace

void add_lab_score(CLI::App& lab, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand("score", "Compare all prints of a folder with one another, in the clear");
  command->add_option("DIR", options->folder, "Folder of FINGER_IMPRESSION pictures, or txt minutiae")->required();
  command
      ->add_option("--score", options->score,
                   "Which score: coarse, fine, what the decision uses, or that and the sieve's")
      ->check(CLI::IsMember({"coarse", "fine", "score", "both"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "File to write, a line PROBE GALLERY SCORE [SIEVE] for each pair")
      ->required();
  command->add_option("--projection", options->projection, "Projection file to use in place of the built-in one");
  command->add_option("--dpi", options->dpi, "Resolution of the pictures, whatever they say themselves");
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status status = run(*options, context); !status) context.exit_code = report(context, status.error());
  });
}

}  // namespace qorgan::cli
