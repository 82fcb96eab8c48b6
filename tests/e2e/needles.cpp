#include "needles.h"

#include <cstring>
#include <fstream>

#include "base/bytes.h"

namespace qorgan::e2e {

namespace {

constexpr int kHashBits = 22;

std::uint64_t part_at(const char* bytes) {
  std::uint64_t part = 0;
  std::memcpy(&part, bytes, sizeof part);
  return part;
}

// Where in a needle the bytes change most: memory is full of zeros, and needles may begin with them.
std::size_t telling_part_of(const std::string& needle) {
  std::size_t best = 0;
  std::ptrdiff_t most = -1;
  for (std::size_t at = 0; at + Needles::kBytesMin <= needle.size(); ++at) {
    std::ptrdiff_t changes = 0;
    for (std::size_t i = at + 1; i < at + Needles::kBytesMin; ++i) changes += needle[i] != needle[i - 1] ? 1 : 0;
    if (changes > most) {
      most = changes;
      best = at;
    }
  }
  return best;
}

std::size_t hash_of(std::uint64_t part) {
  return static_cast<std::size_t>(part * 0x9e3779b97f4a7c15U >> (64 - kHashBits));
}

}  // namespace

Result<Needles> Needles::load(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return failure(ErrorCode::not_found, "the needles cannot be read", path.string());
  Needles all;
  all.there_.resize(std::size_t{1} << kHashBits);
  for (std::string line; std::getline(file, line);) {
    QORGAN_TRY(const Bytes needle, from_hex(line));
    if (needle.size() < kBytesMin) return failure(ErrorCode::invalid_input, "a needle is too short", path.string());
    all.needles_.emplace_back(needle.begin(), needle.end());
    const std::size_t offset = telling_part_of(all.needles_.back());
    const std::uint64_t part = part_at(all.needles_.back().data() + offset);
    all.by_part_.emplace(part, Place{all.needles_.size() - 1, offset});
    all.there_[hash_of(part)] = true;
  }
  return all;
}

Result<std::map<std::size_t, std::size_t>> Needles::find_in(const std::filesystem::path& path) const {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(ErrorCode::not_found, "it cannot be read", path.string());
  std::string content(std::filesystem::file_size(path), '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return failure(ErrorCode::unavailable, "it cannot be read to its end", path.string());
  std::map<std::size_t, std::size_t> found;
  for (std::size_t at = 0; at + kBytesMin <= content.size(); ++at) {
    const std::uint64_t part = part_at(content.data() + at);
    if (!there_[hash_of(part)]) continue;
    const auto [begin, end] = by_part_.equal_range(part);
    for (auto candidate = begin; candidate != end; ++candidate) {
      const auto [line, offset] = candidate->second;
      const std::string& needle = needles_[line];
      if (offset <= at && content.compare(at - offset, needle.size(), needle) == 0) found.emplace(line, at - offset);
    }
  }
  return found;
}

}  // namespace qorgan::e2e
