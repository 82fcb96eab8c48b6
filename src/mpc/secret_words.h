// Numbers modulo 2^16: addends, wiped when they go, and the same as bytes of a message, lowest first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/secret.h"
#include "mpc/secret_buffer.h"

namespace qorgan::mpc {

// Zero at first. Neither copied nor moved.
class SecretWords {
 public:
  explicit SecretWords(std::size_t size) : words_(size) {}
  explicit SecretWords(std::span<const std::uint16_t> words) : words_(words.begin(), words.end()) {}
  SecretWords(const SecretWords&) = delete;
  SecretWords& operator=(const SecretWords&) = delete;
  ~SecretWords() {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(words_.data()), words_.size() * sizeof(std::uint16_t)});
  }

  std::size_t size() const { return words_.size(); }
  std::uint16_t& operator[](std::size_t at) { return words_[at]; }
  std::span<std::uint16_t> all() { return words_; }
  std::span<const std::uint16_t> all() const { return words_; }

 private:
  std::vector<std::uint16_t> words_;
};

// Word `at` of a message.
inline std::uint16_t word_at(const SecretBuffer& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes.data()[2 * at] | bytes.data()[2 * at + 1] << 8);
}

inline void put_word(SecretBuffer& bytes, std::size_t at, std::uint16_t word) {
  bytes.data()[2 * at] = static_cast<std::uint8_t>(word);
  bytes.data()[2 * at + 1] = static_cast<std::uint8_t>(word >> 8);
}

}  // namespace qorgan::mpc
