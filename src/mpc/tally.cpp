#include "mpc/tally.h"

#include <algorithm>
#include <bit>

#include "mpc/similarity.h"

namespace qorgan::mpc {
namespace {

constexpr std::size_t kRows = limits::template_rows;

void grow(SecretBuffer& buffer, std::size_t size) {
  if (buffer.size() < size) buffer = SecretBuffer(size);
}

std::size_t most_fingers(std::span<const Person> persons) {
  std::size_t most = 1;
  for (const Person& person : persons) most = std::max(most, person.pairs.size());
  return most;
}

// Digit `digit` of each person's threshold, as a plane.
Bytes threshold_plane(std::span<const Person> persons, std::size_t digit, int highest) {
  Bytes out((persons.size() + 7) / 8);
  for (std::size_t p = 0; p < persons.size(); ++p) {
    const int threshold = std::min(persons[p].rows_matched_min, highest);
    out[p / 8] = static_cast<std::uint8_t>(out[p / 8] | ((threshold >> digit) & 1) << (p % 8));
  }
  return out;
}

Bytes complement(Bytes bits) {
  for (std::uint8_t& byte : bits) byte = static_cast<std::uint8_t>(~byte);
  return bits;
}

}  // namespace

MutableSharedBits Tally::plane(std::size_t place) {
  return {planes_own_.data() + place * plane_bytes_, planes_next_.data() + place * plane_bytes_};
}

void Tally::copy(SharedBits from, MutableSharedBits to) {
  std::copy_n(from.own, plane_bytes_, to.own);
  std::copy_n(from.next, plane_bytes_, to.next);
}

void Tally::and_public(MutableSharedBits bits, ByteView constant) {
  for (std::size_t i = 0; i < plane_bytes_; ++i) {
    bits.own[i] &= constant[i];
    bits.next[i] &= constant[i];
  }
}

void Tally::exclusive_or(MutableSharedBits to, SharedBits from) {
  gates_.kernel().exclusive_or(to.own, from.own, plane_bytes_, to.own);
  gates_.kernel().exclusive_or(to.next, from.next, plane_bytes_, to.next);
}

Status Tally::decide(std::span<const Person> persons, SharedBits unmatched, MutableSharedBits out) {
  if (persons.empty()) return {};
  reserve(persons);
  // Constants belong to share 0, and so does the complement that turns "unmatched" into "matched".
  lay_out(persons, unmatched.own, gates_.keys().party() == 0, planes_own_.data());
  lay_out(persons, unmatched.next, gates_.keys().party() == kParties - 1, planes_next_.data());
  QORGAN_TRY(const auto digits, sum_planes());
  return compare(persons, digits, out);
}

void Tally::reserve(std::span<const Person> persons) {
  fingers_ = most_fingers(persons);
  plane_bytes_ = (persons.size() + 7) / 8;
  const std::size_t planes = fingers_ * kRows;
  grow(planes_own_, planes * plane_bytes_);
  grow(planes_next_, planes * plane_bytes_);
  // A gate's two inputs take the places of at least two planes.
  grow(inputs_own_, planes * plane_bytes_);
  grow(inputs_next_, planes * plane_bytes_);
  grow(row_bytes_, 8 * plane_bytes_);
}

void Tally::lay_out(std::span<const Person> persons, const std::uint8_t* unmatched, bool flipped,
                    std::uint8_t* planes) {
  const auto flip = static_cast<std::uint8_t>(flipped ? 0xFF : 0);
  std::fill_n(row_bytes_.data(), 8 * plane_bytes_, std::uint8_t{0});
  for (std::size_t finger = 0; finger < fingers_; ++finger) {
    for (std::size_t byte = 0; byte < kRowBitsBytes; ++byte) {
      const std::uint8_t* rows = unmatched;
      for (std::size_t p = 0; p < persons.size(); ++p) {
        const std::size_t pairs = persons[p].pairs.size();
        const bool present = finger < pairs;
        row_bytes_.data()[p] =
            present ? static_cast<std::uint8_t>(rows[finger * kRowBitsBytes + byte] ^ flip) : std::uint8_t{0};
        rows += pairs * kRowBitsBytes;
      }
      gates_.kernel().slice(row_bytes_.data(), 8 * plane_bytes_, planes + (finger * kRows + byte * 8) * plane_bytes_,
                            plane_bytes_);
    }
  }
}

Result<std::vector<std::size_t>> Tally::sum_planes() {
  const std::size_t planes = fingers_ * kRows;
  std::vector<Column> columns(static_cast<std::size_t>(std::bit_width(planes)));
  for (std::size_t place = 0; place < planes; ++place) columns[0].push_back(place);
  while (std::any_of(columns.begin(), columns.end(), [](const Column& column) { return column.size() > 1; })) {
    QORGAN_CHECK(add_round(columns));
  }
  std::vector<std::size_t> digits;
  for (const Column& column : columns) {
    QORGAN_ASSERT(column.size() == 1);
    digits.push_back(column.front());
  }
  return digits;
}

// Full adder: sum = a ^ b ^ c, carry = a ^ ((a ^ b) & (a ^ c)). Half adder: sum = a ^ b, carry = a & b. The sum takes
// a's place and the carry b's.
Status Tally::add_round(std::vector<Column>& columns) {
  std::vector<Adder> adders;
  std::vector<Column> after(columns.size());
  // The sum of all planes fits the columns, so that the top one carries nothing and its sum is an XOR.
  const std::size_t top = columns.size() - 1;
  for (std::size_t c = 0; c < top; ++c) {
    const Column& column = columns[c];
    std::size_t i = 0;
    for (; i + 1 < column.size(); i += 3) {
      adders.push_back({column[i], column[i + 1], i + 2 < column.size() ? std::optional(column[i + 2]) : std::nullopt});
      after[c].push_back(column[i]);
      after[c + 1].push_back(column[i + 1]);
    }
    if (i < column.size()) after[c].push_back(column[i]);
  }
  for (std::size_t place : columns[top]) after[top].push_back(place);
  QORGAN_CHECK(run(adders));
  for (; after[top].size() > 1; after[top].pop_back())
    exclusive_or(plane(after[top].front()), plane(after[top].back()));
  columns = std::move(after);
  return {};
}

Status Tally::run(std::span<const Adder> adders) {
  const std::size_t size = adders.size() * plane_bytes_;
  const MutableSharedBits x{inputs_own_.data(), inputs_next_.data()};
  const MutableSharedBits y = x.at(size);
  for (std::size_t g = 0; g < adders.size(); ++g) {
    const auto& [a, b, c] = adders[g];
    const MutableSharedBits x_g = x.at(g * plane_bytes_);
    const MutableSharedBits y_g = y.at(g * plane_bytes_);
    copy(plane(a), x_g);
    copy(plane(b), y_g);
    if (c) {
      exclusive_or(x_g, plane(b));
      copy(plane(a), y_g);
      exclusive_or(y_g, plane(*c));
    }
  }
  QORGAN_CHECK(gates_.and_into(x, y, size, x));
  for (std::size_t g = 0; g < adders.size(); ++g) {
    const auto& [a, b, c] = adders[g];
    const MutableSharedBits carry = x.at(g * plane_bytes_);
    if (c) exclusive_or(carry, plane(a));
    exclusive_or(plane(a), plane(b));
    if (c) exclusive_or(plane(a), plane(*c));
    copy(carry, plane(b));
  }
  return {};
}

// sum >= T exactly where sum + (2^n - 1 - T) + 1 carries out of n digits, n being enough for the sum and T:
// c_(k+1) = majority(s_k, a_k, c_k) = s_k ^ ((s_k ^ a_k) & (s_k ^ c_k)), a the complement of T, c_0 = 1.
Status Tally::compare(std::span<const Person> persons, std::span<const std::size_t> digits, MutableSharedBits out) {
  const int highest = (1 << digits.size()) - 1;
  const MutableSharedBits x{inputs_own_.data(), inputs_next_.data()};
  const MutableSharedBits carry = x.at(plane_bytes_);
  copy(plane(digits[0]), carry);
  const Bytes lowest = threshold_plane(persons, 0, highest);
  and_public(carry, lowest);
  gates_.exclusive_or_public(carry, complement(lowest).data(), plane_bytes_);
  for (std::size_t k = 1; k < digits.size(); ++k) {
    copy(plane(digits[k]), x);
    gates_.exclusive_or_public(x, complement(threshold_plane(persons, k, highest)).data(), plane_bytes_);
    exclusive_or(carry, plane(digits[k]));
    QORGAN_CHECK(gates_.and_into(x, carry, plane_bytes_, carry));
    exclusive_or(carry, plane(digits[k]));
  }
  clear_unused(carry, persons.size());
  copy(carry, out);
  return {};
}

}  // namespace qorgan::mpc
