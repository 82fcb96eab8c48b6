// qorgan lab report: pages of figures, each by one command.
#include "cli/lab_report.h"

#include <CLI/CLI.hpp>

namespace qorgan::cli {

void add_lab_report(CLI::App& lab, Context& context) {
  CLI::App* command = lab.add_subcommand("report", "Measure and write a page of figures and plots");
  command->require_subcommand(1);
  add_report_accuracy(*command, context);
  add_report_performance(*command, context);
}

}  // namespace qorgan::cli
