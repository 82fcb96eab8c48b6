// The inner loops of the private match, written once for each kind of processor. All kernels give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace qorgan::mpc {

struct Kernel {
  std::string_view name;  // "scalar", "avx2", "avx512"

  // Inner products of the 32 rows of a probe with the first gallery_rows rows of a gallery template, a multiple of 8 up
  // to 32, modulo 256, plus `initial`: out[j * stride_bytes + i] for gallery row j and probe row i. `gallery` is in the
  // form of expand() (mpc/shares.h), operands in that of PreparedProbe (mpc/probe.h) and aligned to 64 bytes.
  //   dots_of_sum:  <operand, own row + next row>
  //   dots_of_both: <with_own, own row> + <with_next, next row>
  void (*dots_of_sum)(const std::uint8_t* operand, const std::uint8_t* gallery, std::size_t gallery_rows,
                      std::uint8_t initial, std::uint8_t* out, std::size_t stride_bytes);
  void (*dots_of_both)(const std::uint8_t* with_own, const std::uint8_t* with_next, const std::uint8_t* gallery,
                       std::size_t gallery_rows, std::uint8_t initial, std::uint8_t* out, std::size_t stride_bytes);

  // Splits bytes into their eight bit planes: bit e of plane k is bit k of bytes[e], lowest bit of a byte first; plane
  // k begins at planes + k * plane_stride_bytes. `size_bytes` is a multiple of 8.
  void (*slice)(const std::uint8_t* bytes, std::size_t size_bytes, std::uint8_t* planes,
                std::size_t plane_stride_bytes);

  // What a custodian computes for AND gates, bit by bit (mpc/gates.h):
  // out = (x_own & (y_own ^ y_next)) ^ (x_next & y_own) ^ mask_own ^ mask_next. `out` may be any of the inputs.
  struct AndInputs {
    const std::uint8_t* x_own;
    const std::uint8_t* x_next;
    const std::uint8_t* y_own;
    const std::uint8_t* y_next;
    const std::uint8_t* mask_own;
    const std::uint8_t* mask_next;
  };
  void (*and_gates)(const AndInputs& inputs, std::size_t size_bytes, std::uint8_t* out);

  // Bit by bit: out = (a[0] & b[0]) ^ (a[1] & b[1]) ^ (a[2] & b[2]) ^ mask_own ^ mask_next. `out` is none of the
  // inputs.
  struct ProductInputs {
    const std::uint8_t* a[3];
    const std::uint8_t* b[3];
    const std::uint8_t* mask_own;
    const std::uint8_t* mask_next;
  };
  void (*products)(const ProductInputs& inputs, std::size_t size_bytes, std::uint8_t* out);

  // Byte by byte, modulo 256: a + b, a - b; bit by bit: a & b, a ^ b. `out` may be a or b.
  using Combine = void (*)(const std::uint8_t* a, const std::uint8_t* b, std::size_t size_bytes, std::uint8_t* out);
  Combine add;
  Combine subtract;
  Combine bit_and;
  Combine exclusive_or;
};

// The quickest kernel that this processor runs.
const Kernel& best_kernel();
// All that it runs, slowest first; never empty.
std::vector<const Kernel*> supported_kernels();

}  // namespace qorgan::mpc
