// qorgan log prove: the proof that an entry is in a log, to carry away.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/log_commands.h"
#include "ledger/log_files.h"
#include "ledger/proof.h"
#include "ledger/tiles.h"

namespace qorgan::cli {
namespace {

struct LogProveOptions {
  std::string folder;
  std::uint64_t index = 0;
  std::string out;
  std::string entry_out;
};

struct Proven {
  ledger::LogProof proof;
  Bytes entry;
};

// Checked against the root before it is given away; the signatures are for the one who gets it.
Result<Proven> prove(const LogProveOptions& options) {
  const std::filesystem::path folder = options.folder;
  const std::filesystem::path path = folder / ledger::kCheckpointFile;
  QORGAN_TRY(const std::string whole, read_text_file(path, limits::note_bytes_max));
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(whole));
  QORGAN_TRY(const ledger::Checkpoint checkpoint, ledger::parse_checkpoint(note.text));
  if (options.index >= checkpoint.size)
    return failure(ErrorCode::not_found, fmt::format("the published log has only {} entries", checkpoint.size),
                   path.string());
  const ledger::TileReader reader(folder, ledger::Disk::system());
  QORGAN_TRY(auto entries, reader.entries(options.index, options.index + 1, checkpoint.size));
  Proven proven{{{}, options.index, {}, whole}, std::move(entries[0])};
  QORGAN_TRY(proven.proof.hashes,
             ledger::prove_inclusion(options.index, checkpoint.size, reader.hashes(checkpoint.size)));
  QORGAN_CHECK(ledger::verify_inclusion(options.index, checkpoint.size, ledger::leaf_hash(proven.entry),
                                        proven.proof.hashes, checkpoint.root));
  return proven;
}

Status run_prove(const LogProveOptions& options, const Context& context) {
  QORGAN_TRY(const Proven proven, prove(options));
  const std::string text = proven.proof.text();
  if (!options.entry_out.empty())
    QORGAN_CHECK(write_file_atomically(options.entry_out, proven.entry, FileMode::public_file));
  if (!options.out.empty()) QORGAN_CHECK(write_file_atomically(options.out, as_bytes(text), FileMode::public_file));
  if (context.json) {
    print_json({{"index", options.index},
                {"proof", text},
                {"entry", std::string(proven.entry.begin(), proven.entry.end())},
                {"hashes", proven.proof.hashes.size()}});
  } else if (options.out.empty()) {
    fmt::print("{}", text);
  }
  return {};
}

}  // namespace

void add_log_prove(CLI::App& log, Context& context) {
  auto options = std::make_shared<LogProveOptions>();
  CLI::App* command = log.add_subcommand("prove", "Write the proof that an entry is in a log (C2SP tlog-proof)");
  command->add_option("DIR", options->folder, "The log's folder, or a copy")->required();
  command->add_option("INDEX", options->index, "Which entry, from 0")->required();
  command->add_option("--out", options->out, "File for the proof; standard output without it");
  command->add_option("--entry-out", options->entry_out, "File for the entry itself");
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status done = run_prove(*options, context); !done) context.exit_code = report(context, done.error());
  });
}

}  // namespace qorgan::cli
