// What tests ask of a Result or a Status.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/result.h"

namespace qorgan::test {

// The name of a result's error.
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "no error" : std::string(error_code_name(result.error().code));
}

}  // namespace qorgan::test

// Fail the test, with the error's text, where the result is one.
#define EXPECT_OK(expression)                                        \
  do {                                                               \
    const auto& outcome_ = (expression);                             \
    EXPECT_TRUE(outcome_.has_value()) << outcome_.error().message(); \
  } while (false)
#define ASSERT_OK(expression)                                        \
  do {                                                               \
    const auto& outcome_ = (expression);                             \
    ASSERT_TRUE(outcome_.has_value()) << outcome_.error().message(); \
  } while (false)
// The result is an error, of this code.
#define EXPECT_ERROR(expression, expected) \
  EXPECT_EQ(::qorgan::test::code_of(expression), std::string(error_code_name(expected)))
