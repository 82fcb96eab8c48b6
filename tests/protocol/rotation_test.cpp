#include "protocol/rotation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "crypto/random.h"
#include "ledger/note.h"
#include "protocol/log_keys.h"
#include "tests/support/temp_folder.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

constexpr std::int64_t kTime = 1'790'000'000;

KeyBytes key_of(std::uint8_t mark) {
  KeyBytes key{};
  key.fill(mark);
  return key;
}

// A network whose log keys are at hand.
class Rotations : public testing::Test {
 protected:
  void SetUp() override {
    crypto::initialise();
    for (int i = 0; i < kCustodians; ++i) {
      CustodianEntry& entry = network_.custodians[static_cast<std::size_t>(i)];
      entry.name = "Institution " + std::to_string(i);
      entry.host = "192.0.2.1";
      entry.port = static_cast<std::uint16_t>(7310 + i);
      entry.tls_pin = to_hex(key_of(static_cast<std::uint8_t>(i + 1)));
      signers_.push_back(std::make_unique<crypto::KeySigner>(crypto::make_sign_key_pair()));
      entry.sign_key = signers_.back()->public_key();
    }
    network_.desks = {{"desk", "Office", to_hex(key_of(9))}};
    id_ = network_.id();
  }

  std::filesystem::path path() const { return folder_.path() / "network.json"; }
  // A new log key for a custodian, which signs its next rotations.
  void rotate_log(int custodian) {
    auto next = std::make_unique<crypto::KeySigner>(crypto::make_sign_key_pair());
    auto& signer = signers_[static_cast<std::size_t>(custodian)];
    const Status rotated = rotate_key(network_, custodian, KeyKind::log, next->public_key(), kTime, *signer);
    ASSERT_TRUE(rotated) << rotated.error().message();
    signer = std::move(next);
  }
  void rotate_tls(int custodian, std::uint8_t mark) {
    const Status rotated = rotate_key(network_, custodian, KeyKind::tls, key_of(mark), kTime,
                                      *signers_[static_cast<std::size_t>(custodian)]);
    ASSERT_TRUE(rotated) << rotated.error().message();
  }
  Result<Network> reload() {
    EXPECT_TRUE(save_network(network_, path()));
    return load_network(path());
  }
  void expect_damaged(const std::function<void(json&)>& change) {
    EXPECT_TRUE(save_network(network_, path()));
    json object = json::parse(std::ifstream(path()));
    change(object);
    std::ofstream(path()) << object.dump();
    const auto loaded = load_network(path());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::damaged) << loaded.error().message();
    EXPECT_NE(loaded.error().where.find("rotations"), std::string::npos) << loaded.error().message();
  }
  static std::string signed_by(const Rotation& rotation, const std::string& name, crypto::Signer& signer) {
    ledger::Note note{rotation.text(), {}};
    note.signatures.push_back(*ledger::sign_note(note.text, name, signer));
    return note.format();
  }

  Network network_;
  crypto::Digest id_{};
  std::vector<std::unique_ptr<crypto::KeySigner>> signers_;
  qorgan::test::TempFolder folder_;
};

TEST_F(Rotations, LeadFromTheFoundingKeysToThePresentOnes) {
  const std::array<crypto::SignPublicKey, 2> founding{signers_[0]->public_key(), signers_[2]->public_key()};
  rotate_log(2);
  rotate_tls(1, 21);
  const crypto::SignPublicKey second = signers_[2]->public_key();
  rotate_log(2);
  rotate_tls(2, 22);
  const auto loaded = reload();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->id(), id_);
  EXPECT_EQ(loaded->rotations.size(), 4U);
  EXPECT_EQ(loaded->custodians[2].sign_key, signers_[2]->public_key());
  EXPECT_EQ(loaded->custodians[1].tls_pin, to_hex(key_of(21)));
  EXPECT_EQ(loaded->custodians[2].former_sign_keys, (std::vector{founding[1], second}));
  EXPECT_TRUE(loaded->custodians[1].former_sign_keys.empty());
  const auto former = former_log_keys(*loaded, 2);
  ASSERT_EQ(former.size(), 2U);
  EXPECT_EQ(former[0], (ledger::VerifierKey{log_origin(*loaded, 2), ledger::KeyType::ed25519, founding[1]}));
  EXPECT_NE(former[1], log_key(*loaded, 2));
}

TEST_F(Rotations, AKeyWithoutARotationIsNoticed) {
  rotate_log(0);
  rotate_tls(0, 20);
  const std::string other = to_hex(key_of(77));
  expect_damaged([&](json& object) { object["custodians"][0]["sign_key"] = other; });
  expect_damaged([&](json& object) { object["custodians"][0]["tls_pin"] = other; });
  // The last statement, the first, all of them gone.
  expect_damaged([](json& object) { object["rotations"].erase(1); });
  expect_damaged([](json& object) { object["rotations"].erase(0); });
  expect_damaged([](json& object) { object.erase("rotations"); });
}

TEST_F(Rotations, OrderCounts) {
  rotate_log(1);
  rotate_log(1);
  expect_damaged([](json& object) { std::swap(object["rotations"][0], object["rotations"][1]); });
  expect_damaged([](json& object) { object["rotations"].push_back(object["rotations"][1]); });
}

TEST_F(Rotations, AnotherCustodianCannotChangeTheKey) {
  Rotation forged{id_, 0, KeyKind::log, signers_[0]->public_key(), key_of(50), kTime};
  network_.custodians[0].founding_tls_pin = network_.custodians[0].tls_pin;
  network_.custodians[0].founding_sign_key = network_.custodians[0].sign_key;
  network_.custodians[0].sign_key = key_of(50);
  for (const auto& note : {signed_by(forged, log_origin(network_, 0), *signers_[1]),
                           signed_by(forged, log_origin(network_, 1), *signers_[1])}) {
    network_.rotations = {note};
    expect_damaged([](json&) {});
  }
  // By its own key it is one.
  network_.rotations = {signed_by(forged, log_origin(network_, 0), *signers_[0])};
  EXPECT_TRUE(reload());
}

TEST_F(Rotations, AChangedByteIsNoticed) {
  rotate_tls(0, 20);
  const std::string whole = network_.rotations[0];
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string changed = whole;
    changed[at] = changed[at] == 'a' ? 'b' : 'a';
    expect_damaged([&](json& object) { object["rotations"][0] = changed; });
  }
}

TEST_F(Rotations, AnOldKeyAndAnotherNetworksStatementAreRefused) {
  Network other = network_;
  other.custodians[2].sign_key[0] ^= 1;
  ASSERT_NE(other.id(), id_);
  Rotation rotation{other.id(), 0, KeyKind::tls, key_of(1), key_of(30), kTime};
  network_.custodians[0].founding_tls_pin = network_.custodians[0].tls_pin;
  network_.custodians[0].founding_sign_key = network_.custodians[0].sign_key;
  network_.custodians[0].tls_pin = to_hex(key_of(30));
  network_.rotations = {signed_by(rotation, log_origin(network_, 0), *signers_[0])};
  expect_damaged([](json&) {});
}

TEST_F(Rotations, AKeyIsUsedOnceOnly) {
  for (const KeyBytes& used : {key_of(1), key_of(2), signers_[0]->public_key(), signers_[2]->public_key()}) {
    const Network before = network_;
    const Status rotated = rotate_key(network_, 0, KeyKind::log, used, kTime, *signers_[0]);
    ASSERT_FALSE(rotated);
    EXPECT_EQ(rotated.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(network_.rotations, before.rotations);
    EXPECT_EQ(network_.custodians[0].sign_key, before.custodians[0].sign_key);
  }
}

TEST_F(Rotations, TextComesBackAndNothingElseIsRead) {
  const Rotation rotation{id_, 1, KeyKind::tls, key_of(2), key_of(3), kTime};
  const std::string text = rotation.text();
  const auto read = parse_rotation(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, rotation);
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(parse_rotation(text.substr(0, size))) << size;
  EXPECT_FALSE(parse_rotation(text + "\n"));
  std::string spaced = text;
  spaced.insert(spaced.find(','), " ");
  EXPECT_FALSE(parse_rotation(spaced));
}

}  // namespace
}  // namespace qorgan::protocol
