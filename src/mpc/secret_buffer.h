// Working memory of the private match: whole cache lines, wiped when it goes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::mpc {

// `size` bytes, zero at first, aligned to 64 bytes for the SIMD kernels. Moved, not copied.
class SecretBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  SecretBuffer() = default;
  explicit SecretBuffer(std::size_t size)
      : bytes_(static_cast<std::uint8_t*>(::operator new (size, std::align_val_t{kAlignment}))), size_(size) {
    std::fill_n(bytes_, size_, std::uint8_t{0});
  }
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  SecretBuffer(SecretBuffer&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBuffer& operator=(SecretBuffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SecretBuffer() {
    if (bytes_ == nullptr) return;
    crypto::wipe({bytes_, size_});
    ::operator delete (bytes_, std::align_val_t{kAlignment});
  }

  std::uint8_t* data() { return bytes_; }
  const std::uint8_t* data() const { return bytes_; }
  std::size_t size() const { return size_; }
  // The `size` bytes from `offset` on; they must lie inside (asserted).
  MutableByteView part(std::size_t offset, std::size_t size) {
    QORGAN_ASSERT(offset <= size_ && size <= size_ - offset);
    return {bytes_ + offset, size};
  }

 private:
  std::uint8_t* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace qorgan::mpc
