#include "ledger/leaf_form.h"

namespace qorgan::ledger {
namespace {

// Who asked, and with what right.
constexpr unsigned kGround = kPurpose | kPurposeVersion | kBasis;

// Asked for by the people themselves, where no relying party stands between.
bool may_lack_party(Event event) {
  return event == Event::erase || event == Event::withdraw || event == Event::lock || event == Event::unlock;
}

LeafForm form_of_agreed(Event event, bool hidden) {
  if (hidden) return {kRequest | kDetails | kHiddenUntil, 0};
  LeafForm form{kRequest | kGround | kDetails, kWarrant};
  (may_lack_party(event) ? form.allowed : form.needed) |= kParty;
  // A search is among everybody, and of nobody.
  if (event != Event::identify) form.needed |= kTag;
  return form;
}

}  // namespace

unsigned fields_of(const Leaf& leaf) {
  const auto bit = [](bool there, LeafField field) { return there ? static_cast<unsigned>(field) : 0U; };
  return bit(leaf.request.has_value(), kRequest) | bit(!leaf.party.empty(), kParty) |
         bit(!leaf.purpose.empty(), kPurpose) | bit(leaf.purpose_version != 0, kPurposeVersion) |
         bit(!leaf.basis.empty(), kBasis) | bit(leaf.warrant.has_value(), kWarrant) | bit(leaf.tag.has_value(), kTag) |
         bit(leaf.details.has_value(), kDetails) | bit(leaf.hidden_until_s != 0, kHiddenUntil) |
         bit(!leaf.reason.empty(), kReason) | bit(leaf.digest.has_value(), kDigest) |
         bit(leaf.entry.has_value(), kEntry) | bit(!leaf.opening.empty(), kOpening) |
         bit(leaf.epoch.has_value(), kEpoch) | bit(leaf.custodian.has_value(), kCustodian) |
         bit(!leaf.kind.empty(), kKind) | bit(!leaf.key.empty(), kKey);
}

LeafForm form_of(Event event, bool hidden) {
  switch (event) {
    case Event::enrol:
    case Event::verify:
    case Event::identify:
    case Event::erase:
    case Event::withdraw:
    case Event::lock:
    case Event::unlock:
      return form_of_agreed(event, hidden);
    case Event::refused:
      return {kRequest | kReason, kParty | kGround | kWarrant | kTag | kDetails};
    case Event::aborted:
      return {kRequest | kReason, 0};
    case Event::erased:
    case Event::expired:
      return {kRequest, kTag | kDetails};
    case Event::opened:
      return {kEntry | kOpening, 0};
    case Event::policy:
      return {kDigest, kDetails};
    case Event::refresh:
      return {kEpoch, 0};
    case Event::recover:
      return {kCustodian, 0};
    case Event::restore:
      return {0, kReason};
    case Event::rotate:
      return {kKind | kKey, 0};
    case Event::notified:
      return {kRequest | kParty, kReason};
    case Event::absence:
      return {kRequest | kParty | kTag | kDetails, 0};
  }
  QORGAN_ASSERT(false);
}

}  // namespace qorgan::ledger
