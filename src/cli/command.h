// What every command shares: options, output, exit codes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"

namespace CLI {
class App;
}

namespace qorgan::cli {

// One running of the program. Commands set exit_code.
struct Context {
  bool json = false;  // print one JSON object on standard output instead of text
  int exit_code = 0;
};

// The documented exit code of an error (docs/exit-codes.md); 0 is success and 1 the answer "no".
int exit_code_of(ErrorCode code);
inline constexpr int kExitNo = 1;

// Adds --json to a command.
void add_json_option(CLI::App& command, Context& context);
// Prints the error on standard error, and with --json also as {"error": {...}} on standard output. Returns its exit
// code.
int report(const Context& context, const Error& error);
// Prints one JSON object and a line end on standard output.
void print_json(const nlohmann::json& object);

// Progress of long work: a line that is rewritten on a terminal, nothing in a pipe.
class Progress {
 public:
  Progress(std::string what, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(std::size_t by = 1);

 private:
  std::string what_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  int last_percent_ = -1;
  bool terminal_ = false;
};

// Each adds its subcommand and what it does to a parent.
void add_network(CLI::App& app, Context& context);
void add_custodian(CLI::App& app, Context& context);
void add_desk_commands(CLI::App& app, Context& context);
void add_demo(CLI::App& app, Context& context);
void add_rights(CLI::App& app, Context& context);
void add_lab_bench(CLI::App& lab, Context& context);
void add_lab_extract(CLI::App& lab, Context& context);
void add_lab_score(CLI::App& lab, Context& context);
void add_lab_calibrate(CLI::App& lab, Context& context);
void add_lab_report(CLI::App& lab, Context& context);
void add_lab_synth(CLI::App& lab, Context& context);
void add_lab_learn(CLI::App& lab, Context& context);
void add_lab_quality(CLI::App& lab, Context& context);

}  // namespace qorgan::cli
