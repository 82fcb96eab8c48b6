#include "identity/iin.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <set>
#include <string>
#include <type_traits>

namespace qorgan::identity {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<Iin> && !Printable<Iin> && !std::is_convertible_v<Iin, ByteView>);

std::string text_of(const Iin& iin) {
  return {iin.expose().begin(), iin.expose().end()};
}

std::string error_of(std::string_view text) {
  const auto iin = parse_iin(text);
  EXPECT_FALSE(iin.has_value()) << text;
  if (iin) return {};
  EXPECT_EQ(iin.error().code, ErrorCode::invalid_input);
  return iin.error().message();
}

// Worked by hand. 000101 1 0000: 4*1 + 6*1 + 7*1 = 17 = 6 (mod 11).
// 690312 2 4570: 1*6 + 2*9 + 4*3 + 5*1 + 6*2 + 7*2 + 8*4 + 9*5 + 10*7 = 214 = 5.
// 000103 2 0000: 4*1 + 6*3 + 7*2 = 36 = 3.
TEST(ParseIin, TakesNumbersWhoseCheckDigitWasWorkedByHand) {
  for (const std::string_view text : {"000101100006", "690312245705", "000103200003"}) {
    const auto iin = parse_iin(text);
    ASSERT_TRUE(iin.has_value()) << text << ": " << iin.error().message();
    EXPECT_EQ(text_of(*iin), text);
  }
}

// 000105 1 0009 0: 4*1 + 6*5 + 7 + 10*9 = 131 = 10, so again: 6*1 + 8*5 + 9*1 + 1*9 + 2*0 = 64 = 9.
// 000105 1 0009 6: the first sum is the same (the eleventh weighs 11), the second is 64 + 12 = 76 = 10: not issued.
TEST(ParseIin, UsesTheSecondWeightsWhereTheFirstGiveTen) {
  EXPECT_TRUE(parse_iin("000105100909").has_value());
  for (char last = '0'; last <= '9'; ++last) {
    EXPECT_FALSE(parse_iin(std::string("00010510096") + last).has_value()) << last;
  }
}

TEST(ParseIin, SaysWhatIsWrong) {
  EXPECT_NE(error_of("").find("has 0"), std::string::npos);
  EXPECT_NE(error_of("00010110000").find("has 11"), std::string::npos);
  EXPECT_NE(error_of("0001011000066").find("has 13"), std::string::npos);
  EXPECT_NE(error_of("0001O1100006").find("character 5 is no digit"), std::string::npos);
  EXPECT_NE(error_of(" 00101100006").find("character 1 is no digit"), std::string::npos);
  EXPECT_NE(error_of(std::string_view("000101\0 00006", 12)).find("character 7 is no digit"), std::string::npos);
  EXPECT_NE(error_of("\xD9\xA0\xD9\xA0\xD9\xA0").find("character 1 is no digit"), std::string::npos);
  EXPECT_NE(error_of("000101700006").find("seventh digit"), std::string::npos);
  EXPECT_NE(error_of("000001100006").find("no date"), std::string::npos);
  EXPECT_NE(error_of("001301100006").find("no date"), std::string::npos);
  EXPECT_NE(error_of("000100100006").find("no date"), std::string::npos);
  EXPECT_NE(error_of("000132100006").find("no date"), std::string::npos);
  EXPECT_NE(error_of("000431100006").find("no date"), std::string::npos);
  EXPECT_NE(error_of("000101100007").find("last digit"), std::string::npos);
}

bool date_is_refused(const std::string& first_seven) {
  return error_of(first_seven + "00000").find("no date") != std::string::npos;
}

bool date_is_taken(const std::string& first_seven) {
  for (char last = '0'; last <= '9'; ++last) {
    if (parse_iin(first_seven + "0000" + last) || parse_iin(first_seven + "0010" + last)) return true;
  }
  return false;
}

TEST(ParseIin, KnowsLeapYears) {
  EXPECT_TRUE(date_is_refused("0002291"));  // 1800
  EXPECT_TRUE(date_is_refused("0002293"));  // 1900
  EXPECT_TRUE(date_is_taken("0002295"));    // 2000
  EXPECT_TRUE(date_is_taken("0002290"));    // a foreigner of 2000
  EXPECT_TRUE(date_is_taken("9602294"));    // 1996
  EXPECT_TRUE(date_is_refused("9502294"));  // 1995
  EXPECT_TRUE(date_is_refused("0102290"));  // neither 1901 nor 2001
}

// The check exists for the slips of a typing hand.
TEST(ParseIin, NoticesEachSingleWrongDigitOfAnArtificialNumber) {
  std::mt19937 random(20);
  SCOPED_TRACE("seed 20");
  int unnoticed = 0;
  int tried = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string right = text_of(make_artificial_iin(static_cast<std::uint32_t>(random()) % kArtificialIins));
    for (std::size_t at = 0; at < right.size(); ++at) {
      std::string wrong = right;
      for (wrong[at] = '0'; wrong[at] <= '9'; ++wrong[at]) {
        if (wrong == right) continue;
        ++tried;
        // The eleventh digit weighs nothing in the first sum, so that a slip there goes through.
        if (at != 10 && parse_iin(wrong)) ++unnoticed;
      }
    }
  }
  // A slip that turns the first sum into 10 is judged by other weights and can slip through by chance.
  EXPECT_LT(unnoticed, tried / 50);
}

TEST(ParseIin, NeverRepeatsTheNumberInAnError) {
  std::mt19937 random(21);
  SCOPED_TRACE("seed 21");
  for (int i = 0; i < 2000; ++i) {
    std::string text = text_of(make_artificial_iin(static_cast<std::uint32_t>(random()) % kArtificialIins));
    const std::string original = text;
    text[random() % text.size()] = static_cast<char>('0' + random() % 10);
    if (random() % 4 == 0) text.erase(random() % text.size(), 1);
    if (random() % 4 == 0) text.insert(random() % text.size(), 1, 'x');
    const auto iin = parse_iin(text);
    if (iin) continue;
    const std::string message = iin.error().message();
    for (std::size_t at = 0; at + 3 <= text.size(); ++at) {
      EXPECT_EQ(message.find(text.substr(at, 3)), std::string::npos) << message;
    }
  }
}

TEST(ParseIin, StandsAnyBytes) {
  std::mt19937 random(22);
  SCOPED_TRACE("seed 22");
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text(random() % 3 == 0 ? random() % 30 : 12, '0');
    for (char& c : text) c = static_cast<char>(random() % 2 == 0 ? '0' + random() % 10 : random() % 256);
    taken += parse_iin(text).has_value() ? 1 : 0;
  }
  EXPECT_LT(taken, 100);
}

TEST(ArtificialIin, IsValidAndNobodys) {
  std::mt19937 random(23);
  SCOPED_TRACE("seed 23");
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t index = i == 0   ? 0
                                : i == 1 ? kArtificialIins - 1
                                         : static_cast<std::uint32_t>(random()) % kArtificialIins;
    const std::string text = text_of(make_artificial_iin(index));
    ASSERT_TRUE(parse_iin(text).has_value()) << index;
    EXPECT_LT(text.substr(0, 2), "70");
    EXPECT_TRUE(text[6] == '1' || text[6] == '2') << text;
  }
}

TEST(ArtificialIin, IsAnotherForEachIndex) {
  std::set<std::string> seen;
  const std::uint32_t count = 100'000;
  for (std::uint32_t i = 0; i < count; ++i) seen.insert(text_of(make_artificial_iin(i * 397 % kArtificialIins)));
  EXPECT_EQ(seen.size(), count);
}

TEST(ArtificialIinDeathTest, StopsBeyondTheLast) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(make_artificial_iin(kArtificialIins), "index < kArtificialIins");
}

TEST(PseudonymInput, NamesTheKindOfNumber) {
  const auto iin = parse_iin("000101100006");
  ASSERT_TRUE(iin.has_value());
  EXPECT_TRUE(crypto::equal_constant_time(pseudonym_input(*iin).expose(), as_bytes("kz-iin:000101100006")));
}

TEST(Iin, ClonesAndCompares) {
  const Iin a = make_artificial_iin(5);
  EXPECT_TRUE(a == a.clone());
  EXPECT_FALSE(a == make_artificial_iin(6));
}

}  // namespace
}  // namespace qorgan::identity
