#include "lab/stage_times.h"

#include <time.h>

#include <array>

#include "base/limits.h"
#include "crypto/keystream.h"
#include "crypto/random.h"
#include "finger/template.h"
#include "mpc/kernel.h"
#include "mpc/probe.h"

namespace qorgan::lab {
namespace {

constexpr std::size_t kSieveRows = limits::sieve_rows;
constexpr std::size_t kRowPairs = std::size_t{limits::template_rows} * kSieveRows;
// 64 MiB of gallery: more than a core's share of any cache.
constexpr std::size_t kGalleryPairs = 8192;
constexpr std::size_t kTilePairs = 8;

mpc::SecretBuffer random_buffer(std::size_t size) {
  mpc::SecretBuffer buffer(size);
  crypto::expand_seed(crypto::random_key(), buffer.part(0, size));
  return buffer;
}

// Processor time of this thread, so that other work on the machine counts less.
double thread_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

// Microseconds of one call of work(i), over 0.4 s.
template <class Work>
double time_us(const Work& work) {
  std::size_t calls = 0;
  const double began_us = thread_us();
  double passed_us = 0;
  while (passed_us < 400'000) {
    for (int i = 0; i < 64; ++i) work(calls++);
    passed_us = thread_us() - began_us;
  }
  return passed_us / static_cast<double>(calls);
}

// Two custodians of three compute a product of two operands, one of one, in turn.
double dots_us(const mpc::Kernel& kernel) {
  const auto operands = random_buffer(2 * limits::template_bytes);
  const auto galleries = random_buffer(kGalleryPairs * mpc::kExpandedBytes);
  auto out = random_buffer(kRowPairs);
  const auto gallery = [&](std::size_t i) { return galleries.data() + i % kGalleryPairs * mpc::kExpandedBytes; };
  const double sum_us = time_us([&](std::size_t i) {
    kernel.dots_of_sum(operands.data(), gallery(i), kSieveRows, 7, out.data(), limits::template_rows);
  });
  const double both_us = time_us([&](std::size_t i) {
    kernel.dots_of_both(operands.data(), operands.data() + limits::template_bytes, gallery(i), kSieveRows, 7,
                        out.data(), limits::template_rows);
  });
  return (sum_us + 2 * both_us) / 3;
}

double slice_us(const mpc::Kernel& kernel) {
  const auto bytes = random_buffer(kTilePairs * kRowPairs);
  auto planes = random_buffer(kTilePairs * kRowPairs);
  return time_us([&](std::size_t) {
           kernel.slice(bytes.data(), bytes.size(), planes.data(), kTilePairs * kRowPairs / 8);
         }) /
         static_cast<double>(kTilePairs);
}

// Seven gates a pair of rows: six of the carry, one of the OR.
double gates_us(const mpc::Kernel& kernel) {
  std::array<mpc::SecretBuffer, 6> in;
  for (mpc::SecretBuffer& buffer : in) buffer = random_buffer(4096);
  auto out = random_buffer(4096);
  const double call_us = time_us([&](std::size_t) {
    kernel.and_gates({in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(), in[5].data()}, 4096,
                     out.data());
  });
  return 7 * call_us * (static_cast<double>(kRowPairs) / 8) / 4096;
}

// 16 bits a pair of rows to share, 14 for the masks of the gates.
double keystream_us() {
  crypto::Keystream stream(crypto::random_key(), 0);
  std::array<std::uint8_t, 4096> out{};
  const double call_us = time_us([&](std::size_t i) {
    stream.begin_step(i + 1);
    for (int k = 0; k < 16; ++k) stream.fill(out);
  });
  return call_us * (30.0 * kRowPairs / 8) / (16 * 4096);
}

}  // namespace

std::vector<StageTime> stage_times() {
  const mpc::Kernel& kernel = mpc::best_kernel();
  return {{"inner products", dots_us(kernel)},
          {"bit slicing", slice_us(kernel)},
          {"AND gates", gates_us(kernel)},
          {"keystreams", keystream_us()}};
}

}  // namespace qorgan::lab
