// What this program makes and refuses, against a second implementation in another language (second.py).
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ledger/tile.h"
#include "tests/ledger/format_support.h"
#include "tests/support/source_folder.h"
#include "tests/support/temp_folder.h"

namespace qorgan::ledger {
namespace {

using nlohmann::json;
using test::key_of;
using test::signer_of;
using test::SmallLog;

const std::string kWitnessName = "witness.example/w";

VerifierKey witness_key() {
  return key_of(*signer_of(20), kWitnessName, KeyType::cosignature);
}

// Its exit code; 0 where everything holds, 1 where something does not.
int run_second(const std::string& arguments) {
  const std::string command =
      "python3 " + (qorgan::test::source_folder() / "tests/ledger/second.py").string() + " " + arguments;
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

std::string cosigned(const SmallLog& log, const Checkpoint& checkpoint) {
  return log.signed_note(checkpoint) + cosign_note(checkpoint.text(), kWitnessName, *signer_of(20), 1795406809)->line();
}

// Lines of JSON, each a proof and whether it is good by this program.
class Cases {
 public:
  void add_proof(const LogProof& proof, const Bytes& entry, const TrustedLog& trusted) {
    json cosigners = json::array();
    for (const VerifierKey& key : trusted.cosigners) cosigners.push_back(key.text());
    const auto read = parse_log_proof(proof.text());
    lines_ += json{{"kind", "proof"},
                   {"proof", proof.text()},
                   {"entry", to_hex(entry)},
                   {"log", trusted.log.text()},
                   {"cosigners", cosigners},
                   {"cosignatures_min", trusted.cosignatures_min},
                   {"good", read && verify_log_proof(*read, entry, trusted)}}
                  .dump() +
              "\n";
  }
  void add_consistency(std::size_t old_size, std::size_t size, const Hash& old_root, const Hash& root,
                       const Proof& proof) {
    json hashes = json::array();
    for (const Hash& hash : proof) hashes.push_back(to_hex(hash));
    lines_ += json{{"kind", "consistency"},
                   {"old_size", old_size},
                   {"size", size},
                   {"old_root", to_hex(old_root)},
                   {"root", to_hex(root)},
                   {"proof", hashes},
                   {"good", verify_consistency(old_size, size, old_root, root, proof).has_value()}}
                  .dump() +
              "\n";
  }
  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
};

TEST(Second, SelfTest) {
  EXPECT_EQ(run_second("self-test"), 0);
}

TEST(Second, JudgesAsThisProgramDoes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const SmallLog log;
  const TrustedLog trusted{log.key(), {witness_key()}, 1};
  Cases cases;
  for (int round = 0; round < 40; ++round) {
    const std::size_t size = 1 + random() % log.tree.size();
    const std::size_t index = random() % size;
    const Checkpoint checkpoint = log.checkpoint(size);
    const LogProof good{{}, index, prove_inclusion(index, size, log.tree.reader()).value(), cosigned(log, checkpoint)};
    const Bytes& entry = log.tree.entry(index);
    cases.add_proof(good, entry, trusted);
    LogProof changed = good;
    changed.index = random() % size;
    cases.add_proof(changed, entry, trusted);
    cases.add_proof(good, log.tree.entry((index + 1) % log.tree.size()), trusted);
    changed = good;
    changed.checkpoint = log.signed_note(checkpoint);
    cases.add_proof(changed, entry, trusted);
    changed = good;
    changed.checkpoint[random() % changed.checkpoint.size()] ^= 1;
    cases.add_proof(changed, entry, trusted);
    changed = good;
    changed.hashes.push_back(Hash{});
    cases.add_proof(changed, entry, trusted);
  }
  for (std::size_t size = 0; size <= log.tree.size(); ++size) {
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      const Proof proof = prove_consistency(old_size, size, log.tree.reader()).value();
      const Hash old_root = log.tree.root(old_size);
      const Hash root = log.tree.root(size);
      cases.add_consistency(old_size, size, old_root, root, proof);
      if (proof.empty()) continue;
      Proof changed = proof;
      changed[random() % changed.size()][random() % 32] ^= 1;
      cases.add_consistency(old_size, size, old_root, root, changed);
      changed = proof;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(random() % changed.size()));
      cases.add_consistency(old_size, size, old_root, root, changed);
    }
  }
  const qorgan::test::TempFolder folder;
  write_file(folder.path() / "cases", cases.lines());
  EXPECT_EQ(run_second("cases " + (folder.path() / "cases").string()), 0);
  // It would have said so, had it judged otherwise.
  json one = json::parse(cases.lines().substr(0, cases.lines().find('\n')));
  one["good"] = !one["good"].get<bool>();
  write_file(folder.path() / "wrong", one.dump() + "\n");
  EXPECT_EQ(run_second("cases " + (folder.path() / "wrong").string()), 1);
}

TEST(Second, VerifiesProofsInFiles) {
  const SmallLog log;
  const qorgan::test::TempFolder folder;
  const LogProof proof{{}, 5, log.tree.inclusion(5, 21), cosigned(log, log.checkpoint(21))};
  const Bytes& entry = log.tree.entry(5);
  write_file(folder.path() / "proof", proof.text());
  write_file(folder.path() / "entry", {reinterpret_cast<const char*>(entry.data()), entry.size()});
  write_file(folder.path() / "other", "other");
  const auto verify = [&folder](const std::string& entry_file, const VerifierKey& log_key,
                                const VerifierKey& cosigner) {
    return run_second("verify-proof " + (folder.path() / "proof").string() + " " +
                      (folder.path() / entry_file).string() + " " + log_key.text() + " " + cosigner.text());
  };
  EXPECT_EQ(verify("entry", log.key(), witness_key()), 0);
  EXPECT_EQ(verify("other", log.key(), witness_key()), 1);
  EXPECT_EQ(verify("entry", key_of(*signer_of(9), log.origin), witness_key()), 1);
  EXPECT_EQ(verify("entry", log.key(), key_of(*signer_of(9), kWitnessName, KeyType::cosignature)), 1);
}

// A log's folder as C2SP tlog-tiles has it, written here straight from the entries.
class LogFolder {
 public:
  explicit LogFolder(std::size_t size) {
    log_.tree = test::ClearTree::of_size(size);
    write_file(path() / "checkpoint", cosigned(log_, log_.checkpoint(size)));
    write_tiles(kBundleLevel, [this](Bytes& tile, std::size_t i) { append_to_bundle(tile, log_.tree.entry(i)); });
    for (int level = 0; level < 2; ++level)
      write_tiles(level, [this, level](Bytes& tile, std::size_t i) {
        const Hash hash = log_.tree.reader()(kTileHeight * level, i).value();
        tile.insert(tile.end(), hash.begin(), hash.end());
      });
  }
  const std::filesystem::path& path() const { return folder_.path(); }
  int check() const {
    return run_second("check-log " + path().string() + " " + log_.key().text() + " " + witness_key().text());
  }
  // Whether it is still accepted with one bit of a file changed, or with the file gone.
  int check_changed(const std::filesystem::path& file) const {
    std::ifstream in(path() / file, std::ios::binary);
    const std::string good((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::string changed = good;
    changed[changed.size() / 2] ^= 1;
    write_file(path() / file, changed);
    const int code = check();
    write_file(path() / file, good);
    return code;
  }

 private:
  template <class Append>
  void write_tiles(int level, const Append& append) {
    for (std::uint64_t index = 0; tile_width(level, index, log_.tree.size()) > 0; ++index) {
      const TileId tile{level, index, tile_width(level, index, log_.tree.size())};
      Bytes content;
      for (std::size_t i = 0; i < static_cast<std::size_t>(tile.width); ++i) append(content, kTileWidth * index + i);
      write_file(path() / tile.path(), {reinterpret_cast<const char*>(content.data()), content.size()});
    }
  }

  SmallLog log_;
  qorgan::test::TempFolder folder_;
};

TEST(Second, ChecksALogsFolder) {
  const LogFolder log(600);
  EXPECT_EQ(log.check(), 0);
  for (const char* file :
       {"checkpoint", "tile/entries/001", "tile/entries/002.p/88", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"}) {
    EXPECT_EQ(log.check_changed(file), 1) << file;
    std::filesystem::rename(log.path() / file, log.path() / "aside");
    EXPECT_EQ(log.check(), 1) << file << " is missing";
    std::filesystem::rename(log.path() / "aside", log.path() / file);
  }
  // A partial tile of an earlier size may still be there, and must be right as well.
  std::filesystem::create_directories(log.path() / "tile/0/001.p");
  std::filesystem::copy_file(log.path() / "tile/0/001", log.path() / "tile/0/001.p/7");
  EXPECT_EQ(log.check(), 1) << "too long";
  std::filesystem::resize_file(log.path() / "tile/0/001.p/7", 7 * 32);
  EXPECT_EQ(log.check(), 0);
  EXPECT_EQ(log.check_changed("tile/0/001.p/7"), 1);
}

}  // namespace
}  // namespace qorgan::ledger
