#include "ledger/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "ledger/follow_remote.h"
#include "ledger/tiles.h"

namespace qorgan::ledger {
namespace {

// Bundles that are held in memory before they are written.
constexpr std::uint64_t kBundlesAWrite = 16;

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::int64_t newest_cosignature_s(const SignedCheckpoint& signed_checkpoint) {
  std::int64_t newest = 0;
  for (const VerifiedSignature& one : signed_checkpoint.cosignatures) newest = std::max(newest, one.time_s);
  return newest;
}

}  // namespace

struct Follower::State {
  State(FollowerOptions its_options, std::unique_ptr<LogSource> its_source)
      : options(std::move(its_options)),
        source(std::move(its_source)),
        disk(options.disk == nullptr ? Disk::system() : *options.disk),
        reader(options.folder, disk) {}

  Status open();
  Result<FollowUpdate> update();

  const FollowerOptions options;
  const std::unique_ptr<LogSource> source;
  Disk& disk;
  const TileReader reader;
  std::string note;  // of `seen`, whole
  Checkpoint seen;   // the last one that was verified

 private:
  using Alarm = std::optional<Evidence>;

  Evidence evidence(EvidenceKind kind, std::string claim, std::vector<std::string> notes) const;
  Result<Alarm> look_at(const std::string& fetched, std::optional<Checkpoint>& newer);
  Result<Alarm> look_at_older(const SignedCheckpoint& older, const std::string& fetched) const;
  Alarm fork_at_same_size(const Checkpoint& other, const std::string& fetched) const;
  Alarm stands_still(const SignedCheckpoint& same, const std::string& fetched) const;
  Result<Alarm> take(const Checkpoint& next, const std::string& fetched);
  Result<Alarm> read_entries(const Checkpoint& next, const std::string& fetched, TileWriter& writer);
  Result<Alarm> compare_tiles(const Checkpoint& next, const std::string& fetched);
  Result<Alarm> explain(const Checkpoint& next, const std::string& fetched);
  Result<Alarm> explain_prefix(const Checkpoint& next, const std::string& fetched, RemoteTiles& remote) const;
  Result<Alarm> explain_tiles(const Checkpoint& next, const std::string& fetched, RemoteTiles& remote) const;
  Result<Alarm> explain_bundle(std::uint64_t index, const Checkpoint& next, const std::string& fetched,
                               RemoteTiles& remote) const;
};

Status Follower::State::open() {
  const Result<Bytes> stored = disk.read(options.folder / "checkpoint", limits::note_bytes_max);
  if (!stored && stored.error().code != ErrorCode::not_found) return tl::unexpected<Error>(stored.error());
  if (stored) {
    note = text_of(*stored);
    QORGAN_TRY(const SignedCheckpoint opened, open_checkpoint(note, options.trusted.log, options.trusted.cosigners));
    seen = opened.checkpoint;
  } else {
    seen = {options.trusted.log.name, 0, empty_root()};
  }
  QORGAN_TRY(const TileWriter writer, TileWriter::open(options.folder, disk, seen.size));
  if (writer.root() != seen.root)
    return failure(ErrorCode::damaged, "the mirror of a log does not match its checkpoint", options.folder.string(),
                   "Remove the folder: the mirror is then made anew, and what the log says now is believed");
  return {};
}

Evidence Follower::State::evidence(EvidenceKind kind, std::string claim, std::vector<std::string> notes) const {
  Evidence made;
  made.kind = kind;
  made.time_s = options.now_s();
  made.claim = std::move(claim);
  made.log = options.trusted.log;
  made.cosigners = options.trusted.cosigners;
  made.cosignatures_min = options.trusted.cosignatures_min;
  made.checkpoints = std::move(notes);
  return made;
}

Result<FollowUpdate> Follower::State::update() {
  FollowUpdate update{seen.size, seen.size, {}};
  QORGAN_TRY(const Bytes bytes, source->fetch("checkpoint", limits::note_bytes_max));
  const std::string fetched = text_of(bytes);
  std::optional<Checkpoint> newer;
  QORGAN_TRY(update.alarm, look_at(fetched, newer));
  if (newer && !update.alarm) {
    QORGAN_TRY(update.alarm, take(*newer, fetched));
  }
  update.size = seen.size;
  return update;
}

// `newer` is set where the checkpoint is well signed and says that the log has grown.
Result<std::optional<Evidence>> Follower::State::look_at(const std::string& fetched, std::optional<Checkpoint>& newer) {
  const Result<SignedCheckpoint> opened = open_checkpoint(fetched, options.trusted.log, options.trusted.cosigners);
  if (!opened) {
    const bool malformed = opened.error().code == ErrorCode::invalid_input;
    return evidence(malformed ? EvidenceKind::malformed_checkpoint : EvidenceKind::bad_signature,
                    "The log's checkpoint cannot be accepted: " + opened.error().what, {fetched});
  }
  const Checkpoint& next = opened->checkpoint;
  if (next.size == seen.size && next.root != seen.root) return fork_at_same_size(next, fetched);
  if (next.size < seen.size) return look_at_older(*opened, fetched);
  if (opened->cosignatures.size() < static_cast<std::size_t>(std::max(options.trusted.cosignatures_min, 0)))
    return evidence(EvidenceKind::missing_cosignature,
                    fmt::format("The checkpoint of size {} has {} cosignatures of {}.", next.size,
                                opened->cosignatures.size(), options.trusted.cosignatures_min),
                    {fetched});
  if (next.size > seen.size) newer = next;
  if (next.size == seen.size) return stands_still(*opened, fetched);
  return Alarm();
}

std::optional<Evidence> Follower::State::fork_at_same_size(const Checkpoint& other, const std::string& fetched) const {
  if (seen.size == 0)
    return evidence(EvidenceKind::malformed_checkpoint, "The checkpoint of the empty log has another root.", {fetched});
  return evidence(EvidenceKind::forked,
                  fmt::format("Of size {} the log has signed two roots, {} and {}.", seen.size, to_base64(seen.root),
                              to_base64(other.root)),
                  {note, fetched});
}

// A stand-in of the log that lags behind would show such a one too, but never with another root.
Result<std::optional<Evidence>> Follower::State::look_at_older(const SignedCheckpoint& older,
                                                               const std::string& fetched) const {
  const std::uint64_t size = older.checkpoint.size;
  const HashReader hashes = reader.hashes(seen.size);
  QORGAN_TRY(const Hash root, tree_root(size, hashes));
  if (root == older.checkpoint.root)
    return evidence(
        EvidenceKind::rolled_back,
        fmt::format("After the checkpoint of size {} the log shows the one of size {} again.", seen.size, size),
        {note, fetched});
  Evidence fork = evidence(EvidenceKind::forked,
                           fmt::format("The log has signed the root {} of size {}, and it is no beginning of what it "
                                       "has signed of size {}.",
                                       to_base64(older.checkpoint.root), size, seen.size),
                           {note, fetched});
  fork.root = root;
  QORGAN_TRY(fork.proof, prove_consistency(size, seen.size, hashes));
  return fork;
}

std::optional<Evidence> Follower::State::stands_still(const SignedCheckpoint& same, const std::string& fetched) const {
  const std::int64_t newest_s = newest_cosignature_s(same);
  if (options.still_s_max <= 0 || newest_s == 0 || options.now_s() - newest_s <= options.still_s_max) return {};
  return evidence(EvidenceKind::stands_still,
                  fmt::format("The log has stood still at size {} since {}.", seen.size, format_utc(1000 * newest_s)),
                  {fetched});
}

// What is written before all of it is checked lies beyond the mirror's checkpoint, where nobody looks.
Result<std::optional<Evidence>> Follower::State::take(const Checkpoint& next, const std::string& fetched) {
  QORGAN_TRY(TileWriter writer, TileWriter::open(options.folder, disk, seen.size));
  QORGAN_TRY(Alarm alarm, read_entries(next, fetched, writer));
  if (alarm) return alarm;
  if (writer.root() != next.root) return explain(next, fetched);
  QORGAN_CHECK(writer.write());
  QORGAN_TRY(alarm, compare_tiles(next, fetched));
  if (alarm) return alarm;
  QORGAN_CHECK(writer.sync());
  QORGAN_CHECK(disk.write(options.folder / "checkpoint", as_bytes(fetched), true));
  note = fetched;
  seen = next;
  QORGAN_CHECK(writer.remove_partial(seen.size));
  return Alarm();
}

Result<std::optional<Evidence>> Follower::State::read_entries(const Checkpoint& next, const std::string& fetched,
                                                              TileWriter& writer) {
  RemoteTiles remote(*source);
  for (std::uint64_t index = seen.size / kTileWidth; index * kTileWidth < next.size; ++index) {
    Result<std::vector<Bytes>> bundle = remote.bundle(index, next.size);
    if (!bundle && bundle.error().code == ErrorCode::damaged)
      return evidence(EvidenceKind::forged_entry, fmt::format("Entry bundle {} of the log cannot be read.", index),
                      {fetched});
    if (!bundle) return tl::unexpected<Error>(std::move(bundle).error());
    for (std::uint64_t i = std::max(index * kTileWidth, seen.size); i < std::min((index + 1) * kTileWidth, next.size);
         ++i) {
      const Bytes& entry = (*bundle)[i % kTileWidth];
      if (entry.empty())
        return evidence(EvidenceKind::forged_entry, fmt::format("Entry {} of the log is empty.", i), {fetched});
      writer.append(entry);
    }
    if (index % kBundlesAWrite == kBundlesAWrite - 1) QORGAN_CHECK(writer.write());
  }
  return Alarm();
}

// The entries are right; so must be the tiles from which others make their proofs.
Result<std::optional<Evidence>> Follower::State::compare_tiles(const Checkpoint& next, const std::string& fetched) {
  RemoteTiles remote(*source);
  for (int level = 0; next.size >> (kTileHeight * level) != 0; ++level) {
    const std::uint64_t first = (seen.size >> (kTileHeight * level)) / kTileWidth;
    for (std::uint64_t index = first; tile_width(level, index, next.size) != 0; ++index) {
      const TileId id{level, index, tile_width(level, index, next.size)};
      QORGAN_TRY(const TileHashes own, reader.tile(id));
      const Result<std::vector<Hash>> served = remote.tile(level, index, next.size);
      if (!served && served.error().code != ErrorCode::damaged) return tl::unexpected<Error>(served.error());
      if (!served || *served != *own)
        return evidence(EvidenceKind::forged_tile,
                        fmt::format("Tile {} of the log is not what its entries hash to.", id.path()), {fetched});
    }
  }
  return Alarm();
}

// The entries do not lead to the signed root. Where the log's own tiles do, they tell what is wrong; else nothing that
// is served belongs to that root.
Result<std::optional<Evidence>> Follower::State::explain(const Checkpoint& next, const std::string& fetched) {
  RemoteTiles remote(*source);
  const Result<Hash> root = tree_root(next.size, remote.hashes(next.size));
  if (!root && root.error().code != ErrorCode::damaged) return tl::unexpected<Error>(root.error());
  if (!root || *root != next.root)
    return evidence(
        EvidenceKind::forged_tile,
        fmt::format("Neither the tiles nor the entries of the log hash to the root it signed of size {}.", next.size),
        {fetched});
  QORGAN_TRY(Alarm alarm, explain_prefix(next, fetched, remote));
  if (!alarm) {
    QORGAN_TRY(alarm, explain_tiles(next, fetched, remote));
  }
  for (std::uint64_t index = seen.size / kTileWidth; !alarm && index * kTileWidth < next.size; ++index) {
    QORGAN_TRY(alarm, explain_bundle(index, next, fetched, remote));
  }
  // What was served has changed between two looks; the next update judges anew.
  if (!alarm) return failure(ErrorCode::unavailable, "the log's files change while they are read", source->name());
  return alarm;
}

Result<std::optional<Evidence>> Follower::State::explain_prefix(const Checkpoint& next, const std::string& fetched,
                                                                RemoteTiles& remote) const {
  const HashReader hashes = remote.hashes(next.size);
  const Result<Hash> root = tree_root(seen.size, hashes);
  const Result<Proof> proof = root ? prove_consistency(seen.size, next.size, hashes) : Result<Proof>(Proof());
  const Result<Hash>& failed = root;
  if (!failed && failed.error().code != ErrorCode::damaged) return tl::unexpected<Error>(failed.error());
  if (!proof && proof.error().code != ErrorCode::damaged) return tl::unexpected<Error>(proof.error());
  if (!root || !proof || *root == seen.root) return Alarm();
  // Served by tiles below the signed root that do not hash to it, it would convict nobody.
  if (!verify_consistency(seen.size, next.size, *root, next.root, *proof)) return Alarm();
  Evidence fork =
      evidence(EvidenceKind::forked,
               fmt::format("What the log has signed of size {}, with root {}, does not continue what it has "
                           "signed of size {}, with root {}.",
                           next.size, to_base64(next.root), seen.size, to_base64(seen.root)),
               {note, fetched});
  fork.root = *root;
  fork.proof = *proof;
  return fork;
}

// Each tile against the one above it.
Result<std::optional<Evidence>> Follower::State::explain_tiles(const Checkpoint& next, const std::string& fetched,
                                                               RemoteTiles& remote) const {
  for (int level = 0; next.size >> (kTileHeight * (level + 1)) != 0; ++level) {
    const std::uint64_t first = (seen.size >> (kTileHeight * level)) / kTileWidth;
    for (std::uint64_t index = first; tile_width(level, index, next.size) == static_cast<int>(kTileWidth); ++index) {
      const Result<std::vector<Hash>> tile = remote.tile(level, index, next.size);
      const Result<std::vector<Hash>> above = remote.tile(level + 1, index / kTileWidth, next.size);
      for (const auto* one : {&tile, &above})
        if (!*one && one->error().code != ErrorCode::damaged) return tl::unexpected<Error>(one->error());
      if (!tile || !above || subtree_root(*tile) != (*above)[index % kTileWidth])
        return evidence(EvidenceKind::forged_tile,
                        fmt::format("Tile {} of the log does not hash to the tile above it.",
                                    TileId{level, index, static_cast<int>(kTileWidth)}.path()),
                        {fetched});
    }
  }
  return Alarm();
}

Result<std::optional<Evidence>> Follower::State::explain_bundle(std::uint64_t index, const Checkpoint& next,
                                                                const std::string& fetched, RemoteTiles& remote) const {
  QORGAN_TRY(std::vector<Hash> tile, remote.tile(0, index, next.size));
  QORGAN_TRY(const std::vector<Bytes> bundle, remote.bundle(index, next.size));
  std::vector<Hash> hashes;
  for (const Bytes& entry : bundle) hashes.push_back(leaf_hash(entry));
  const auto [served, right] = std::mismatch(hashes.begin(), hashes.end(), tile.begin());
  if (served == hashes.end()) return Alarm();
  const std::uint64_t place = static_cast<std::uint64_t>(served - hashes.begin());
  const std::uint64_t at = index * kTileWidth + place;
  EvidenceEntry entry{options.trusted.log, bundle[place], {}};
  std::sort(hashes.begin(), hashes.end());
  std::sort(tile.begin(), tile.end());
  Evidence found =
      hashes == tile
          ? evidence(EvidenceKind::reordered,
                     fmt::format("The entries of bundle {} stand in another order than the log signed, "
                                 "from entry {} on.",
                                 index, at),
                     {fetched})
          : evidence(EvidenceKind::forged_entry,
                     fmt::format("Entry {} is served with another content than the log signed.", at), {fetched});
  found.entries.push_back(std::move(entry));
  return found;
}

Follower::Follower(std::unique_ptr<State> state) : state_(std::move(state)) {}
Follower::~Follower() = default;

Result<std::unique_ptr<Follower>> Follower::open(FollowerOptions options, std::unique_ptr<LogSource> source) {
  auto state = std::make_unique<State>(std::move(options), std::move(source));
  QORGAN_CHECK(state->open());
  return std::unique_ptr<Follower>(new Follower(std::move(state)));
}

Result<FollowUpdate> Follower::update() {
  return state_->update();
}

const TrustedLog& Follower::trusted() const {
  return state_->options.trusted;
}

std::uint64_t Follower::size() const {
  return state_->seen.size;
}

const std::string& Follower::checkpoint() const {
  return state_->note;
}

Result<std::vector<Bytes>> Follower::entries(std::uint64_t from, std::uint64_t to) const {
  return state_->reader.entries(from, to, size());
}

Result<LogProof> Follower::prove(std::uint64_t index) const {
  QORGAN_ASSERT(index < size());
  LogProof proof;
  proof.index = index;
  proof.checkpoint = checkpoint();
  QORGAN_TRY(proof.hashes, prove_inclusion(index, size(), state_->reader.hashes(size())));
  return proof;
}

std::string Follower::source_name() const {
  return state_->source->name();
}

}  // namespace qorgan::ledger
