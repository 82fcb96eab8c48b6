#include "mpc/gates.h"

#include <algorithm>

#include "mpc/shares.h"

namespace qorgan::mpc {
namespace {

// Two masks of this size and their operands stay in the first-level cache.
constexpr std::size_t kChunkBytes = 4096;

}  // namespace

void clear_unused(MutableSharedBits bits, std::size_t count) {
  if (count % 8 == 0) return;
  const auto used = static_cast<std::uint8_t>(0xFF >> (8 - count % 8));
  bits.own[count / 8] &= used;
  bits.next[count / 8] &= used;
}

Gates::Gates(LaneKeys& keys, Ring& ring, const Kernel& kernel)
    : keys_(keys), ring_(ring), kernel_(kernel), mask_own_(kChunkBytes), mask_next_(kChunkBytes) {}

void Gates::make_masks(std::size_t size_bytes) {
  keys_.own().fill(mask_own_.part(0, size_bytes));
  keys_.next().fill(mask_next_.part(0, size_bytes));
}

Status Gates::and_into(SharedBits x, SharedBits y, std::size_t size_bytes, MutableSharedBits out,
                       const std::uint8_t* addend) {
  for (std::size_t at = 0; at < size_bytes; at += kChunkBytes) {
    const std::size_t size = std::min(kChunkBytes, size_bytes - at);
    make_masks(size);
    if (addend != nullptr) kernel_.exclusive_or(mask_own_.data(), addend + at, size, mask_own_.data());
    kernel_.and_gates({x.own + at, x.next + at, y.own + at, y.next + at, mask_own_.data(), mask_next_.data()}, size,
                      out.own + at);
  }
  return ring_.exchange({out.own, size_bytes}, {out.next, size_bytes});
}

void Gates::masked_products(const Three& a, const Three& b, const std::uint8_t* addend, std::size_t size_bytes,
                            std::uint8_t* out) {
  for (std::size_t at = 0; at < size_bytes; at += kChunkBytes) {
    const std::size_t size = std::min(kChunkBytes, size_bytes - at);
    make_masks(size);
    if (addend != nullptr) kernel_.exclusive_or(mask_own_.data(), addend + at, size, mask_own_.data());
    kernel_.products(
        {{a[0] + at, a[1] + at, a[2] + at}, {b[0] + at, b[1] + at, b[2] + at}, mask_own_.data(), mask_next_.data()},
        size, out + at);
  }
}

void Gates::exclusive_or_public(MutableSharedBits bits, const std::uint8_t* constant, std::size_t size_bytes) {
  if (keys_.party() == 0) kernel_.exclusive_or(bits.own, constant, size_bytes, bits.own);
  if (keys_.party() == kParties - 1) kernel_.exclusive_or(bits.next, constant, size_bytes, bits.next);
}

void Gates::complement(MutableSharedBits bits, std::size_t size_bytes) {
  std::uint8_t* const share_0 = keys_.party() == 0 ? bits.own : keys_.party() == kParties - 1 ? bits.next : nullptr;
  if (share_0 == nullptr) return;
  for (std::size_t i = 0; i < size_bytes; ++i) share_0[i] = static_cast<std::uint8_t>(~share_0[i]);
}

void Gates::exclusive_or_stream(crypto::Keystream& stream, const std::uint8_t* bytes, std::size_t size_bytes,
                                std::uint8_t* out) {
  for (std::size_t at = 0; at < size_bytes; at += kChunkBytes) {
    const std::size_t size = std::min(kChunkBytes, size_bytes - at);
    stream.fill(mask_own_.part(0, size));
    kernel_.exclusive_or(bytes + at, mask_own_.data(), size, out + at);
  }
}

}  // namespace qorgan::mpc
