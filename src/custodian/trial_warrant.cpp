#include "custodian/trial_warrant.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/key_file.h"
#include "crypto/random.h"
#include "custodian/files.h"
#include "policy/warrant.h"

namespace qorgan::custodian {

Result<std::string> make_trial_warrant(const std::filesystem::path& folder, const protocol::Network& network,
                                       int searches_max, std::int64_t hidden_until_s) {
  constexpr std::int64_t kHourS = 3600;
  QORGAN_TRY(const policy::Policy policy, load_own_policy(folder / "custodian-0", network, 0));
  const policy::RelyingParty* party = policy.party_of_desk(network.desks.front().name);
  QORGAN_ASSERT(party);
  policy::Warrant warrant;
  crypto::fill_random(warrant.id);
  warrant.network_id = network.id();
  warrant.case_name = "trial";
  warrant.court = policy.rules().courts.front().name;
  warrant.party = party->id;
  warrant.purpose = "identification";
  warrant.searches_max = searches_max;
  warrant.candidates_max = limits::candidates_max;
  const std::int64_t now_s = unix_time_ms() / 1000;
  warrant.not_before_s = now_s - kHourS;
  warrant.not_after_s = now_s + 24 * kHourS;
  warrant.hidden_until_s = hidden_until_s;
  ledger::Note note;
  note.text = warrant.text();
  const std::filesystem::path keys = folder / "court";
  const auto sign = [&](const std::string& file, const std::string& name) -> Status {
    QORGAN_TRY(crypto::SignKeyPair key, crypto::load_sign_key(keys / file));
    crypto::KeySigner signer(std::move(key));
    QORGAN_TRY(ledger::NoteSignature signature, ledger::sign_note(note.text, name, signer));
    note.signatures.push_back(std::move(signature));
    return {};
  };
  QORGAN_CHECK(sign("court.key", warrant.court));
  for (const std::size_t custodian : {1U, 2U})
    QORGAN_CHECK(sign(fmt::format("officer-{}.key", custodian), policy.rules().officers[custodian].front().name));
  return note.format();
}

}  // namespace qorgan::custodian
