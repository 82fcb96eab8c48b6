#include "identity/iin.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace qorgan::identity {
namespace {

constexpr std::size_t kCheckedDigits = kIinDigits - 1;
constexpr int kNoCheckDigit = 10;
constexpr std::array<int, kCheckedDigits> kWeights = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
constexpr std::array<int, kCheckedDigits> kSecondWeights = {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2};

using Digits = std::span<const std::uint8_t, kIinDigits>;

int digit(Digits digits, std::size_t index) {
  return digits[index] - '0';
}

int two_digits(Digits digits, std::size_t index) {
  return 10 * digit(digits, index) + digit(digits, index + 1);
}

int weighted_sum(Digits digits, const std::array<int, kCheckedDigits>& weights) {
  int sum = 0;
  for (std::size_t i = 0; i < kCheckedDigits; ++i) sum += digit(digits, i) * weights[i];
  return sum % 11;
}

// kNoCheckDigit where the first eleven digits belong to no number.
int check_digit(Digits digits) {
  const int first = weighted_sum(digits, kWeights);
  return first == kNoCheckDigit ? weighted_sum(digits, kSecondWeights) : first;
}

bool is_date(int year, Digits digits) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(two_digits(digits, 2))),
                                         std::chrono::day(static_cast<unsigned>(two_digits(digits, 4)))};
  return date.ok();
}

bool has_date(Digits digits) {
  const int year = two_digits(digits, 0);
  const int century = digit(digits, 6);
  // A foreigner's number leaves the century open; 29 February of year 00 is then of 2000.
  if (century == 0) return is_date(1900 + year, digits) || is_date(2000 + year, digits);
  return is_date(1800 + 100 * ((century - 1) / 2) + year, digits);
}

tl::unexpected<Error> wrong(std::string what) {
  return failure(ErrorCode::invalid_input, std::move(what), "IIN", "Check the number against the document");
}

std::optional<std::size_t> first_non_digit(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return i;
  }
  return std::nullopt;
}

void put_number(std::span<std::uint8_t> out, std::uint32_t number) {
  for (std::size_t i = out.size(); i-- > 0; number /= 10) out[i] = static_cast<std::uint8_t>('0' + number % 10);
  QORGAN_ASSERT(number == 0);
}

}  // namespace

Result<Iin> parse_iin(std::string_view text) {
  if (const auto at = first_non_digit(text)) return wrong("character " + std::to_string(*at + 1) + " is no digit");
  if (text.size() != kIinDigits) {
    return wrong("an IIN has " + std::to_string(kIinDigits) + " digits, and this has " + std::to_string(text.size()));
  }
  crypto::Secret<kIinDigits> digits(as_bytes(text).first<kIinDigits>());
  if (digit(digits.expose(), 6) > 6) return wrong("the seventh digit, of century and sex, is not 0 to 6");
  if (!has_date(digits.expose())) return wrong("the first six digits are no date of birth");
  // A remainder of 10 twice equals no digit, so such a number fails here too.
  if (check_digit(digits.expose()) != digit(digits.expose(), 11)) {
    return wrong("the last digit does not check the others");
  }
  return Iin(std::move(digits));
}

Iin make_artificial_iin(std::uint32_t index) {
  QORGAN_ASSERT(index < kArtificialIins);
  const auto take = [&index](std::uint32_t base) {
    const std::uint32_t part = index % base;
    index /= base;
    return part;
  };
  crypto::Secret<kIinDigits> digits;
  const auto out = digits.expose_mutable();
  put_number(out.subspan(0, 2), take(70));
  put_number(out.subspan(2, 2), 1 + take(12));
  put_number(out.subspan(4, 2), 1 + take(28));
  put_number(out.subspan(6, 1), 1 + take(2));
  put_number(out.subspan(7, 3), take(1000));
  // The eleventh digit weighs nothing in the first sum (11) and 2 in the second, so that of 0 and 1 at least one gives
  // a check digit.
  put_number(out.subspan(10, 1), 0);
  if (check_digit(digits.expose()) == kNoCheckDigit) put_number(out.subspan(10, 1), 1);
  put_number(out.subspan(11, 1), static_cast<std::uint32_t>(check_digit(digits.expose())));
  return Iin(std::move(digits));
}

crypto::SecretBytes pseudonym_input(const Iin& iin) {
  constexpr std::string_view kind = "kz-iin:";
  crypto::SecretBytes input(kind.size() + kIinDigits);
  const auto digits = std::copy(kind.begin(), kind.end(), input.expose_mutable().begin());
  std::copy(iin.expose().begin(), iin.expose().end(), digits);
  return input;
}

}  // namespace qorgan::identity
