#include "tests/ledger/log_support.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace qorgan::ledger::test {
namespace {

// One line of hexadecimal digits a message.
class RecordingSigner final : public crypto::Signer {
 public:
  RecordingSigner(std::filesystem::path path, crypto::SignKeyPair key) : path_(std::move(path)), key_(std::move(key)) {}

  const crypto::SignPublicKey& public_key() const override { return key_.public_key; }
  Result<crypto::Signature> sign(ByteView message) override {
    const std::string line = to_hex(message) + "\n";
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const bool written = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(file);
    if (!written) return failure(ErrorCode::internal, "cannot record what was signed");
    return crypto::sign(key_, message);
  }

 private:
  std::filesystem::path path_;
  crypto::SignKeyPair key_;
};

std::string witness_name(int witness) {
  return "qorgan.test/witness-" + std::to_string(witness);
}

}  // namespace

QuickFolder::QuickFolder() {
  crypto::initialise();
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
}

LogPlace::LogPlace(int witnesses) : witnesses_(witnesses) {
  for (int witness = 0; witness < witnesses; ++witness)
    std::filesystem::create_directories(root() / ("witness-" + std::to_string(witness)));
}

crypto::SignKeyPair key_pair_of(const std::string& name) {
  const crypto::Digest seed = crypto::sha256(as_bytes(name));
  return crypto::sign_key_pair_from_seed(crypto::Key(std::span<const std::uint8_t, 32>(seed)));
}

VerifierKey LogPlace::log_key() const {
  return {origin(), KeyType::ed25519, key_pair_of(origin()).public_key};
}

VerifierKey LogPlace::witness_key(int witness) const {
  return {witness_name(witness), KeyType::cosignature, key_pair_of(witness_name(witness)).public_key};
}

std::vector<VerifierKey> LogPlace::cosigners() const {
  std::vector<VerifierKey> keys;
  for (int witness = 0; witness < witnesses_; ++witness) keys.push_back(witness_key(witness));
  return keys;
}

std::shared_ptr<crypto::Signer> LogPlace::signer() const {
  return std::make_shared<RecordingSigner>(root() / "signed", key_pair_of(origin()));
}

std::vector<Checkpoint> LogPlace::signed_checkpoints() const {
  std::vector<Checkpoint> all;
  std::ifstream file(root() / "signed");
  for (std::string line; std::getline(file, line);) {
    const auto message = from_hex(line);
    EXPECT_TRUE(message.has_value());
    const auto checkpoint = parse_checkpoint(std::string(message->begin(), message->end()));
    EXPECT_TRUE(checkpoint.has_value());
    all.push_back(*checkpoint);
  }
  return all;
}

LogOptions LogPlace::options(Disk* disk, std::function<std::int64_t()> now_s) const {
  LogOptions options{log_folder(), origin(), {}, 1, disk, journal_bytes_max};
  for (int number = 0; number < witnesses_; ++number) {
    WitnessOptions about;
    about.folder = root() / ("witness-" + std::to_string(number));
    about.name = witness_name(number);
    about.logs = {log_key()};
    about.now_s = now_s;
    auto opened = Witness::open(about, std::make_shared<crypto::KeySigner>(key_pair_of(witness_name(number))));
    EXPECT_TRUE(opened.has_value()) << opened.error().message();
    const std::shared_ptr<Witness> witness = std::move(*opened);
    options.witnesses.push_back({witness_key(number), [witness](const AddCheckpoint& request) -> Result<WitnessAnswer> {
                                   return witness->add_checkpoint(request.text());
                                 }});
  }
  return options;
}

Result<std::unique_ptr<Log>> LogPlace::open(Disk* disk) const {
  return Log::open(options(disk), {signer()}, true);
}

FsckReport LogPlace::check() const {
  const auto report = fsck(log_folder(), {{log_key()}, cosigners(), 0, false});
  EXPECT_TRUE(report.has_value()) << report.error().message();
  return report.value_or(FsckReport{});
}

Bytes entry_of(std::uint64_t number) {
  Bytes seed;
  append_u64(seed, number);
  const crypto::Digest digest = crypto::sha256(seed);
  Bytes entry(20 + digest[0] % 101);
  for (std::size_t i = 0; i < entry.size(); ++i) entry[i] = static_cast<std::uint8_t>(digest[i % 32] + i / 32);
  return entry;
}

Result<std::uint64_t> append(Log& log, const Bytes& entry) {
  QORGAN_TRY(const Appended appended, log.append(entry, soon()));
  QORGAN_CHECK(log.wait_published(appended.index, soon()));
  return appended.index;
}

}  // namespace qorgan::ledger::test
