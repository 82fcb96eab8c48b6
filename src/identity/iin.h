// Kazakhstan's individual identification number (IIN), as a desk takes it in. It never leaves the desk.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::identity {

inline constexpr std::size_t kIinDigits = 12;

// Twelve digits that passed their check: YYMMDD of birth, a digit for century and sex (1, 2: born in 18xx; 3, 4: 19xx;
// 5, 6: 20xx; odd for men; 0: foreigners, the century left open), four digits of serial number, a check digit.
// Moved, not copied; wiped when it goes; not printable.
class Iin {
 public:
  Iin clone() const { return Iin(digits_.clone()); }
  // The twelve ASCII digits.
  std::span<const std::uint8_t, kIinDigits> expose() const { return digits_.expose(); }
  bool operator==(const Iin&) const = default;

 private:
  explicit Iin(crypto::Secret<kIinDigits> digits) : digits_(std::move(digits)) {}
  friend Result<Iin> parse_iin(std::string_view text);
  friend Iin make_artificial_iin(std::uint32_t index);

  crypto::Secret<kIinDigits> digits_;
};

// Takes exactly twelve ASCII digits, no spaces around them. The parts: Rules for forming the identification number,
// Resolution No. 406 of the Government of Kazakhstan of 22 May 2007. The check digit: Programme of the transition to
// one number, Resolution No. 565 of 11 June 2003 (weights 1..11 modulo 11; where that gives 10, weights 3..11, 1, 2;
// where that gives 10 again, the number is not issued). The date is checked as a date only: since 2013 a number stays
// when its holder's date of birth is corrected. A company's number (BIN) fails it: its fifth digit is 4 to 6. Errors:
// invalid_input, saying what is wrong (length, a character that is no digit and where it stands, century digit, date,
// check digit). The error never holds any part of the number.
Result<Iin> parse_iin(std::string_view text);

// How many artificial numbers there are.
inline constexpr std::uint32_t kArtificialIins = 70U * 12U * 28U * 2U * 1000U;

// A valid number for tests and demonstrations, another one for each index in 0 .. kArtificialIins-1 (asserted). No
// person has it: all say "born 1800 to 1869", over 137 years before the first numbers were given out.
Iin make_artificial_iin(std::uint32_t index);

// What goes into the pseudonym function (identity/oprf.h) for this number: the word "kz-iin:" and the digits, so that
// another country's number or a passport's can never give the same pseudonym.
crypto::SecretBytes pseudonym_input(const Iin& iin);

}  // namespace qorgan::identity
