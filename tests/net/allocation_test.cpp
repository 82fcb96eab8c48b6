// What a frame's header claims must not be allocated before it arrives: watched by replacing the allocator.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/net/net_support.h"

namespace {

thread_local bool watching = false;
thread_local std::size_t largest_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  if (watching) largest_bytes = std::max(largest_bytes, size);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

// Seen together they are taken for a mismatch, although all of them are malloc's and free's.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

// The largest piece of memory asked for while a message of these first bytes, and no more, is received.
std::size_t largest_while_receiving(ByteView start) {
  Pair pair = connect_pair();
  EXPECT_OK(pair.client.write_raw(start, plenty()));
  { const Connection gone = std::move(pair.client); }
  largest_bytes = 0;
  watching = true;
  const Result<Message> message = pair.server.receive(plenty());
  watching = false;
  EXPECT_FALSE(message);
  return largest_bytes;
}

Bytes header(std::size_t head_bytes, std::size_t body_bytes) {
  Bytes bytes;
  append_u32(bytes, static_cast<std::uint32_t>(head_bytes));
  append_u32(bytes, static_cast<std::uint32_t>(body_bytes));
  return bytes;
}

TEST(Allocation, IsWatched) {
  largest_bytes = 0;
  watching = true;
  const Bytes bytes(123'456);
  watching = false;
  EXPECT_EQ(largest_bytes, bytes.size());
}

TEST(Allocation, GrowsWithWhatArrives) {
  constexpr std::size_t kLittle = std::size_t{100} << 10;
  EXPECT_LE(largest_while_receiving(header(limits::message_head_bytes_max, 0)), kLittle);
  EXPECT_LE(largest_while_receiving(header(0xffffffff, 0xffffffff)), kLittle);
  Bytes with_head = header(2, limits::message_body_bytes_max);
  with_head.insert(with_head.end(), {'{', '}', 1, 2, 3});
  EXPECT_LE(largest_while_receiving(with_head), kLittle);
}

}  // namespace
}  // namespace qorgan::net
