#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/log_commands.h"
#include "ledger/evidence.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::string evidence;
  std::string proof;
  std::string entry;
  std::string key;
  std::vector<std::string> cosigners;
  int cosignatures_min = 1;
};

// An entry is one line; an editor may have ended it.
Result<Bytes> read_entry(const std::string& path) {
  QORGAN_TRY(Bytes entry, read_file(path, limits::evidence_bytes_max));
  if (!entry.empty() && entry.back() == '\n') entry.pop_back();
  return entry;
}

Result<int> verify_proof(const Context& context, const Options& options) {
  if (options.key.empty() || options.entry.empty())
    return failure(ErrorCode::invalid_input, "a proof is checked with --entry and --key", options.proof);
  ledger::TrustedLog trusted;
  QORGAN_TRY(trusted.log, ledger::parse_verifier_key(options.key));
  QORGAN_TRY(trusted.cosigners, parse_verifier_keys(options.cosigners));
  trusted.cosignatures_min = options.cosigners.empty() ? 0 : options.cosignatures_min;
  QORGAN_TRY(const std::string text, read_text_file(options.proof, limits::log_proof_bytes_max));
  QORGAN_TRY(const Bytes entry, read_entry(options.entry));
  QORGAN_TRY(const ledger::LogProof proof, ledger::parse_log_proof(text));
  QORGAN_TRY(const ledger::SignedCheckpoint opened, ledger::verify_log_proof(proof, entry, trusted));
  if (context.json) {
    nlohmann::json cosigned = nlohmann::json::array();
    for (const auto& one : opened.cosignatures)
      cosigned.push_back({{"name", one.key.name}, {"time", format_utc(1000 * one.time_s)}});
    print_json({{"verified", true},
                {"log", trusted.log.name},
                {"index", proof.index},
                {"size", opened.checkpoint.size},
                {"cosigned", cosigned}});
    return 0;
  }
  fmt::print("The entry stands at {} in log {}, of which a size of {} is signed.\n", proof.index, trusted.log.name,
             opened.checkpoint.size);
  for (const auto& one : opened.cosignatures)
    fmt::print("Cosigned by {} at {}.\n", one.key.name, format_utc(1000 * one.time_s));
  if (opened.cosignatures.empty()) fmt::print("No cosigner was asked for: the log's own word alone.\n");
  return 0;
}

Result<int> verify_evidence_file(const Context& context, const Options& options) {
  QORGAN_TRY(const std::string text, read_text_file(options.evidence, limits::log_evidence_bytes_max));
  QORGAN_TRY(const ledger::Evidence evidence, ledger::parse_evidence(text));
  if (!options.key.empty()) {
    QORGAN_TRY(const ledger::VerifierKey expected, ledger::parse_verifier_key(options.key));
    if (expected != evidence.log)
      return failure(ErrorCode::wrong_network, "the evidence is about another log", evidence.log.text());
  }
  QORGAN_TRY(const ledger::Verdict verdict, ledger::verify_evidence(evidence));
  if (context.json) {
    print_json({{"kind", ledger::evidence_kind_name(evidence.kind)},
                {"log", evidence.log.text()},
                {"claim", evidence.claim},
                {"proven", verdict.proven},
                {"proves", verdict.proves},
                {"says", verdict.says}});
    return 0;
  }
  fmt::print("{}\n\nWhat it proves to anybody:\n", evidence.claim);
  for (const std::string& one : verdict.proves) fmt::print("- {}\n", one);
  if (verdict.proves.empty()) fmt::print("- nothing by itself\n");
  if (!verdict.says.empty()) fmt::print("What it merely says:\n");
  for (const std::string& one : verdict.says) fmt::print("- {}\n", one);
  fmt::print("{}\n", verdict.proven ? "A log has broken its word." : "This alone convicts nobody.");
  if (options.key.empty())
    fmt::print("The log's key was taken from the evidence: see that it is {}\n", evidence.log.text());
  return 0;
}

Result<int> verify(const Context& context, const Options& options) {
  if (options.evidence.empty() == options.proof.empty())
    return failure(ErrorCode::invalid_input, "either an evidence file or --proof is checked");
  return options.proof.empty() ? verify_evidence_file(context, options) : verify_proof(context, options);
}

}  // namespace

Result<std::vector<ledger::VerifierKey>> parse_verifier_keys(const std::vector<std::string>& texts) {
  std::vector<ledger::VerifierKey> keys;
  for (const std::string& text : texts) {
    QORGAN_TRY(ledger::VerifierKey key, ledger::parse_verifier_key(text));
    keys.push_back(std::move(key));
  }
  return keys;
}

void add_log_verify(CLI::App& log, Context& context) {
  CLI::App* command = log.add_subcommand("verify", "Check a proof with its entry, or an evidence file, offline");
  auto options = std::make_shared<Options>();
  command->add_option("EVIDENCE", options->evidence, "What `log follow` wrote when it found something wrong");
  command->add_option("--proof", options->proof, "A tlog-proof");
  command->add_option("--entry", options->entry, "The entry that it is of");
  command->add_option("--key", options->key, "The log's key, NAME+ID+KEY");
  command->add_option("--cosigner", options->cosigners, "A cosigner's key, NAME+ID+KEY; may be repeated");
  command->add_option("--cosignatures", options->cosignatures_min, "How many cosigners must have signed")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  add_json_option(*command, context);
  command->callback([&context, options] {
    const Result<int> ended = verify(context, *options);
    context.exit_code = ended ? *ended : report(context, ended.error());
  });
}

}  // namespace qorgan::cli
