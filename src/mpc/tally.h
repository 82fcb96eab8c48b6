// Counting and deciding on shares: how many probe rows of a person's fingers matched, and whether that is enough.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mpc/gates.h"
#include "mpc/probe.h"

namespace qorgan::mpc {

// One comparison of a person: its pairs of fingers count together.
struct Person {
  std::span<const FingerPair> pairs;  // at most limits::fingers_per_person_max; may be empty (nothing matches)
  // Accepted by the sieve where at least as many rows matched in all pairs together; public. 0 accepts always.
  // At most rows_matched_never.
  int rows_matched_min = 0;
  // Accepted by the score where the pairs' scores add up to it; public. 0 accepts always. At most score_never.
  int score_min = 0;
};
// One more than all rows of all fingers: accepts nobody.
inline constexpr int rows_matched_never = limits::template_rows * limits::fingers_per_person_max + 1;
inline constexpr int score_never = finger::kScoreMax * limits::fingers_per_person_max + 1;
static_assert(score_never <= 32767, "a sum less its threshold must fit into 16 bits with a sign");

class Tally {
 public:
  explicit Tally(Gates& gates) : gates_(gates) {}

  // `unmatched` holds kRowBitsBytes for each pair of each of the `persons`, in their order: 1 for a row of the probe
  // that no row of the gallery template is similar to. Writes one shared bit a person to `out`, (persons + 7) / 8 bytes
  // each share, unused bits zero. The exchanges' number and lengths depend on the number of persons and the largest
  // number of fingers alone. Errors: those of the ring.
  Status decide(std::span<const Person> persons, SharedBits unmatched, MutableSharedBits out);

 private:
  // One plane is one shared bit of each person; planes are named by their place.
  using Column = std::vector<std::size_t>;

  struct Adder {
    std::size_t a;
    std::size_t b;
    std::optional<std::size_t> c;
  };

  void reserve(std::span<const Person> persons);
  // Planes 32 f + i: whether row i of the person's finger f matched.
  void lay_out(std::span<const Person> persons, const std::uint8_t* unmatched, bool flipped, std::uint8_t* planes);
  // The binary digits of the sums of all planes, lowest first.
  Result<std::vector<std::size_t>> sum_planes();
  // Adds within each column, threes and twos, as far as one exchange goes. Columns are digits of weight 2^column.
  Status add_round(std::vector<Column>& columns);
  Status run(std::span<const Adder> adders);
  Status compare(std::span<const Person> persons, std::span<const std::size_t> digits, MutableSharedBits out);

  MutableSharedBits plane(std::size_t place);
  void copy(SharedBits from, MutableSharedBits to);
  void and_public(MutableSharedBits bits, ByteView constant);
  void exclusive_or(MutableSharedBits to, SharedBits from);

  Gates& gates_;
  std::size_t fingers_ = 0;
  std::size_t plane_bytes_ = 0;
  SecretBuffer planes_own_;
  SecretBuffer planes_next_;
  SecretBuffer inputs_own_;
  SecretBuffer inputs_next_;
  SecretBuffer row_bytes_;
};

}  // namespace qorgan::mpc
