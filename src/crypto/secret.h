// Types for bytes that must never be seen: wiped when they go, compared in constant time, not printable, not copied
// by accident.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"

namespace qorgan::crypto {

// Overwrites bytes in a way that the compiler does not remove (sodium_memzero).
void wipe(MutableByteView bytes);
// Constant time in the bytes; false where the lengths differ.
bool equal_constant_time(ByteView a, ByteView b);

// N secret bytes. Reading them takes a word, expose(), that a reviewer can search for.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t size_bytes = N;

  Secret() = default;
  // Copies N bytes in; the caller wipes the source.
  explicit Secret(std::span<const std::uint8_t, N> bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.begin()); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~Secret() { wipe(bytes_); }

  Secret clone() const { return Secret(std::span<const std::uint8_t, N>(bytes_)); }
  std::span<const std::uint8_t, N> expose() const { return bytes_; }
  std::span<std::uint8_t, N> expose_mutable() { return bytes_; }
  bool operator==(const Secret& other) const { return equal_constant_time(bytes_, other.bytes_); }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

// Secret bytes whose number is known at run time only. Moved, not copied.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  // Takes the vector over; the vector holds nothing afterwards.
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::move(other.bytes_);
    }
    return *this;
  }
  ~SecretBytes() { wipe(bytes_); }

  SecretBytes clone() const { return SecretBytes(ByteView(bytes_)); }
  std::size_t size() const { return bytes_.size(); }
  ByteView expose() const { return bytes_; }
  MutableByteView expose_mutable() { return bytes_; }

 private:
  Bytes bytes_;
};

using Key = Secret<32>;

}  // namespace qorgan::crypto
