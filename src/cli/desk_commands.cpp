#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/desk_options.h"
#include "cli/interrupt.h"
#include "cli/search_report.h"

namespace qorgan::cli {
namespace {

using nlohmann::json;
using Command = Result<int> (*)(const Context& context, const DeskOptions& options);

Result<int> enrol(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(const identity::Iin iin, read_iin(options));
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(const std::vector<desk::Print> prints, read_prints(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  QORGAN_TRY(const desk::Enrolled enrolled, desk.enrol(iin, prints, asking));
  if (context.json) {
    print_json({{"enrolled", true},
                {"record", to_hex(enrolled.record_id)},
                {"request_id", to_hex(enrolled.request_id)},
                {"fingers", prints.size()}});
  } else {
    fmt::print("Enrolled with {} finger{}, in three parts. Record {}.\n", prints.size(), prints.size() == 1 ? "" : "s",
               to_hex(enrolled.record_id));
  }
  return 0;
}

json work_json(const std::array<desk::CustodianWork, protocol::kCustodians>& work) {
  json all = json::array();
  for (const desk::CustodianWork& one : work)
    all.push_back(
        {{"finger_pairs", one.finger_pairs}, {"bytes_sent", one.bytes_sent}, {"duration_us", one.duration_us}});
  return all;
}

Result<int> verify(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(const identity::Iin iin, read_iin(options));
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(const std::vector<desk::Print> prints, read_prints(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  QORGAN_TRY(const desk::Verified verified, desk.verify(iin, prints, asking));
  if (context.json) {
    print_json({{"same_person", verified.same_person},
                {"request_id", to_hex(verified.request_id)},
                {"work", work_json(verified.work)}});
  } else {
    fmt::print("{}\n", verified.same_person ? "Yes: the same person." : "No: not the same person.");
  }
  return verified.same_person ? 0 : kExitNo;
}

Result<int> tell_interrupted(const Context& context, const Error& error) {
  report(context, error);
  return kExitInterrupted;
}

// With Ctrl-C the search ends at all three custodians.
Result<desk::Identified> search(desk::Desk& desk, const std::vector<desk::Print>& prints, const desk::Asking& asking,
                                const DeskOptions& options, const Interrupt& interrupt) {
  const ProgressForm form = progress_form(options.progress);
  SearchReport shown(form);
  desk::SearchOptions search;
  search.timeout_ms = options.timeout_ms;
  search.cancel = interrupt.token();
  if (form != ProgressForm::none)
    search.on_progress = [&](const desk::SearchProgress& progress) { shown.show(progress); };
  return desk.identify(prints, asking, search);
}

Result<int> identify(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(const std::vector<desk::Print> prints, read_prints(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  const Interrupt interrupt(Interrupt::Again::ends_the_process);
  const Result<desk::Identified> ended = search(desk, prints, asking, options, interrupt);
  if (!ended && interrupt.requested()) return tell_interrupted(context, ended.error());
  QORGAN_TRY(const desk::Identified identified, ended);
  if (context.json) {
    json records = json::array();
    for (const protocol::RecordId& record : identified.records) records.push_back(to_hex(record));
    print_json({{"candidates", identified.candidates},
                {"records", records},
                {"compared", identified.compared},
                {"request_id", to_hex(identified.request_id)},
                {"work", work_json(identified.work)}});
  } else {
    fmt::print("{} candidate{} among {} people.\n", identified.candidates, identified.candidates == 1 ? "" : "s",
               identified.compared);
    for (const protocol::RecordId& record : identified.records) fmt::print("  record {}\n", to_hex(record));
    if (identified.candidates > identified.records.size())
      fmt::print("  and {} more: use more fingers to tell them apart\n",
                 identified.candidates - identified.records.size());
  }
  return identified.candidates > 0 ? 0 : kExitNo;
}

Result<int> erase(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(const identity::Iin iin, read_iin(options));
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  QORGAN_TRY(const desk::Erased erased, desk.erase(iin, asking));
  if (context.json) {
    print_json({{"erased", true}, {"request_id", to_hex(erased.request_id)}});
  } else {
    fmt::print("Erased at all three custodians.\n");
  }
  return 0;
}

Result<int> status(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  const auto all = desk.status();
  json custodians = json::array();
  int exit_code = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const desk::CustodianStatus& one = all[i];
    json object = {{"custodian", i}, {"name", one.name}, {"address", one.address}};
    if (one.error) {
      if (exit_code == 0) exit_code = exit_code_of(one.error->code);
      object["error"] = {{"code", error_code_name(one.error->code)}, {"what", one.error->what}};
      if (!context.json)
        fmt::print("custodian {}  {}  {}\n  not reached: {}\n", i, one.address, one.name, one.error->message());
    } else {
      object.update({{"version", one.version},
                     {"people", one.people},
                     {"fingers", one.fingers},
                     {"sequence", one.sequence},
                     {"resident_bytes", one.resident_bytes}});
      if (!context.json)
        fmt::print(
            "custodian {}  {}  {}\n  runs version {}: {} people, {} fingers, {} changes applied, {} MiB of memory\n", i,
            one.address, one.name, one.version, one.people, one.fingers, one.sequence, one.resident_bytes >> 20);
    }
    custodians.push_back(object);
  }
  if (context.json) print_json({{"custodians", custodians}});
  return exit_code;
}

struct Named {
  const char* name;
  const char* help;
  Command run;
  bool has_id;
  bool has_fingers;
  bool is_search;
  const char* purpose;
};

constexpr std::array kCommands = {
    Named{"enrol", "Enrol a person: split the prints among the custodians", enrol, true, true, false, "enrolment"},
    Named{"verify", "Ask whether a print is this person's (1:1)", verify, true, true, false, "verification"},
    Named{"identify", "Ask whose print it is (1:N)", identify, false, true, true, "identification"},
    Named{"erase", "Destroy a person's record at all three custodians", erase, true, false, false, "erasure"},
};

}  // namespace

void add_desk_commands(CLI::App& app, Context& context) {
  for (const Named& named : kCommands) {
    CLI::App* command = app.add_subcommand(named.name, named.help);
    auto options = std::make_shared<DeskOptions>();
    if (named.has_id) add_id_option(*command, *options);
    if (named.has_fingers) add_finger_options(*command, *options);
    if (named.is_search) add_search_options(*command, *options);
    add_asking_options(*command, *options, named.purpose);
    add_desk_options(*command, context, *options);
    const Command run = named.run;
    command->callback([&context, options, run] {
      const Result<int> ended = run(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    });
  }
  CLI::App* command = app.add_subcommand("status", "How the three custodians are");
  auto options = std::make_shared<DeskOptions>();
  add_desk_options(*command, context, *options);
  command->callback([&context, options] {
    const Result<int> ended = status(context, *options);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
}

}  // namespace qorgan::cli
