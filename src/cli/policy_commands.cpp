#include "cli/policy_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/signer_options.h"
#include "net/json_fields.h"
#include "policy/fields.h"
#include "policy/trial.h"
#include "protocol/log_keys.h"
#include "protocol/request.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::string file;
  std::string out;
  std::string purposes_folder;
  std::string policy_file, key, network_file, warrant_file, at;
  std::string enrolled_by;
  bool locked = false, withdrawn = false;
  std::int64_t warrant_uses = 0;
  SignerOptions signer;
};

using Command = Result<int> (*)(const Context&, const Options&);

// With the key that is named, or with the one of the network's three that signed it.
Result<policy::Policy> load(const std::string& file, const Options& options) {
  if (options.key.empty() && options.network_file.empty())
    return failure(ErrorCode::invalid_input, "no key is named", file, "Give --network or --policy-key");
  QORGAN_TRY(const std::string note, read_text_file(file, limits::note_bytes_max));
  if (!options.key.empty()) {
    QORGAN_TRY(const ledger::VerifierKey key, ledger::parse_verifier_key(options.key));
    return policy::within(file, policy::load_policy(note, key));
  }
  QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network_file));
  Result<policy::Policy> policy = policy::load_policy(note, protocol::log_key(network, 0));
  for (int i = 1; i < static_cast<int>(policy::kCustodians) && !policy; ++i)
    policy = policy::load_policy(note, protocol::log_key(network, i));
  return policy::within(file, std::move(policy));
}

nlohmann::json json_of(const policy::Policy& policy) {
  const std::string text = policy.text();
  return nlohmann::json::parse(text.substr(text.find('\n') + 1));
}

// A plain policy is a policy's JSON in which each purpose is its id alone, or in which there are none: then it has all.
Result<policy::Policy> read_plain(const Options& options) {
  QORGAN_TRY(const std::string text, read_text_file(options.file, limits::policy_bytes_max));
  QORGAN_TRY(net::Json json, net::parse_json_object(text));
  std::vector<policy::Purpose> known = policy::shipped_purposes();
  if (!options.purposes_folder.empty()) {
    QORGAN_TRY(known, policy::load_purposes(options.purposes_folder));
  }
  std::vector<std::string> wanted;
  for (const policy::Purpose& purpose : known) wanted.push_back(purpose.id);
  if (json.contains("purposes")) {
    QORGAN_TRY(wanted, policy::names_field(json, "purposes", limits::purposes_max, limits::policy_id_bytes_max));
  }
  net::Json whole = net::Json::array();
  for (const std::string& id : wanted) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& purpose) { return purpose.id == id; });
    if (found == known.end()) return failure(ErrorCode::not_found, "no purpose of this id", id);
    whole.push_back({{"digest", to_hex(found->digest())}, {"purpose", policy::to_json(*found)}});
  }
  json["purposes"] = std::move(whole);
  return policy::parse_policy(policy::canonical_text("qorgan policy v1", json));
}

Result<int> sign(const Context& context, const Options& options) {
  QORGAN_TRY(const policy::Policy policy, policy::within(options.file, read_plain(options)));
  QORGAN_TRY(const auto signer, open_signer(options.signer));
  QORGAN_TRY(const ledger::VerifierKey key, verifier_of(options.signer, *signer));
  QORGAN_TRY(const std::string note, policy::sign_policy(policy, key.name, *signer));
  QORGAN_CHECK(write_file_atomically(options.out, as_bytes(note), FileMode::public_file));
  if (context.json) {
    print_json({{"digest", to_hex(policy.digest())}, {"vkey", key.text()}, {"file", options.out}});
  } else {
    fmt::print("Signed version {} of the policy as {}.\n  digest {}\n  vkey {}\n", policy.rules().version, key.name,
               to_hex(policy.digest()), key.text());
  }
  return 0;
}

Result<int> check(const Context& context, const Options& options) {
  QORGAN_TRY(const policy::Policy policy, load(options.file, options));
  const policy::Rules& rules = policy.rules();
  if (context.json) {
    print_json({{"valid", true}, {"version", rules.version}, {"digest", to_hex(policy.digest())}});
  } else {
    fmt::print("Version {} is whole and signed: {} purposes, {} relying parties, {} courts.\n  digest {}\n",
               rules.version, rules.purposes.size(), rules.parties.size(), rules.courts.size(),
               to_hex(policy.digest()));
  }
  return 0;
}

Result<int> show(const Context& context, const Options& options) {
  QORGAN_TRY(const policy::Policy policy, load(options.file, options));
  if (context.json) {
    print_json(json_of(policy));
    return 0;
  }
  const policy::Rules& rules = policy.rules();
  fmt::print("Policy {} of network {}, from {}\n", rules.version, to_hex(rules.network_id),
             policy::format_utc_s(rules.valid_from_s));
  for (const policy::Purpose& purpose : rules.purposes)
    fmt::print("  purpose {} v{}: {}\n    {}\n    {}\n", purpose.id, purpose.version, purpose.name.en, purpose.what.en,
               purpose.basis.source.en);
  for (const policy::RelyingParty& party : rules.parties)
    fmt::print("  {} ({}, {}): desks {}, purposes {}\n", party.name, party.id, policy::party_kind_name(party.kind),
               nlohmann::json(party.desks).dump(), nlohmann::json(party.purposes).dump());
  for (const auto& court : rules.courts) fmt::print("  court {}\n", court.text());
  for (std::size_t i = 0; i < policy::kCustodians; ++i)
    for (const auto& officer : rules.officers[i]) fmt::print("  officer of custodian {}: {}\n", i, officer.text());
  return 0;
}

Result<policy::Question> read_question(const Options& options) {
  QORGAN_TRY(const std::string text, read_text_file(options.file, limits::message_head_bytes_max));
  QORGAN_TRY(const net::Json json, net::parse_json_object(text));
  QORGAN_TRY(const protocol::Request request, protocol::request_from_json(json));
  policy::Question question;
  QORGAN_TRY(question.operation, policy::operation_from_name(protocol::kind_name(request.kind)));
  question.asked_by_subject = request.asker == protocol::Asker::subject;
  question.desk = request.desk;
  question.operator_name = request.operator_name;
  question.purpose = question.asked_by_subject ? policy::kOwnRequest : request.purpose;
  question.fingers = request.fingers;
  question.subject.locked = options.locked;
  question.subject.withdrawn = options.withdrawn;
  if (!options.enrolled_by.empty())
    question.subject.enrolled_by = options.enrolled_by == "law" ? policy::BasisKind::law : policy::BasisKind::consent;
  question.warrant = request.warrant;
  if (!options.warrant_file.empty()) {
    QORGAN_TRY(question.warrant, read_text_file(options.warrant_file, limits::warrant_bytes_max));
  }
  return question;
}

Result<int> explain(const Context& context, const Options& options) {
  QORGAN_TRY(const policy::Policy policy, load(options.policy_file, options));
  QORGAN_TRY(const policy::Question question, policy::within(options.file, read_question(options)));
  std::int64_t now_s = unix_time_ms() / 1000;
  if (!options.at.empty()) {
    QORGAN_TRY(now_s, policy::within("--at", policy::parse_utc_s(options.at)));
  }
  policy::Usage usage;
  usage.warrant_uses = options.warrant_uses;
  const policy::Decision decision = policy.decide(question, usage, now_s);
  if (context.json) {
    nlohmann::json checks = nlohmann::json::array();
    for (const policy::Check& check : decision.checks)
      checks.push_back({{"rule", check.rule}, {"passed", check.passed}, {"text", check.text}});
    print_json({{"allowed", decision.allowed()}, {"checks", checks}});
  } else {
    for (const policy::Check& check : decision.checks)
      fmt::print("{}  {:<22} {}\n", check.passed ? "yes" : "NO ", check.rule, check.text);
    fmt::print("{}\n", decision.allowed() ? "Allowed." : "Refused.");
  }
  return decision.allowed() ? 0 : kExitNo;
}

void add_explain_options(CLI::App& command, Options& options) {
  command.add_option("--policy", options.policy_file, "The custodian's signed policy")->required();
  command.add_option("--warrant", options.warrant_file, "A warrant instead of the one in the request");
  command.add_option("--warrant-uses", options.warrant_uses, "Searches made under it before")->capture_default_str();
  command.add_flag("--locked", options.locked, "As if the subject had locked the record");
  command.add_flag("--withdrawn", options.withdrawn, "As if the subject had withdrawn consent");
  command.add_option("--enrolled-by", options.enrolled_by, "Legal basis of the subject's record")
      ->check(CLI::IsMember({"consent", "law"}));
  command.add_option("--at", options.at, "Another time than now, for example 2026-11-23T04:00:00Z");
}

struct Named {
  const char* name;
  const char* help;
  const char* file_help;
  Command run;
};

constexpr std::array kCommands = {
    Named{"check", "Whether a policy is whole and its custodian's", "The signed policy", check},
    Named{"sign", "Make a signed policy from a plain one", "The plain policy", sign},
    Named{"show", "What a policy says", "The signed policy", show},
    Named{"explain", "Which rules allow or refuse a request", "The request, as JSON", explain},
};

}  // namespace

void add_policy(CLI::App& app, Context& context) {
  CLI::App* policy = app.add_subcommand("policy", "A custodian's policy: sign, check, show, explain");
  policy->require_subcommand(1);
  for (const Named& named : kCommands) {
    CLI::App* command = policy->add_subcommand(named.name, named.help);
    auto options = std::make_shared<Options>();
    command->add_option("FILE", options->file, named.file_help)->required();
    if (named.run == sign) {
      add_signer_options(*command, options->signer);
      command->add_option("--purposes", options->purposes_folder, "Folder of purposes instead of the program's own");
      command->add_option("--out", options->out, "File to write it to")->required();
    } else {
      command->add_option("--network", options->network_file, "The public network file, for the custodians' keys");
      command->add_option("--policy-key", options->key, "The custodian's vkey, instead of the network file");
    }
    if (named.run == explain) add_explain_options(*command, *options);
    add_json_option(*command, context);
    const Command run = named.run;
    command->callback([&context, options, run] {
      const Result<int> ended = run(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    });
  }
}

}  // namespace qorgan::cli
