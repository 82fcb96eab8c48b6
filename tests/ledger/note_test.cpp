#include "ledger/note.h"

#include "base/limits.h"
#include "ledger/text.h"
#include "tests/ledger/format_support.h"

namespace qorgan::ledger {
namespace {

using test::key_of;
using test::signer_of;

// The key and note of the tests of golang.org/x/mod/sumdb/note, from which the format comes.
const std::string kKnownKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const std::string kKnownSeed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";  // with its type before it
const std::string kKnownText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const std::string kKnownLine =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

crypto::KeySigner known_signer() {
  const Bytes seed = from_base64(kKnownSeed).value();
  return crypto::KeySigner(
      crypto::sign_key_pair_from_seed(crypto::Key(std::span<const std::uint8_t, 32>(seed.data() + 1, 32))));
}

std::vector<VerifierKey> known_keys() {
  return {parse_verifier_key(kKnownKey).value()};
}

TEST(Note, KnownNoteVerifies) {
  const Note note = parse_note(kKnownText + "\n" + kKnownLine).value();
  EXPECT_EQ(note.text, kKnownText);
  const auto verified = verify_note(note, known_keys());
  ASSERT_TRUE(verified);
  ASSERT_EQ(verified->size(), 1U);
  EXPECT_EQ(verified->front().key.text(), kKnownKey);
  EXPECT_EQ(verified->front().time_s, 0);
}

TEST(Note, KnownNoteIsSignedToTheByte) {
  crypto::KeySigner signer = known_signer();
  EXPECT_EQ(key_of(signer, "PeterNeumann").text(), kKnownKey);
  EXPECT_EQ(sign_note(kKnownText, "PeterNeumann", signer)->line(), kKnownLine);
}

TEST(Note, EveryByteOfTheTextMatters) {
  for (std::size_t i = 0; i + 1 < kKnownText.size(); ++i) {
    std::string text = kKnownText;
    text[i] = text[i] == 'x' ? 'y' : 'x';
    const auto note = parse_note(text + "\n" + kKnownLine);
    ASSERT_TRUE(note) << i;
    EXPECT_EQ(verify_note(*note, known_keys()).error().code, ErrorCode::damaged) << i;
  }
}

TEST(Note, EveryByteOfAVerifierKeyMatters) {
  for (std::size_t i = 0; i < kKnownKey.size(); ++i) {
    std::string changed = kKnownKey;
    ++changed[i];
    EXPECT_FALSE(parse_verifier_key(changed)) << changed;
    EXPECT_FALSE(parse_verifier_key(kKnownKey.substr(0, i))) << i;
    EXPECT_FALSE(parse_verifier_key(kKnownKey.substr(i + 1))) << i;
  }
  // Of another length, and of another type, each with the id that it would have (x/mod/sumdb/note).
  EXPECT_FALSE(parse_verifier_key("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="));
  EXPECT_FALSE(parse_verifier_key("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
  EXPECT_FALSE(parse_verifier_key("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
}

TEST(Note, VerifierKeysComeBack) {
  for (const KeyType type : {KeyType::ed25519, KeyType::cosignature}) {
    const VerifierKey key = key_of(*signer_of(7), "бақылаушы.example/1", type);
    EXPECT_EQ(parse_verifier_key(key.text()).value(), key);
  }
  const VerifierKey as_log = key_of(*signer_of(7), "w.example", KeyType::ed25519);
  const VerifierKey as_witness = key_of(*signer_of(7), "w.example", KeyType::cosignature);
  EXPECT_NE(as_log.id(), as_witness.id());
}

// The examples of C2SP signed-note and tlog-cosignature. Their keys are not published.
TEST(Note, ExamplesOfTheSpecificationsAreReadAndWritten) {
  const std::string poem =
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
      "— quasimodo.example/salvatore "
      "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
  const Note note = parse_note(poem).value();
  EXPECT_TRUE(note.text.ends_with("sole:\n\ned è subito sera.\n"));
  ASSERT_EQ(note.signatures.size(), 1U);
  EXPECT_EQ(note.signatures[0].name, "quasimodo.example/salvatore");
  EXPECT_EQ(note.signatures[0].key_id, 0x367ba04bU);
  EXPECT_EQ(note.signatures[0].signature.size(), 64U);
  EXPECT_EQ(note.format(), poem);

  const std::string cosigned =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
      "— example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
      "— witness.example.com/w1 "
      "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
  const Note checkpoint = parse_note(cosigned).value();
  ASSERT_EQ(checkpoint.signatures.size(), 2U);
  const NoteSignature& cosignature = checkpoint.signatures[1];
  EXPECT_EQ(cosignature.key_id, 0x8d66cf3fU);
  ASSERT_EQ(cosignature.signature.size(), 72U);
  EXPECT_EQ(read_u64(cosignature.signature), 1679315147U);
  EXPECT_EQ(checkpoint.format(), cosigned);
}

TEST(Note, WrongFormsAreRefused) {
  const std::string good = kKnownText + "\n" + kKnownLine;
  const std::string signature = kKnownLine.substr(kKnownLine.rfind(' ') + 1);
  const std::vector<std::string> wrong = {
      "",
      "\n",
      "\n\n",
      kKnownText,
      kKnownText + "\n",
      kKnownText + kKnownLine,  // no blank line
      "\n" + kKnownLine,        // no text
      kKnownLine,
      good.substr(0, good.size() - 1),  // the last line has no end
      good + "\n",                      // the last blank line has nothing after it
      good + "more\n",
      kKnownText + "\n\n" + kKnownLine + "\n",
      kKnownText + "\n-- PeterNeumann " + signature,  // no em dash
      kKnownText + "\n—PeterNeumann " + signature,
      kKnownText + "\n—  " + signature,  // no name
      kKnownText + "\n— Peter Neumann " + signature,
      kKnownText + "\n— Peter+Neumann " + signature,
      kKnownText + "\n— Peter\u00a0Neumann " + signature,  // a Unicode space
      kKnownText + "\n— Peter\u2003Neumann " + signature,
      kKnownText + "\n— Peter\u0085Neumann " + signature,
      kKnownText + "\n— PeterNeumann\n",
      kKnownText + "\n— PeterNeumann AAAAAA==\n",  // an id without a signature
      kKnownText + "\n— PeterNeumann " + signature.substr(1),
      kKnownText + "\n— PeterNeumann !" + signature.substr(1),
      kKnownText + "\n— PeterNeumann " + signature.substr(0, signature.size() - 1) + " \n",
      "tab\there\n\n" + kKnownLine,
      "return\r\n\n" + kKnownLine,
      std::string("zero\0\n\n", 7) + kKnownLine,
      "\xff\n\n" + kKnownLine,
      "\xc0\xaf\n\n" + kKnownLine,          // too long a form
      "\xed\xa0\x80\n\n" + kKnownLine,      // a surrogate
      "\xf4\x90\x80\x80\n\n" + kKnownLine,  // above U+10FFFF
      "\xe2\x82\n\n" + kKnownLine,          // cut short
      std::string(limits::note_bytes_max, 'a') + "\n\n" + kKnownLine};
  for (const std::string& note : wrong) {
    const auto parsed = parse_note(note);
    ASSERT_FALSE(parsed) << note.substr(0, 300);
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input);
  }
  EXPECT_TRUE(parse_note(good));
  EXPECT_TRUE(parse_note("\n\n" + kKnownLine)) << "an empty line is a text";
}

TEST(Note, Utf8) {
  for (const char* good : {"", "a", "қорған", "\u07ff\u0800\ud7ff\ue000\uffff", "\U00010000\U0010ffff"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80",
                          "\xc2", "\xc2\x41", "\xf8\x88\x80\x80\x80"})
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
}

std::string note_of(int signatures) {
  std::string note = "text\n\n";
  for (int i = 0; i < signatures; ++i)
    note += NoteSignature{"key" + std::to_string(i), static_cast<std::uint32_t>(i), Bytes(64)}.line();
  return note;
}

TEST(Note, NumberOfSignaturesIsLimited) {
  const auto most = static_cast<int>(limits::note_signatures_max);
  EXPECT_GE(most, 16) << "C2SP signed-note";
  EXPECT_EQ(parse_note(note_of(most))->signatures.size(), limits::note_signatures_max);
  EXPECT_FALSE(parse_note(note_of(most + 1)));
  const std::string lines = note_of(3).substr(6);
  EXPECT_EQ(parse_signature_lines(lines)->size(), 3U);
  for (const std::string& wrong : {std::string(), "\n" + lines, lines + "\n", lines + "x", lines.substr(1)})
    EXPECT_EQ(parse_signature_lines(wrong).error().code, ErrorCode::invalid_input) << wrong;
}

TEST(Note, UnknownSignaturesAreIgnored) {
  const auto signer = signer_of(1);
  const auto other = signer_of(2);
  const std::string text = "text\n";
  const NoteSignature known = sign_note(text, "known", *signer).value();
  NoteSignature same_name = sign_note("another text\n", "known", *other).value();
  NoteSignature same_id = known;
  same_id.name = "unknown";
  same_id.signature = Bytes(5);
  const std::vector<VerifierKey> keys = {key_of(*signer, "known")};
  const auto verified = verify_note({text, {same_name, same_id, known}}, keys);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->size(), 1U);
  EXPECT_EQ(verify_note({text, {same_name, same_id}}, keys).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_note({text, {known}}, {}).error().code, ErrorCode::refused);
}

TEST(Note, OneFailingSignatureOfAKnownKeySpoilsTheNote) {
  const auto first = signer_of(1);
  const auto second = signer_of(2);
  const std::vector<VerifierKey> keys = {key_of(*first, "first"), key_of(*second, "second")};
  const NoteSignature good = sign_note("text\n", "first", *first).value();
  const NoteSignature bad = sign_note("another text\n", "second", *second).value();
  for (const std::vector<NoteSignature>& signatures : {std::vector{good, bad}, std::vector{bad, good}})
    EXPECT_EQ(verify_note({"text\n", signatures}, keys).error().code, ErrorCode::damaged);
  for (std::size_t length : {1U, 63U, 65U}) {
    NoteSignature cut = good;
    cut.signature.resize(length);
    EXPECT_EQ(verify_note({"text\n", {cut}}, keys).error().code, ErrorCode::damaged) << length;
  }
}

TEST(Note, AKeyThatSignedTwiceCountsOnce) {
  const auto signer = signer_of(1);
  const NoteSignature line = sign_note("text\n", "name", *signer).value();
  const std::vector<VerifierKey> keys = {key_of(*signer, "name")};
  EXPECT_EQ(verify_note({"text\n", {line, line}}, keys)->size(), 1U);
}

TEST(Note, CosignatureSignsItsTime) {
  const auto signer = signer_of(3);
  const std::vector<VerifierKey> keys = {key_of(*signer, "w.example", KeyType::cosignature)};
  const std::string text = "log\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const NoteSignature good = cosign_note(text, "w.example", *signer, 1679315147).value();
  const auto verified = verify_note({text, {good}}, keys);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->front().time_s, 1679315147);

  // The message of C2SP tlog-cosignature, signed directly.
  const std::string message = "cosignature/v1\ntime 1679315147\n" + text;
  const crypto::Signature direct = signer->sign(as_bytes(message)).value();
  EXPECT_TRUE(std::equal(direct.begin(), direct.end(), good.signature.begin() + 8, good.signature.end()));

  for (std::size_t i = 0; i < good.signature.size(); ++i) {
    NoteSignature changed = good;
    changed.signature[i] ^= 1;
    EXPECT_EQ(verify_note({text, {changed}}, keys).error().code, ErrorCode::damaged) << i;
  }
  NoteSignature later_than_any = good;
  later_than_any.signature[0] = 0x80;
  EXPECT_FALSE(verify_note({text, {later_than_any}}, keys));
  NoteSignature cut = good;
  cut.signature.resize(7);
  EXPECT_FALSE(verify_note({text, {cut}}, keys));
}

// A signature of one kind must not pass for the other.
TEST(Note, KindsOfSignaturesAreApart) {
  const auto signer = signer_of(3);
  const VerifierKey as_log = key_of(*signer, "name");
  const VerifierKey as_witness = key_of(*signer, "name", KeyType::cosignature);
  NoteSignature plain = sign_note("text\n", "name", *signer).value();
  NoteSignature timed = cosign_note("text\n", "name", *signer, 5).value();
  EXPECT_EQ(verify_note({"text\n", {plain}}, std::vector{as_witness}).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_note({"text\n", {timed}}, std::vector{as_log}).error().code, ErrorCode::refused);
  std::swap(plain.key_id, timed.key_id);
  EXPECT_EQ(verify_note({"text\n", {plain}}, std::vector{as_witness}).error().code, ErrorCode::damaged);
  EXPECT_EQ(verify_note({"text\n", {timed}}, std::vector{as_log}).error().code, ErrorCode::damaged);
}

}  // namespace
}  // namespace qorgan::ledger
