#include "crypto/key_exchange.h"

#include <sodium.h>

#include "crypto/hash.h"
#include "crypto/random.h"

namespace qorgan::crypto {

ExchangeKeyPair make_exchange_key_pair() {
  ExchangeKeyPair pair{random_key(), {}};
  QORGAN_ASSERT(crypto_scalarmult_base(pair.public_key.data(), pair.secret.expose().data()) == 0);
  return pair;
}

Result<Key> agree_key(const ExchangeKeyPair& own, const ExchangePublicKey& other, bool own_is_first,
                      std::string_view context) {
  Key shared;
  // Fails on the all-zero result that every low-order point gives (RFC 7748, 6.1).
  if (crypto_scalarmult(shared.expose_mutable().data(), own.secret.expose().data(), other.data()) != 0) {
    return failure(ErrorCode::damaged, "the other end's exchange key is a low-order point");
  }
  const ExchangePublicKey& first = own_is_first ? own.public_key : other;
  const ExchangePublicKey& second = own_is_first ? other : own.public_key;
  Bytes salt(first.begin(), first.end());
  salt.insert(salt.end(), second.begin(), second.end());
  return derive_key(shared.expose(), salt, context);
}

}  // namespace qorgan::crypto
