// A projection file: what is read is written again to the same bytes, and projects any cylinder. Feed it
// data/projection.bin; as a checksum keeps most changes out, the bytes are also taken for the body of a sound file.
#include <cstddef>
#include <cstdint>

#include "finger/projection.h"

using qorgan::finger::Projection;

namespace {

Projection from_bytes(qorgan::ByteView bytes) {
  Projection projection;
  projection.command = "fuzz";
  std::size_t at = 0;
  const auto next = [&] { return at < bytes.size() ? bytes[at++] : std::uint8_t{0}; };
  for (auto& row : projection.weights)
    for (auto& weight : row) weight = static_cast<std::int8_t>(next());
  for (auto& mean : projection.mean) mean = static_cast<std::int16_t>(16 * next());
  return projection;
}

void check_signs(const Projection& projection) {
  qorgan::finger::Cylinder cylinder;
  cylinder.valid.fill(true);
  cylinder.cells.fill(255);
  for (const std::uint8_t sign : qorgan::finger::projected_signs(projection, cylinder)) QORGAN_ASSERT(sign <= 1);
}

void check_file(qorgan::ByteView file) {
  const auto projection = qorgan::finger::decode_projection(file, "fuzz");
  if (!projection) {
    QORGAN_ASSERT(!projection.error().what.empty() && projection.error().where == "fuzz");
    return;
  }
  const qorgan::Bytes again = qorgan::finger::encode_projection(*projection);
  QORGAN_ASSERT(std::equal(again.begin(), again.end(), file.begin(), file.end()));
  check_signs(*projection);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const qorgan::ByteView bytes(data, size);
  check_file(bytes);
  check_file(qorgan::finger::encode_projection(from_bytes(bytes)));
  return 0;
}
