#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/desk_options.h"
#include "cli/interrupt.h"
#include "cli/papers.h"
#include "cli/rights_commands.h"
#include "cli/search_report.h"

namespace qorgan::cli {
namespace {

using nlohmann::json;
// Nobody was enrolled, since somebody with the same prints is already (docs/exit-codes.md).
constexpr int kExitDuplicate = 16;
using Command = Result<int> (*)(const Context& context, const DeskOptions& options);

Result<int> tell_interrupted(const Context& context, const Error& error) {
  report(context, error);
  return kExitInterrupted;
}

Status tell_enrolled(const Context& context, const DeskOptions& options, const desk::Enrolled& enrolled,
                     std::size_t fingers) {
  const std::string handle = rights::handle_text(enrolled.record_id);
  const std::string secret = rights::secret_text(enrolled.secret);
  if (!options.paper_file.empty() && enrolled.receipt) {
    QORGAN_TRY(const rights::Language language, rights::language_from_code(options.language));
    QORGAN_CHECK(write_receipt(*enrolled.receipt, &enrolled.secret, options.paper_file, language));
  }
  if (context.json) {
    json object = {{"enrolled", true},
                   {"record", to_hex(enrolled.record_id)},
                   {"request_id", to_hex(enrolled.request_id)},
                   {"fingers", fingers},
                   {"handle", handle},
                   {"secret", secret}};
    print_json(object);
  } else {
    fmt::print("Enrolled with {} finger{}, in three parts. Record {}.\n", fingers, fingers == 1 ? "" : "s",
               to_hex(enrolled.record_id));
    const bool written = !options.paper_file.empty() && enrolled.receipt;
    if (written) fmt::print("The receipt is in {}. Print it, hand it over, and remove the file.\n", options.paper_file);
    // The form for programs does not hold the secret.
    if (!written || options.paper_file.ends_with(".json")) {
      fmt::print("For the person, who alone is to keep it:\n  handle {}\n  secret {}\n", handle, secret);
    }
  }
  return {};
}

Result<int> enrol_checked(const Context& context, const DeskOptions& options, desk::Desk& desk,
                          const identity::Iin& iin, const std::vector<desk::Print>& prints,
                          const desk::Asking& asking) {
  const Interrupt interrupt(Interrupt::Again::ends_the_process);
  desk::DuplicateCheck check;
  check.purpose = options.duplicates_purpose;
  check.search.cancel = interrupt.token();
  Result<desk::CheckedEnrolment> ended = desk.enrol_checked(iin, prints, asking, check);
  if (!ended && interrupt.requested()) return tell_interrupted(context, ended.error());
  QORGAN_TRY(const desk::CheckedEnrolment checked, std::move(ended));
  if (checked.enrolled) {
    QORGAN_CHECK(tell_enrolled(context, options, *checked.enrolled, prints.size()));
    return 0;
  }
  if (context.json) {
    print_json({{"enrolled", false}, {"duplicate", true}, {"check_request_id", to_hex(checked.check.request_id)}});
  } else {
    fmt::print("Not enrolled: somebody with these prints is enrolled already, under this number or another.\n");
  }
  return kExitDuplicate;
}

Result<int> enrol(const Context& context, const DeskOptions& options) {
  QORGAN_CHECK(check_paper_file(options.paper_file));
  QORGAN_TRY(const identity::Iin iin, read_iin(options));
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(const std::vector<desk::Print> prints, read_prints(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  if (!options.duplicates_purpose.empty()) return enrol_checked(context, options, desk, iin, prints, asking);
  QORGAN_TRY(const desk::Enrolled enrolled, desk.enrol(iin, prints, asking));
  QORGAN_CHECK(tell_enrolled(context, options, enrolled, prints.size()));
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

// Whether anybody is alike, and never who.
int tell_one_bit(const Context& context, const desk::Identified& identified) {
  if (context.json) {
    print_json({{"found", identified.found},
                {"compared", identified.compared},
                {"request_id", to_hex(identified.request_id)}});
  } else {
    fmt::print("{} among {} people.\n", identified.found ? "Yes: somebody alike is enrolled" : "No: nobody alike",
               identified.compared);
  }
  return identified.found ? 0 : kExitNo;
}

Result<int> identify(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(const std::vector<desk::Print> prints, read_prints(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  const Interrupt interrupt(Interrupt::Again::ends_the_process);
  const Result<desk::Identified> ended = search(desk, prints, asking, options, interrupt);
  if (!ended && interrupt.requested()) return tell_interrupted(context, ended.error());
  QORGAN_TRY(const desk::Identified identified, ended);
  if (identified.one_bit) return tell_one_bit(context, identified);
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
  QORGAN_CHECK(check_paper_file(options.paper_file));
  if (!options.holder.handle.empty()) return erase_by_holder(context, options);
  if (options.iin.empty())
    return failure(ErrorCode::invalid_input, "nobody is named", {}, "Give --id, or --handle and --secret");
  QORGAN_TRY(const identity::Iin iin, read_iin(options));
  QORGAN_TRY(const desk::Asking asking, read_asking(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  QORGAN_TRY(const desk::Erased erased, desk.erase(iin, asking));
  if (!options.paper_file.empty()) {
    QORGAN_TRY(const rights::Language language, rights::language_from_code(options.language));
    QORGAN_CHECK(write_certificate(erased.certificate, options.paper_file, language));
  }
  if (context.json) {
    print_json({{"erased", true}, {"request_id", to_hex(erased.request_id)}});
  } else {
    fmt::print("Erased at all three custodians.\n");
  }
  return 0;
}

Result<int> prove_absence(const Context& context, const DeskOptions& options) {
  QORGAN_CHECK(check_paper_file(options.paper_file));
  QORGAN_TRY(const identity::Iin iin, read_iin(options));
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  QORGAN_TRY(const desk::Desk::ProvenAbsence proven, desk.prove_absence(iin, options.operator_name));
  QORGAN_TRY(const rights::Language language, rights::language_from_code(options.language));
  if (!options.paper_file.empty()) QORGAN_CHECK(write_absence(proven.absence, options.paper_file, language));
  if (context.json) {
    print_json({{"held", false}, {"statement", proven.absence.text()}, {"nonce", to_hex(proven.nonce)}});
  } else if (options.paper_file.empty()) {
    QORGAN_TRY(const std::string text, rights::absence_text(proven.absence, language));
    fmt::print("{}", text);
  } else {
    fmt::print("The three custodians hold nothing; their signed statements are in {}.\n", options.paper_file);
  }
  return 0;
}

Result<int> notices(const Context& context, const DeskOptions& options) {
  QORGAN_TRY(desk::Desk desk, open_desk(options));
  if (!options.acknowledged.empty()) {
    const auto bytes = from_hex(options.acknowledged);
    protocol::RecordId record{};
    if (!bytes || bytes->size() != record.size())
      return failure(ErrorCode::invalid_input, "a record is not 32 hexadecimal digits", options.acknowledged);
    std::copy(bytes->begin(), bytes->end(), record.begin());
    QORGAN_CHECK(desk.acknowledge(record));
    if (context.json) print_json({{"acknowledged", options.acknowledged}});
    if (!context.json) fmt::print("Acknowledged at all three custodians.\n");
    return 0;
  }
  QORGAN_TRY(const std::vector<desk::ErasureNotice> all, desk.notices());
  json list = json::array();
  for (const desk::ErasureNotice& notice : all) {
    json answered = json::array();
    for (const protocol::RequestId& id : notice.answered) answered.push_back(to_hex(id));
    list.push_back(
        {{"record", to_hex(notice.record_id)}, {"request", to_hex(notice.request_id)}, {"answered", answered}});
    if (context.json) continue;
    fmt::print("Record {} is destroyed. Erase what you hold of these requests, then acknowledge it:\n",
               to_hex(notice.record_id));
    for (const protocol::RequestId& id : notice.answered) fmt::print("  request {}\n", to_hex(id));
  }
  if (context.json) print_json({{"notices", list}});
  if (!context.json && all.empty()) fmt::print("Nothing to erase.\n");
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
      if (!one.log_trouble.empty()) object["log_trouble"] = one.log_trouble;
      if (!context.json)
        fmt::print(
            "custodian {}  {}  {}\n  runs version {}: {} people, {} fingers, {} changes applied, {} MiB of memory\n", i,
            one.address, one.name, one.version, one.people, one.fingers, one.sequence, one.resident_bytes >> 20);
      if (!context.json && !one.log_trouble.empty()) fmt::print("  its log: {}\n", one.log_trouble);
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
    Named{"erase", "Destroy a person's record at all three custodians", erase, false, false, false, "erasure"},
};

void add_absence_and_notices(CLI::App& app, Context& context) {
  const auto run = [&context](Command what, const std::shared_ptr<DeskOptions>& options) {
    return [&context, what, options] {
      const Result<int> ended = what(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    };
  };
  CLI::App* absence = app.add_subcommand("prove-absence", "Signed statements that nothing is held on an ID number");
  auto options = std::make_shared<DeskOptions>();
  add_id_option(*absence, *options);
  add_operator_option(*absence, *options);
  add_paper_options(*absence, "--out", "Where to write the statements", options->paper_file, options->language);
  add_desk_options(*absence, context, *options);
  absence->callback(run(prove_absence, options));
  CLI::App* told =
      app.add_subcommand("notices", "Erasures that your organisation is to follow in its own files, and acknowledge");
  auto notice_options = std::make_shared<DeskOptions>();
  told->add_option("--acknowledge", notice_options->acknowledged, "The record whose traces here are erased");
  add_desk_options(*told, context, *notice_options);
  told->callback(run(notices, notice_options));
}

}  // namespace

void add_desk_commands(CLI::App& app, Context& context) {
  for (const Named& named : kCommands) {
    CLI::App* command = app.add_subcommand(named.name, named.help);
    auto options = std::make_shared<DeskOptions>();
    if (named.run == enrol)
      add_paper_options(
          *command, "--receipt",
          "Where to write the person's receipt (text can be checked, and printed as a PDF by `qorgan receipt print`)",
          options->paper_file, options->language);
    if (named.run == erase) {
      add_paper_options(*command, "--certificate", "Where to write the certificate", options->paper_file,
                        options->language);
      add_id_option(*command, *options)->required(false);
      add_holder_options(*command, options->holder)->required(false);
    }
    if (named.has_id) add_id_option(*command, *options);
    if (named.has_fingers) add_finger_options(*command, *options);
    if (named.is_search) add_search_options(*command, *options);
    if (named.run == enrol) add_duplicate_options(*command, *options);
    add_asking_options(*command, *options, named.purpose);
    add_desk_options(*command, context, *options);
    const Command run = named.run;
    command->callback([&context, options, run] {
      const Result<int> ended = run(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    });
  }
  add_absence_and_notices(app, context);
  CLI::App* command = app.add_subcommand("status", "How the three custodians are");
  auto options = std::make_shared<DeskOptions>();
  add_desk_options(*command, context, *options);
  command->callback([&context, options] {
    const Result<int> ended = status(context, *options);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
}

}  // namespace qorgan::cli
