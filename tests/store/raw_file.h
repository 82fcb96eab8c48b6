// A look past the store at the bytes of its file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"

namespace qorgan::store::test {

// What stands in the file of one live record; the store must be closed.
struct SealedRecord {
  Bytes wrapped_key;
  Bytes details;
  std::vector<Bytes> shares;
  std::vector<Bytes> openings;  // of its entries
};
SealedRecord read_sealed(const std::filesystem::path& path, std::int64_t sequence);

// Runs SQL on a closed store's file, as a meddler would.
void meddle(const std::filesystem::path& path, const std::string& sql);

// Every 8 bytes in a row of a file, to be asked many times.
class PartIndex {
 public:
  explicit PartIndex(ByteView bytes);
  bool holds_part_of(ByteView needle) const;

 private:
  std::unordered_set<std::uint64_t> parts_;
};

}  // namespace qorgan::store::test
