#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/command.h"
#include "cli/lab_prints.h"
#include "finger/learn_projection.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::vector<std::string> folders;
  std::vector<std::string> dpi;  // DIR=N
  std::string out;
};

using Resolutions = std::map<std::string, int, std::less<>>;

// The folder's own name, without the way to it.
std::string folder_name(const std::string& folder) {
  const auto path = (std::filesystem::path(folder) / "").parent_path();
  return path.filename().string();
}

Result<Resolutions> resolutions(const Options& options) {
  Resolutions found;
  for (const std::string& text : options.dpi) {
    const std::size_t equals = text.rfind('=');
    int dpi = 0;
    const char* end = text.data() + text.size();
    const bool number = equals != std::string::npos && std::from_chars(text.data() + equals + 1, end, dpi).ptr == end;
    if (!number || dpi <= 0)
      return failure(ErrorCode::invalid_input, "a resolution is not of the form DIR=N", text, "Write --dpi DIR=569");
    const std::string folder = text.substr(0, equals);
    if (std::find(options.folders.begin(), options.folders.end(), folder) == options.folders.end())
      return failure(ErrorCode::invalid_input,
                     "a resolution is given for a folder that is not among those to learn from", folder,
                     "Name the folder alike in both places");
    found[folder] = dpi;
  }
  return found;
}

std::string command_line(const Options& options, const Resolutions& dpi) {
  std::string line = "qorgan lab learn";
  for (const std::string& folder : options.folders) line += ' ' + folder_name(folder);
  for (const auto& [folder, value] : dpi) line += fmt::format(" --dpi {}={}", folder_name(folder), value);
  return line;
}

Status append_prints(const std::string& folder, std::optional<int> dpi, std::vector<finger::Minutiae>& all) {
  QORGAN_TRY(const auto files, list_prints(folder));
  QORGAN_TRY(auto prints, load_prints(files, dpi));
  for (auto& print : prints)
    if (print) all.push_back(*std::move(print));
  return {};
}

Status run(const Options& options, const Context& context) {
  QORGAN_TRY(const Resolutions dpi, resolutions(options));
  std::vector<finger::Minutiae> prints;
  for (const std::string& folder : options.folders) {
    const auto given = dpi.find(folder);
    QORGAN_CHECK(append_prints(folder, given == dpi.end() ? std::nullopt : std::optional(given->second), prints));
  }
  QORGAN_TRY(const auto projection, finger::learn_projection(prints, command_line(options, dpi)));
  QORGAN_CHECK(write_file_atomically(options.out, finger::encode_projection(projection), FileMode::public_file));
  if (context.json) {
    print_json({{"prints", projection.prints}, {"cylinders", projection.cylinders}, {"out", options.out}});
  } else {
    fmt::print("Learnt from {} cylinders of {} prints: {}\n", projection.cylinders, projection.prints, options.out);
  }
  return {};
}

}  // namespace

void add_lab_learn(CLI::App& lab, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand("learn", "Learn the projection of the templates from folders of prints");
  command->add_option("DIR", options->folders, "Folders of pictures, or txt minutiae")->required();
  command->add_option("--out", options->out, "Projection file to write")->required();
  command->add_option("--dpi", options->dpi, "DIR=N: resolution of a folder's pictures, whatever they say themselves");
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status status = run(*options, context); !status) context.exit_code = report(context, status.error());
  });
}

}  // namespace qorgan::cli
