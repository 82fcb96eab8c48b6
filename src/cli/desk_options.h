// What the commands of a desk have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "desk/desk.h"

namespace qorgan::cli {

struct DeskOptions {
  std::string state = "state";
  std::string network_file;  // default: STATE/network.json
  std::string desk_folder;   // default: STATE/desk
  std::string operator_name;
  std::string purpose;
  std::string request_id;
  std::string iin;
  std::vector<std::string> fingers;  // NAME=FILE
  std::optional<int> dpi;
  std::optional<int> timeout_ms;
  std::string progress;  // "", "text" or "json"
};

void add_desk_options(CLI::App& command, Context& context, DeskOptions& options);
void add_asking_options(CLI::App& command, DeskOptions& options, const std::string& purpose);
void add_id_option(CLI::App& command, DeskOptions& options);
void add_finger_options(CLI::App& command, DeskOptions& options);
void add_search_options(CLI::App& command, DeskOptions& options);

Result<desk::Desk> open_desk(const DeskOptions& options);
Result<desk::Asking> read_asking(const DeskOptions& options);
// From the option, or the first line of standard input where the option is "-".
Result<identity::Iin> read_iin(const DeskOptions& options);
// Reads and extracts every NAME=FILE. Errors name the finger and the file.
Result<std::vector<desk::Print>> read_prints(const DeskOptions& options);

}  // namespace qorgan::cli
