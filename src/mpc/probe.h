// One custodian's share of a probe, laid out once per search for the inner products.
#pragma once

#include <span>

#include "mpc/secret_buffer.h"
#include "mpc/shares.h"

namespace qorgan::mpc {

// The probe's rows in probe form (finger/template.h), transposed so that the lanes of a vector are probe rows and each
// lane holds four neighbouring entries: byte 128 k + 4 i + e is entry 4 k + e of row i. Three such operands: the own
// share, the next share, and their sum modulo 256. Moved, not copied; wiped when it goes.
class PreparedProbe {
 public:
  explicit PreparedProbe(const StoredShare& share);
  // As if the own share were the template and the next share zero: for scores in the clear by the same kernels.
  static PreparedProbe in_the_clear(const finger::Template& whole);

  // Each limits::template_bytes long, aligned to 64 bytes.
  const std::uint8_t* own() const { return operands_.data(); }
  const std::uint8_t* next() const { return operands_.data() + limits::template_bytes; }
  const std::uint8_t* sum() const { return operands_.data() + 2 * limits::template_bytes; }
  // The own share of its relations, limits::relation_bytes.
  const std::uint8_t* relations() const { return relations_.data(); }

 private:
  PreparedProbe();
  // Of rows as expand() writes them.
  void prepare(std::span<const std::uint8_t, kExpandedBytes> expanded);

  SecretBuffer operands_;
  SecretBuffer relations_;
};

// One comparison of two fingers, as one custodian holds it. All stay alive for as long as the match runs.
struct FingerPair {
  const PreparedProbe* probe = nullptr;
  const std::uint8_t* gallery = nullptr;             // kExpandedBytes, as expand() wrote them
  const RelationShare* gallery_relations = nullptr;  // may be null where no fine score is computed
};

}  // namespace qorgan::mpc
