#include "ledger/checkpoint.h"

#include "tests/ledger/format_support.h"

namespace qorgan::ledger {
namespace {

using test::key_of;
using test::signer_of;
using test::SmallLog;

const std::string kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

// The example of C2SP tlog-checkpoint.
TEST(Checkpoint, ExampleOfTheSpecification) {
  const std::string text = "example.com/behind-the-sofa\n20852163\n" + kRoot;
  const Checkpoint checkpoint = parse_checkpoint(text).value();
  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.size, 20852163U);
  EXPECT_EQ(to_hex(checkpoint.root), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
  EXPECT_EQ(checkpoint.text(), text);
}

TEST(Checkpoint, SizesFromNoneToTheMost) {
  for (const char* size : {"0", "1", "9223372036854775807"})
    EXPECT_EQ(parse_checkpoint("log\n" + std::string(size) + "\n" + kRoot)->text(),
              "log\n" + std::string(size) + "\n" + kRoot);
  for (const char* size : {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808",
                           "18446744073709551616", "99999999999999999999999999"})
    EXPECT_EQ(parse_checkpoint("log\n" + std::string(size) + "\n" + kRoot).error().code, ErrorCode::invalid_input)
        << size;
}

TEST(Checkpoint, WrongFormsAreRefused) {
  const std::vector<std::string> wrong = {"",
                                          "log\n",
                                          "log\n1\n",
                                          "log\n1\n" + kRoot.substr(0, 44),
                                          "\n1\n" + kRoot,
                                          "log\n1\n" + kRoot + "extension\n",
                                          "log\n1\n" + kRoot + "\n",
                                          "log\n1\n" + kRoot.substr(4),
                                          "log\n1\nAAAA" + kRoot,
                                          "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",  // a stray bit
                                          "log\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n"};
  for (const std::string& text : wrong)
    EXPECT_EQ(parse_checkpoint(text).error().code, ErrorCode::invalid_input) << text;
}

class OpenCheckpoint : public testing::Test {
 protected:
  // Signed by the log and the witnesses of these numbers.
  std::string note_of(const std::vector<int>& witnesses) const {
    Note note = parse_note(log.signed_note(log.checkpoint(7))).value();
    for (const int number : witnesses)
      note.signatures.push_back(
          cosign_note(note.text, witness(number).name, *signer_of(number), 1000 + number).value());
    return note.format();
  }
  static VerifierKey witness(int number) {
    return key_of(*signer_of(number), "witness.example/" + std::to_string(number), KeyType::cosignature);
  }

  SmallLog log;
};

TEST_F(OpenCheckpoint, SaysWhoCosigned) {
  const std::vector<VerifierKey> trusted = {witness(11), witness(12), witness(13)};
  const auto opened = open_checkpoint(note_of({12, 99, 11}), log.key(), trusted);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->checkpoint, log.checkpoint(7));
  ASSERT_EQ(opened->cosignatures.size(), 2U);
  EXPECT_EQ(opened->cosignatures[0].key, witness(12));
  EXPECT_EQ(opened->cosignatures[0].time_s, 1012);
  EXPECT_EQ(opened->cosignatures[1].key, witness(11));
  EXPECT_EQ(opened->note.format(), note_of({12, 99, 11}));
}

TEST_F(OpenCheckpoint, NeedsTheLogsOwnSignature) {
  const std::vector<VerifierKey> trusted = {witness(11)};
  Note note = parse_note(note_of({11})).value();
  note.signatures.erase(note.signatures.begin());
  EXPECT_EQ(open_checkpoint(note.format(), log.key(), trusted).error().code, ErrorCode::refused);
  EXPECT_EQ(open_checkpoint(note_of({}), key_of(*signer_of(5), log.origin), trusted).error().code, ErrorCode::refused);
}

TEST_F(OpenCheckpoint, AnotherOriginIsAnotherLog) {
  const std::vector<VerifierKey> none;
  EXPECT_EQ(open_checkpoint(note_of({}), key_of(*log.signer, "log.example/two"), none).error().code,
            ErrorCode::wrong_network);
}

TEST_F(OpenCheckpoint, AKnownSignatureThatFailsSpoilsIt) {
  const std::vector<VerifierKey> trusted = {witness(11)};
  for (std::size_t which : {0U, 1U}) {
    Note note = parse_note(note_of({11})).value();
    note.signatures[which].signature.back() ^= 1;
    EXPECT_EQ(open_checkpoint(note.format(), log.key(), trusted).error().code, ErrorCode::damaged);
  }
}

TEST_F(OpenCheckpoint, AnotherTextThanACheckpointIsRefused) {
  const std::string text = log.checkpoint(7).text() + "extension\n";
  const std::string note = Note{text, {sign_note(text, log.origin, *log.signer).value()}}.format();
  EXPECT_EQ(open_checkpoint(note, log.key(), {}).error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::ledger
