#include "ledger/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "ledger/witness_state.h"

namespace qorgan::ledger {
namespace {

// One log. Its mutex is held from the look at what was seen last until the next is durable, so that of two requests at
// once the second is judged by what the first has left.
struct WatchedLog {
  std::mutex mutex;
  std::vector<VerifierKey> keys;
  std::vector<VerifierKey> former;
  std::filesystem::path path;
  Seen seen;
};

WitnessAnswer refusal(int status, std::string reason) {
  return {status, "text/plain; charset=utf-8", std::move(reason) + "\n"};
}

WitnessAnswer conflict(std::uint64_t known_size) {
  return {409, "text/x.tlog.size", fmt::format("{}\n", known_size)};
}

// The note with those signatures alone that these keys are named in: what others added is not this witness's to keep.
Note with_signatures_of(const Note& note, std::span<const VerifierKey> keys) {
  Note kept{note.text, {}};
  std::copy_if(note.signatures.begin(), note.signatures.end(), std::back_inserter(kept.signatures),
               [keys](const NoteSignature& signature) {
                 return std::any_of(keys.begin(), keys.end(),
                                    [&signature](const VerifierKey& key) { return names_key(signature, key); });
               });
  return kept;
}

// A request whose checkpoint the log has signed.
struct Submission {
  AddCheckpoint request;
  Checkpoint checkpoint;
  Note note;  // with the log's signatures alone
};

// Whether no honest log that had signed `seen` could have signed this checkpoint, as far as this request shows.
bool contradicts(const Submission& submission, const Seen& seen) {
  const Checkpoint& checkpoint = submission.checkpoint;
  if (checkpoint.size == seen.checkpoint.size) return checkpoint.root != seen.checkpoint.root;
  // An older one is what every receipt carries.
  if (checkpoint.size < seen.checkpoint.size) return false;
  if (seen.checkpoint.size == 0 || submission.request.old_size != seen.checkpoint.size) return false;
  return !verify_consistency(seen.checkpoint.size, checkpoint.size, seen.checkpoint.root, checkpoint.root,
                             submission.request.proof);
}

// The checks that need what was seen last, in the order of C2SP tlog-witness; nothing where all pass.
std::optional<WitnessAnswer> judge(const Submission& submission, const Checkpoint& seen) {
  const Checkpoint& checkpoint = submission.checkpoint;
  const std::uint64_t old_size = submission.request.old_size;
  if (old_size > checkpoint.size) return refusal(400, "the old size is above the checkpoint's");
  if (old_size != seen.size) return conflict(seen.size);
  if (old_size == checkpoint.size && checkpoint.root != seen.root && submission.request.proof.empty())
    return conflict(seen.size);
  if (const Status consistent =
          verify_consistency(old_size, checkpoint.size, seen.root, checkpoint.root, submission.request.proof);
      !consistent)
    return refusal(422, consistent.error().message());
  return std::nullopt;
}

}  // namespace

struct Witness::State {
  WitnessOptions options;
  std::shared_ptr<crypto::Signer> signer;
  VerifierKey own_key;
  // Complete before the first question.
  std::map<std::string, std::unique_ptr<WatchedLog>, std::less<>> logs;

  Disk& disk() const { return options.disk != nullptr ? *options.disk : Disk::system(); }
  std::int64_t now_s() const { return options.now_s ? options.now_s() : unix_time_ms() / 1000; }

  WatchedLog* find(std::string_view origin) const {
    const auto found = logs.find(origin);
    return found == logs.end() ? nullptr : found->second.get();
  }

  WatchedLog& watched(const std::string& origin) {
    std::unique_ptr<WatchedLog>& log = logs[origin];
    if (!log) {
      log = std::make_unique<WatchedLog>();
      log->path = seen_path(options.folder, origin);
      log->seen.checkpoint = {origin, 0, empty_root()};
    }
    return *log;
  }

  WitnessAnswer cosign(WatchedLog& log, const Submission& submission);
};

// The signature is made before anything is written, so that a token which fails leaves no trace, and leaves this
// function only once it is durable.
WitnessAnswer Witness::State::cosign(WatchedLog& log, const Submission& submission) {
  Seen next{submission.checkpoint, std::max({now_s(), log.seen.time_s, std::int64_t{0}}), ""};
  const Result<NoteSignature> cosignature = cosign_note(submission.note.text, own_key.name, *signer, next.time_s);
  if (!cosignature) return refusal(500, "the witness cannot sign at present");
  Note note = submission.note;
  note.signatures.push_back(*cosignature);
  next.note = note.format();
  // Asked for again within a second: the same signature, which is durable already.
  if (next.note != log.seen.note && !write_seen(disk(), log.path, next))
    return refusal(500, "the witness cannot write its state at present");
  log.seen = std::move(next);
  return {200, "text/plain; charset=utf-8", cosignature->line()};
}

Witness::Witness(std::unique_ptr<State> state) : state_(std::move(state)) {}
Witness::~Witness() = default;

Result<std::unique_ptr<Witness>> Witness::open(WitnessOptions options, std::shared_ptr<crypto::Signer> signer) {
  auto state = std::make_unique<State>();
  state->own_key = {options.name, KeyType::cosignature, signer->public_key()};
  state->options = std::move(options);
  state->signer = std::move(signer);
  for (const VerifierKey& key : state->options.logs) state->watched(key.name).keys.push_back(key);
  for (const VerifierKey& key : state->options.former) state->watched(key.name).former.push_back(key);
  for (const auto& [origin, log] : state->logs) {
    std::vector<VerifierKey> all = log->keys;
    all.insert(all.end(), log->former.begin(), log->former.end());
    QORGAN_TRY(log->seen, read_seen(state->disk(), log->path, origin, all, state->own_key));
  }
  return std::unique_ptr<Witness>(new Witness(std::move(state)));
}

WitnessAnswer Witness::add_checkpoint(std::string_view body) {
  Submission submission;
  Result<AddCheckpoint> request = parse_add_checkpoint(body);
  if (!request) return refusal(400, request.error().message());
  const Result<Note> note = parse_note(request->checkpoint);
  if (!note) return refusal(400, note.error().message());
  const Result<Checkpoint> checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return refusal(400, checkpoint.error().message());
  WatchedLog* log = state_->find(checkpoint->origin);
  if (log == nullptr) return refusal(404, "this witness does not know the log");

  std::unique_lock lock(log->mutex);
  const Result<std::vector<VerifiedSignature>> verified = verify_note(*note, log->keys);
  if (!verified) return refusal(403, verified.error().message());
  submission = {std::move(*request), *checkpoint, with_signatures_of(*note, log->keys)};
  const std::string seen_note = log->seen.note;
  const bool fork = !seen_note.empty() && contradicts(submission, log->seen);
  const std::optional<WitnessAnswer> refused = judge(submission, log->seen.checkpoint);
  const WitnessAnswer answer = refused ? *refused : state_->cosign(*log, submission);
  lock.unlock();
  if (fork && state_->options.on_fork) state_->options.on_fork(checkpoint->origin, seen_note, submission.request);
  return answer;
}

std::string Witness::latest(const std::string& origin) const {
  WatchedLog* log = state_->find(origin);
  if (log == nullptr) return "";
  const std::lock_guard lock(log->mutex);
  return log->seen.note;
}

}  // namespace qorgan::ledger
