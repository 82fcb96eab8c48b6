// Every kernel against plain loops.
#include "mpc/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mpc/probe.h"
#include "mpc/reference.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

constexpr std::size_t kRows = limits::template_rows;
constexpr std::size_t kWidth = limits::template_width;

std::string name_of(const testing::TestParamInfo<const Kernel*>& info) {
  return std::string(info.param->name);
}

class KernelTest : public testing::TestWithParam<const Kernel*> {
 protected:
  const Kernel& kernel() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Kernels, KernelTest, testing::ValuesIn(supported_kernels()), name_of);

// Bytes of one kind: anything, or the values at which sums and products are largest.
SecretBuffer bytes_of(Random& random, std::size_t size, int kind) {
  SecretBuffer bytes(size);
  for (std::uint8_t& byte : bytes.part(0, size)) {
    if (kind == 0) byte = static_cast<std::uint8_t>(random());
    if (kind == 1) byte = 0xFF;
    if (kind == 2) byte = 0x80;
    if (kind == 3) byte = random() % 2 == 0 ? 0x7F : 0x80;
    if (kind == 4) byte = 0;
  }
  return bytes;
}
constexpr int kKinds = 5;

// Entry `entry` of row `row` in the layout of PreparedProbe.
std::uint8_t operand_entry(const SecretBuffer& operand, std::size_t row, std::size_t entry) {
  return operand.data()[entry / 4 * 4 * kRows + 4 * row + entry % 4];
}

std::uint8_t plain_dot(const SecretBuffer& operand, std::size_t row, const std::uint8_t* gallery_row) {
  unsigned sum = 0;
  for (std::size_t k = 0; k < kWidth; ++k) sum += unsigned{operand_entry(operand, row, k)} * gallery_row[k];
  return static_cast<std::uint8_t>(sum);
}

TEST_P(KernelTest, InnerProductsAreExactModulo256) {
  Random random(21);
  constexpr std::size_t kStride = 3 * kRows;
  for (int operand_kind = 0; operand_kind < kKinds; ++operand_kind) {
    for (int gallery_kind = 0; gallery_kind < kKinds; ++gallery_kind) {
      const auto a = bytes_of(random, limits::template_bytes, operand_kind);
      const auto b = bytes_of(random, limits::template_bytes, operand_kind);
      // One byte in, so that nothing depends on the gallery's alignment.
      const auto gallery_bytes = bytes_of(random, kExpandedBytes + 1, gallery_kind);
      const std::uint8_t* const gallery = gallery_bytes.data() + 1;
      const auto initial = static_cast<std::uint8_t>(random());
      const std::size_t rows = 8 * (1 + random() % 4);
      std::vector<std::uint8_t> sum(kRows * kStride, 0xAA);
      std::vector<std::uint8_t> both(kRows * kStride, 0xAA);
      kernel().dots_of_sum(a.data(), gallery, rows, initial, sum.data(), kStride);
      kernel().dots_of_both(a.data(), b.data(), gallery, rows, initial, both.data(), kStride);
      for (std::size_t j = 0; j < kRows; ++j) {
        const std::uint8_t* const own = gallery + j * kExpandedRowBytes;
        std::array<std::uint8_t, kWidth> added{};
        for (std::size_t k = 0; k < kWidth; ++k) added[k] = static_cast<std::uint8_t>(own[k] + own[kWidth + k]);
        for (std::size_t i = 0; j < rows && i < kRows; ++i) {
          ASSERT_EQ(sum[j * kStride + i], static_cast<std::uint8_t>(initial + plain_dot(a, i, added.data())));
          ASSERT_EQ(both[j * kStride + i],
                    static_cast<std::uint8_t>(initial + plain_dot(a, i, own) + plain_dot(b, i, own + kWidth)));
        }
        for (std::size_t beyond = j < rows ? kRows : 0; beyond < kStride; ++beyond) {
          ASSERT_EQ(sum[j * kStride + beyond], 0xAA);
          ASSERT_EQ(both[j * kStride + beyond], 0xAA);
        }
      }
    }
  }
}

TEST_P(KernelTest, ThreeCustodiansProductsAddUpToTheReferencesMargins) {
  Random random(22);
  for (int round = 0; round < 50; ++round) {
    const auto [probe, gallery] = random_pair(random);
    const auto probe_shares = split_from(random, probe);
    const auto gallery_shares = split_from(random, gallery);
    std::vector<std::uint8_t> total(kRows * kRows);
    std::vector<std::uint8_t> part(kRows * kRows);
    for (std::size_t party = 0; party < kParties; ++party) {
      std::array<std::uint8_t, kExpandedBytes> bytes{};
      const PreparedProbe prepared(probe_shares[party]);
      expand(gallery_shares[party], bytes);
      constexpr auto kMinus = static_cast<std::uint8_t>(-finger::kSimilarityMin);
      if (party == 0) kernel().dots_of_sum(prepared.sum(), bytes.data(), kRows, kMinus, part.data(), kRows);
      if (party == 1)
        kernel().dots_of_both(prepared.next(), prepared.sum(), bytes.data(), kRows, 0, part.data(), kRows);
      if (party == 2)
        kernel().dots_of_both(prepared.next(), prepared.own(), bytes.data(), kRows, 0, part.data(), kRows);
      kernel().add(total.data(), part.data(), part.size(), total.data());
    }
    const auto margins = similarity_margins(probe, gallery);
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kRows; ++j) {
        ASSERT_EQ(static_cast<std::int8_t>(total[j * kRows + i]), margins[i * kRows + j]);
      }
    }
  }
}

TEST_P(KernelTest, SlicesBytesIntoPlanes) {
  Random random(23);
  for (std::size_t size = 0; size <= 264; size += 8) {
    const auto bytes = bytes_of(random, size, 0);
    const std::size_t stride = size / 8 + 3;
    std::vector<std::uint8_t> planes(8 * stride, 0xAA);
    kernel().slice(bytes.data(), size, planes.data(), stride);
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t e = 0; e < size; ++e) {
        ASSERT_EQ((planes[k * stride + e / 8] >> (e % 8)) & 1, (bytes.data()[e] >> k) & 1) << size;
      }
      for (std::size_t beyond = size / 8; beyond < stride; ++beyond) ASSERT_EQ(planes[k * stride + beyond], 0xAA);
    }
  }
}

TEST_P(KernelTest, CombinesBytesOfAnyNumberAlsoInPlace) {
  Random random(24);
  const auto check = [&](Kernel::Combine combine, auto plain) {
    for (std::size_t size = 0; size <= 200; ++size) {
      const auto a = bytes_of(random, size + 1, 0);
      const auto b = bytes_of(random, size + 1, static_cast<int>(size % kKinds));
      std::vector<std::uint8_t> expected(size + 1, 0xAA);
      for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<std::uint8_t>(plain(a.data()[i], b.data()[i]));
      std::vector<std::uint8_t> out(size + 1, 0xAA);
      combine(a.data(), b.data(), size, out.data());
      ASSERT_EQ(out, expected);
      std::vector<std::uint8_t> in_place(a.data(), a.data() + size + 1);
      in_place[size] = 0xAA;
      combine(in_place.data(), b.data(), size, in_place.data());
      ASSERT_EQ(in_place, expected);
    }
  };
  check(kernel().add, [](int a, int b) { return a + b; });
  check(kernel().subtract, [](int a, int b) { return a - b; });
  check(kernel().bit_and, [](int a, int b) { return a & b; });
  check(kernel().exclusive_or, [](int a, int b) { return a ^ b; });
}

TEST_P(KernelTest, GatesOfAnyNumberAlsoInPlace) {
  Random random(25);
  for (std::size_t size = 0; size <= 200; ++size) {
    std::array<SecretBuffer, 8> in;
    for (auto& buffer : in) buffer = bytes_of(random, size + 1, 0);
    std::vector<std::uint8_t> gates(size + 1, 0xAA);
    std::vector<std::uint8_t> products(size + 1, 0xAA);
    for (std::size_t i = 0; i < size; ++i) {
      const auto at = [&](std::size_t which) { return in[which].data()[i]; };
      gates[i] = static_cast<std::uint8_t>((at(0) & (at(2) ^ at(3))) ^ (at(1) & at(2)) ^ at(4) ^ at(5));
      products[i] = static_cast<std::uint8_t>((at(0) & at(1)) ^ (at(2) & at(3)) ^ (at(4) & at(5)) ^ at(6) ^ at(7));
    }
    std::vector<std::uint8_t> out(size + 1, 0xAA);
    kernel().products({{in[0].data(), in[2].data(), in[4].data()},
                       {in[1].data(), in[3].data(), in[5].data()},
                       in[6].data(),
                       in[7].data()},
                      size, out.data());
    ASSERT_EQ(out, products);
    const Kernel::AndInputs inputs{in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(), in[5].data()};
    kernel().and_gates(inputs, size, out.data());
    ASSERT_EQ(out, gates);
    for (std::size_t which = 0; which < 4; ++which) {
      std::vector<std::uint8_t> in_place(in[which].data(), in[which].data() + size + 1);
      in_place[size] = 0xAA;
      Kernel::AndInputs changed = inputs;
      (which == 0   ? changed.x_own
       : which == 1 ? changed.x_next
       : which == 2 ? changed.y_own
                    : changed.y_next) = in_place.data();
      kernel().and_gates(changed, size, in_place.data());
      ASSERT_EQ(in_place, gates);
    }
  }
}

TEST(Kernels, TheBestIsTheLastOfThoseSupported) {
  const auto kernels = supported_kernels();
  ASSERT_FALSE(kernels.empty());
  EXPECT_EQ(kernels.front()->name, "scalar");
  EXPECT_EQ(&best_kernel(), kernels.back());
}

}  // namespace
}  // namespace qorgan::mpc::test
