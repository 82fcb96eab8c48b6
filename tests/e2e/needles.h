// Many byte strings looked for at once in files of any size, for the privacy tests.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace qorgan::e2e {

class Needles {
 public:
  static constexpr std::size_t kBytesMin = 8;

  // A file of one needle a line, in hexadecimal. Errors: not_found, invalid_input (no hexadecimal, or one is shorter
  // than kBytesMin).
  static Result<Needles> load(const std::filesystem::path& path);

  // By the needle's line, counted from 0, where in the file it is first found. Errors: not_found, unavailable.
  Result<std::map<std::size_t, std::size_t>> find_in(const std::filesystem::path& path) const;

 private:
  struct Place {
    std::size_t line = 0;
    std::size_t offset = 0;  // of the part in the needle
  };

  std::vector<std::string> needles_;
  // By a part of kBytesMin bytes, and which hashes of parts there are.
  std::unordered_multimap<std::uint64_t, Place> by_part_;
  std::vector<bool> there_;
};

}  // namespace qorgan::e2e
