// Runs a fuzz target without libFuzzer: every seed file, every beginning of the shorter ones, and seeded changes.
// usage: TARGET SEED_FOLDER [CHANGES] [SEED]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

std::vector<Input> read_seeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Input> seeds = {{}};
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

void change(Input& input, std::mt19937_64& random) {
  const auto at = [&](std::size_t size) { return static_cast<std::size_t>(random() % size); };
  const std::size_t changes = 1 + at(4);
  for (std::size_t i = 0; i < changes; ++i) {
    if (input.empty()) {
      input.push_back(static_cast<std::uint8_t>(random()));
      continue;
    }
    const std::size_t place = at(input.size());
    const auto here = input.begin() + static_cast<std::ptrdiff_t>(place);
    switch (random() % 6) {
      case 0: *here = static_cast<std::uint8_t>(random()); break;
      case 1: *here = static_cast<std::uint8_t>(*here ^ (1U << random() % 8)); break;
      case 2: *here = random() % 2 != 0 ? 0xff : 0; break;
      case 3: input.resize(place); break;
      case 4: input.insert(here, static_cast<std::uint8_t>(random())); break;
      default: {
        const std::size_t length = std::min<std::size_t>(1 + at(16), input.size() - place);
        const Input piece(here, here + static_cast<std::ptrdiff_t>(length));
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(at(input.size())), piece.begin(), piece.end());
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s SEED_FOLDER [CHANGES] [SEED]\n", argv[0]);
    return 2;
  }
  const std::vector<Input> seeds = read_seeds(argv[1]);
  if (seeds.size() < 2) {
    std::fprintf(stderr, "%s: no seeds in %s\n", argv[0], argv[1]);
    return 2;
  }
  const unsigned long changes = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
  const unsigned long seed = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : std::random_device{}();
  std::printf("%zu seeds, %lu changes, random seed %lu\n", seeds.size(), changes, seed);
  std::fflush(stdout);
  for (const Input& input : seeds) {
    LLVMFuzzerTestOneInput(input.data(), input.size());
    for (std::size_t length = 0; length < std::min<std::size_t>(input.size(), 4096); ++length) {
      const Input beginning(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length));
      LLVMFuzzerTestOneInput(beginning.data(), beginning.size());
    }
  }
  std::mt19937_64 random(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  unsigned long done = 0;
  for (; done < changes && std::chrono::steady_clock::now() < end; ++done) {
    Input input = seeds[random() % seeds.size()];
    change(input, random);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%lu changes without a fault\n", done);
  return 0;
}
