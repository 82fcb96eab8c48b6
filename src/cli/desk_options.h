// What the commands of a desk have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "desk/desk.h"

namespace CLI {
class Option;
}

namespace qorgan::cli {

// What the holder of a receipt gives.
struct HolderOptions {
  std::string handle;
  std::string secret;  // as read_secret takes it
};

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
  std::string progress;            // "", "text" or "json"
  std::string duplicates_purpose;  // of a check before an enrolment; empty: none
  std::string warrant_file;
  HolderOptions holder;
  std::string acknowledged;  // a record's id
  std::string paper_file;    // a receipt or certificate to write: .txt, .pdf or .json
  std::string language = "ru";
};

void add_desk_options(CLI::App& command, Context& context, DeskOptions& options);
void add_operator_option(CLI::App& command, DeskOptions& options);
void add_asking_options(CLI::App& command, DeskOptions& options, const std::string& purpose);
CLI::Option* add_id_option(CLI::App& command, DeskOptions& options);
void add_finger_options(CLI::App& command, DeskOptions& options);
void add_search_options(CLI::App& command, DeskOptions& options);
void add_duplicate_options(CLI::App& command, DeskOptions& options);
void add_paper_options(CLI::App& command, const std::string& name, const std::string& help, std::string& file,
                       std::string& language);

Result<desk::Desk> open_desk(const DeskOptions& options);
Result<desk::Asking> read_asking(const DeskOptions& options);
// From the option, or the first line of standard input where the option is "-".
Result<identity::Iin> read_iin(const DeskOptions& options);
// Reads and extracts every NAME=FILE. Errors name the finger and the file.
Result<std::vector<desk::Print>> read_prints(const DeskOptions& options);

}  // namespace qorgan::cli
