// In a file of its own: the compiler must not see through these operators from where they are used.
#include "tests/crypto/watched_memory.h"

#include <cstdlib>
#include <new>

namespace {

thread_local const void* watched = nullptr;
thread_local std::size_t watched_bytes = 0;
thread_local std::size_t left_over = 0;
thread_local bool was_given_back = false;

void look(const void* place) {
  if (place == nullptr || place != watched) return;
  was_given_back = true;
  const auto* bytes = static_cast<const volatile unsigned char*>(place);
  for (std::size_t i = 0; i < watched_bytes; ++i) left_over += bytes[i] != 0 ? 1U : 0U;
  watched = nullptr;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* place = std::malloc(size == 0 ? 1 : size)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept {
  look(place);
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  look(place);
  std::free(place);
}

namespace qorgan::crypto::testing_memory {

void watch(const void* place, std::size_t size_bytes) {
  watched = place;
  watched_bytes = size_bytes;
  left_over = 0;
  was_given_back = false;
}
bool given_back() {
  return was_given_back;
}
std::size_t left_over_bytes() {
  return left_over;
}

}  // namespace qorgan::crypto::testing_memory
