#include <fmt/format.h>

#include "base/clock.h"
#include "base/limits.h"
#include "ledger/evidence.h"

namespace qorgan::ledger {
namespace {

tl::unexpected<Error> shows_nothing(std::string what) {
  return failure(ErrorCode::damaged, "the evidence does not show what it claims", std::move(what));
}

struct ProvenEntry {
  std::uint64_t index = 0;
  Result<Leaf> leaf;
};

class Judge {
 public:
  explicit Judge(const Evidence& evidence) : evidence_(evidence) {}

  Result<Verdict> judge() {
    QORGAN_CHECK(open_entries());
    QORGAN_CHECK(by_kind());
    return std::move(verdict_);
  }

 private:
  void proves(std::string text) { verdict_.proves.push_back(std::move(text)); }
  void says(std::string text) { verdict_.says.push_back(std::move(text)); }
  void convicts(std::string text) {
    verdict_.proven = true;
    proves(std::move(text));
  }

  // Each with its log's signature: a cosignature more would tell nothing about who broke its word.
  Status open_entries() {
    for (const EvidenceEntry& one : evidence_.entries) {
      if (one.proof.empty()) continue;
      QORGAN_TRY(const LogProof proof, parse_log_proof(one.proof));
      QORGAN_CHECK(verify_log_proof(proof, one.entry, {one.log, {}, 0}));
      const std::string_view text(reinterpret_cast<const char*>(one.entry.data()), one.entry.size());
      entries_.push_back({proof.index, parse_leaf(text)});
      proves(fmt::format("Log {} has signed a tree with this entry at {}.", one.log.name, proof.index));
    }
    return {};
  }

  Result<SignedCheckpoint> open_note(std::size_t number) const {
    if (evidence_.checkpoints.size() <= number) return shows_nothing("a checkpoint is missing");
    return open_checkpoint(evidence_.checkpoints[number], evidence_.log, evidence_.cosigners);
  }

  Result<const Leaf*> leaf(std::size_t number) const {
    if (entries_.size() <= number) return shows_nothing("an entry is missing");
    if (!entries_[number].leaf) return shows_nothing("an entry is malformed");
    return &*entries_[number].leaf;
  }

  bool of_one_log() const {
    return evidence_.entries.size() == 2 && entries_.size() == 2 && evidence_.entries[0].log == evidence_.log &&
           evidence_.entries[1].log == evidence_.log;
  }

  Status by_kind() {
    switch (evidence_.kind) {
      case EvidenceKind::malformed_checkpoint:
      case EvidenceKind::bad_signature:
        return unsigned_note();
      case EvidenceKind::missing_cosignature:
        return missing_cosignature();
      case EvidenceKind::forked:
        return forked();
      case EvidenceKind::rolled_back:
        return rolled_back();
      case EvidenceKind::stands_still:
      case EvidenceKind::forged_entry:
      case EvidenceKind::forged_tile:
      case EvidenceKind::reordered:
        return served();
      case EvidenceKind::malformed_leaf:
        return malformed_leaf();
      case EvidenceKind::time_back:
        return time_back();
      case EvidenceKind::false_opening:
        return false_opening();
      case EvidenceKind::not_opened:
        return not_opened();
      case EvidenceKind::missing_use:
        return missing_use();
      case EvidenceKind::unended:
        return unended();
      case EvidenceKind::fields_differ:
        return fields_differ();
    }
    return shows_nothing("an unknown kind");
  }

  Status unsigned_note() {
    if (evidence_.checkpoints.empty()) return shows_nothing("a checkpoint is missing");
    if (open_note(evidence_.checkpoints.size() - 1)) return shows_nothing("the checkpoint is well signed");
    says(
        "Somebody served this in place of the log's checkpoint; the log has not signed it, so that it convicts "
        "nobody.");
    return {};
  }

  Status missing_cosignature() {
    QORGAN_TRY(const SignedCheckpoint note, open_note(0));
    if (note.cosignatures.size() >= static_cast<std::size_t>(evidence_.cosignatures_min))
      return shows_nothing("enough cosignatures are there");
    proves(fmt::format("The log has signed a checkpoint of size {}.", note.checkpoint.size));
    says(fmt::format("It was served with {} cosignatures of the {} that are asked for.", note.cosignatures.size(),
                     evidence_.cosignatures_min));
    return {};
  }

  Status forked() {
    QORGAN_TRY(const SignedCheckpoint first, open_note(0));
    QORGAN_TRY(const SignedCheckpoint second, open_note(1));
    const Checkpoint& a = first.checkpoint.size <= second.checkpoint.size ? first.checkpoint : second.checkpoint;
    const Checkpoint& b = first.checkpoint.size <= second.checkpoint.size ? second.checkpoint : first.checkpoint;
    if (a.size != b.size) {
      if (!evidence_.root) return shows_nothing("the root at the smaller size is missing");
      QORGAN_CHECK(verify_consistency(a.size, b.size, *evidence_.root, b.root, evidence_.proof));
    }
    const Hash& at_size = a.size == b.size ? b.root : *evidence_.root;
    if (a.size == 0 || a.root == at_size) return shows_nothing("the two checkpoints agree");
    convicts(
        fmt::format("The log has signed two histories that cannot both be true: of size {} and of size {}, they "
                    "differ within the first {} entries.",
                    a.size, b.size, a.size));
    return {};
  }

  Status rolled_back() {
    QORGAN_TRY(const SignedCheckpoint newer, open_note(0));
    QORGAN_TRY(const SignedCheckpoint older, open_note(1));
    if (older.checkpoint.size >= newer.checkpoint.size) return shows_nothing("the second checkpoint is not the older");
    proves(fmt::format("The log has signed checkpoints of size {} and of size {}.", newer.checkpoint.size,
                       older.checkpoint.size));
    says("It showed the smaller one after the larger one.");
    return {};
  }

  // What is served beside a checkpoint is signed by nobody.
  Status served() {
    QORGAN_TRY(const SignedCheckpoint note, open_note(0));
    proves(fmt::format("The log has signed a checkpoint of size {}.", note.checkpoint.size));
    says(evidence_.claim);
    return {};
  }

  Status malformed_leaf() {
    if (entries_.empty() || evidence_.entries[0].log != evidence_.log) return shows_nothing("an entry is missing");
    if (entries_[0].leaf) return shows_nothing("the entry is well formed");
    convicts("The log holds an entry that says nothing that can be read: " + entries_[0].leaf.error().message());
    return {};
  }

  Status time_back() {
    if (!of_one_log()) return shows_nothing("two entries of the log are missing");
    QORGAN_TRY(const Leaf* const first, leaf(0));
    QORGAN_TRY(const Leaf* const second, leaf(1));
    if (entries_[0].index >= entries_[1].index || first->time_s <= second->time_s + limits::log_time_skew_s)
      return shows_nothing("the times do not go back");
    convicts(fmt::format("Entry {} of the log says {}, and entry {} after it says {}.", entries_[0].index,
                         format_utc(1000 * first->time_s), entries_[1].index, format_utc(1000 * second->time_s)));
    return {};
  }

  Status false_opening() {
    if (!of_one_log()) return shows_nothing("two entries of the log are missing");
    QORGAN_TRY(const Leaf* const hidden, leaf(0));
    QORGAN_TRY(const Leaf* const opened, leaf(1));
    if (!opened->entry || *opened->entry != static_cast<std::int64_t>(entries_[0].index) || !hidden->details)
      return shows_nothing("the second entry does not open the first");
    const auto opening = parse_opening(opened->opening);
    if (opening && details_commitment(*opening) == *hidden->details) return shows_nothing("the opening is right");
    convicts(fmt::format("Entry {} opens entry {} with other details than it committed to.", entries_[1].index,
                         entries_[0].index));
    return {};
  }

  Status not_opened() {
    QORGAN_TRY(const Leaf* const hidden, leaf(0));
    if (hidden->hidden_until_s == 0) return shows_nothing("the entry is not hidden");
    proves(fmt::format("The entry had to be opened by {}.", format_utc(1000 * hidden->hidden_until_s)));
    says(evidence_.claim);
    return {};
  }

  Status missing_use() {
    QORGAN_TRY(const Leaf* const use, leaf(0));
    QORGAN_TRY(const Leaf* const later, leaf(1));
    if (!is_agreed(use->event) || !use->request) return shows_nothing("the first entry is no use");
    if (evidence_.entries[1].log != evidence_.log || evidence_.entries[0].log == evidence_.log ||
        later->time_s <= use->time_s + limits::log_audit_grace_s)
      return shows_nothing("the second log did not go on");
    proves(fmt::format("Log {} has logged request {} ({}) at {}.", evidence_.entries[0].log.name, to_hex(*use->request),
                       event_name(use->event), format_utc(1000 * use->time_s)));
    proves(fmt::format("Log {} has gone on until {}.", evidence_.log.name, format_utc(1000 * later->time_s)));
    says(fmt::format("Log {} does not hold that request. Whoever reads that log up to the entry shown can check it.",
                     evidence_.log.name));
    return {};
  }

  Status unended() {
    QORGAN_TRY(const Leaf* const agreed, leaf(0));
    QORGAN_TRY(const Leaf* const refused, leaf(1));
    if (!is_agreed(agreed->event) || is_agreed(refused->event) || !agreed->request ||
        agreed->request != refused->request || evidence_.entries[0].log != evidence_.log)
      return shows_nothing("the two entries are not of one request, agreed to and not");
    proves(fmt::format("Request {} was agreed to in log {} and {} in log {}.", to_hex(*agreed->request),
                       evidence_.entries[0].log.name, event_name(refused->event), evidence_.entries[1].log.name));
    says(evidence_.claim);
    return {};
  }

  Status fields_differ() {
    QORGAN_TRY(const Leaf* const first, leaf(0));
    QORGAN_TRY(const Leaf* const second, leaf(1));
    if (!is_agreed(first->event) || !is_agreed(second->event) || !first->request || first->request != second->request)
      return shows_nothing("the two entries are not of one request that was agreed to");
    if (says_same(*first, *second)) return shows_nothing("the two entries say the same");
    convicts(fmt::format("Logs {} and {} say different things of request {}: one of them is untrue.",
                         evidence_.entries[0].log.name, evidence_.entries[1].log.name, to_hex(*first->request)));
    return {};
  }

  const Evidence& evidence_;
  std::vector<ProvenEntry> entries_;
  Verdict verdict_;
};

}  // namespace

bool says_same(const Leaf& a, const Leaf& b) {
  return a.event == b.event && a.party == b.party && a.purpose == b.purpose && a.purpose_version == b.purpose_version &&
         a.basis == b.basis && a.warrant == b.warrant && a.hidden_until_s == b.hidden_until_s;
}

Result<Verdict> verify_evidence(const Evidence& evidence) {
  return Judge(evidence).judge();
}

}  // namespace qorgan::ledger
