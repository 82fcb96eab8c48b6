// Proofs to carry away: what is read is written again to the same bytes, and nothing is believed.
#include "ledger/proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan::ledger;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto proof = parse_log_proof(text);
  if (!proof) return 0;
  QORGAN_ASSERT(proof->text() == text);
  const TrustedLog trusted{{"log.example/one", KeyType::ed25519, {}}, {}, 0};
  QORGAN_ASSERT(!verify_log_proof(*proof, proof->extra, trusted));
  const Hash leaf = leaf_hash(proof->extra);
  QORGAN_ASSERT(!verify_inclusion(proof->index, proof->index + 1 + size, leaf, proof->hashes, Hash{}));
  return 0;
}
