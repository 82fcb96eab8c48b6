#include "cli/desk_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "base/file.h"
#include "base/limits.h"
#include "finger/load.h"
#include "finger/make_template.h"

namespace qorgan::cli {
namespace {

std::string finger_names() {
  std::string names;
  for (const finger::Position position : finger::kPositions)
    names += (names.empty() ? "" : ", ") + std::string(finger::position_name(position));
  return names;
}

std::string login_name() {
  const char* name = std::getenv("USER");
  return name != nullptr && *name != '\0' ? name : "unnamed";
}

}  // namespace

void add_desk_options(CLI::App& command, Context& context, DeskOptions& options) {
  command.add_option("--state", options.state, "Folder that `network init` made")
      ->envname("QORGAN_STATE")
      ->capture_default_str();
  command.add_option("--network", options.network_file, "The public network file (STATE/network.json)");
  command.add_option("--desk", options.desk_folder, "Folder of the desk's keys (STATE/desk)");
  add_json_option(command, context);
}

void add_operator_option(CLI::App& command, DeskOptions& options) {
  options.operator_name = login_name();
  command.add_option("--operator", options.operator_name, "Who asks; the custodians record it")->capture_default_str();
}

void add_asking_options(CLI::App& command, DeskOptions& options, const std::string& purpose) {
  options.purpose = purpose;
  add_operator_option(command, options);
  command.add_option("--purpose", options.purpose, "What for; the custodians record it")->capture_default_str();
  command.add_option("--request-id", options.request_id, "Repeat the request of this id instead of making a new one");
}

CLI::Option* add_id_option(CLI::App& command, DeskOptions& options) {
  return command.add_option("--id", options.iin, "ID number (IIN, 12 digits), or - to read it from standard input")
      ->required();
}

void add_finger_options(CLI::App& command, DeskOptions& options) {
  command
      .add_option("--finger", options.fingers,
                  "NAME=FILE, a picture (PNG, TIFF, BMP, PGM) or ISO/IEC 19794-2 record; may be repeated. Names: " +
                      finger_names())
      ->required();
  command.add_option("--dpi", options.dpi, "Resolution of the pictures, where their own tag is missing or wrong");
}

void add_paper_options(CLI::App& command, const std::string& name, const std::string& help, std::string& file,
                       std::string& language) {
  command.add_option(name, file, help + ": FILE.txt, FILE.pdf or FILE.json");
  command.add_option("--lang", language, "Its language")
      ->check(CLI::IsMember({"kk", "ru", "en"}))
      ->capture_default_str();
}

void add_duplicate_options(CLI::App& command, DeskOptions& options) {
  command
      .add_flag("--check-duplicates{deduplication}", options.duplicates_purpose,
                "Enrol nobody whose prints are enrolled already, under whatever number; =PURPOSE: searched for so")
      ->default_str("");
}

void add_search_options(CLI::App& command, DeskOptions& options) {
  command.add_option("--warrant", options.warrant_file, "The warrant that allows the search");
  command.add_option("--timeout-ms", options.timeout_ms, "How long the search may take, waiting included")
      ->check(CLI::Range(1, limits::identify_timeout_ms));
  command
      .add_option(
          "--progress", options.progress,
          "Show on standard error how far the search is, also where that is no terminal; json: one object a line")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "json"}));
}

Result<desk::Desk> open_desk(const DeskOptions& options) {
  return desk::Desk::open(options.network_file.empty() ? options.state + "/network.json" : options.network_file,
                          options.desk_folder.empty() ? options.state + "/desk" : options.desk_folder);
}

Result<desk::Asking> read_asking(const DeskOptions& options) {
  desk::Asking asking{options.operator_name, options.purpose, {}, {}};
  if (!options.request_id.empty()) {
    QORGAN_TRY(asking.request_id, protocol::parse_request_id(options.request_id));
  }
  if (!options.warrant_file.empty()) {
    QORGAN_TRY(asking.warrant, read_text_file(options.warrant_file, limits::warrant_bytes_max));
  }
  return asking;
}

Result<identity::Iin> read_iin(const DeskOptions& options) {
  if (options.iin != "-") return identity::parse_iin(options.iin);
  std::string line;
  std::getline(std::cin, line);
  auto iin = identity::parse_iin(line);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  return iin;
}

Result<std::vector<desk::Print>> read_prints(const DeskOptions& options) {
  std::vector<desk::Print> prints;
  std::set<finger::Position> named;
  for (const std::string& option : options.fingers) {
    const std::size_t sign = option.find('=');
    const std::string name = option.substr(0, sign);
    const auto position = finger::position_from_name(name);
    if (sign == std::string::npos || !position)
      return failure(ErrorCode::invalid_input, "not a finger's name and a file", option,
                     "Write NAME=FILE, with one of: " + finger_names());
    if (!named.insert(*position).second)
      return failure(ErrorCode::invalid_input, "a finger is named twice", name, "Name each finger once");
    const std::string file = option.substr(sign + 1);
    const auto load = [&]() -> Result<finger::Template> {
      QORGAN_TRY(const finger::Minutiae minutiae, finger::load_minutiae(file, options.dpi));
      return finger::make_template(minutiae);
    };
    auto made = load();
    if (!made) {
      Error error = made.error();
      if (error.where.find(file) == std::string::npos)
        error.where = file + (error.where.empty() ? "" : ", " + error.where);
      error.where = name + ", " + error.where;
      return tl::unexpected(std::move(error));
    }
    prints.push_back({*position, *made});
  }
  return prints;
}

}  // namespace qorgan::cli
