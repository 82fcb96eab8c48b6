// Errors as values: every function that can fail returns Result<T>, and the caller must look.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace qorgan {

// The kinds of failure a caller can act upon. The program's exit codes follow them one to one
// (cli/exit_code.h); add a kind only when a caller would act differently.
enum class ErrorCode {
  invalid_input,     // what the caller gave cannot be used; asking again unchanged will fail again
  not_found,         // no such file, person or request
  already_exists,    // the person, finger or file is there already
  low_quality,       // a readable print, but too little of it to make a template
  damaged,           // stored or received bytes fail their check
  refused,           // understood, and not allowed
  stale,             // too old, or seen before with other content
  unavailable,       // a custodian or file cannot be reached at present; try again later
  timeout,           // the deadline passed before an answer came
  version_mismatch,  // the two ends speak different versions
  wrong_network,     // the other end belongs to another network, or holds the wrong certificate
  storage_full,      // no room left to write
  undecided,         // the request may or may not have taken effect; repeat it with the same request id
  busy,              // the queue is full; try again later
  internal,          // a defect of this program
};

// A short stable name, for example "invalid_input": used on the wire and in --json.
std::string_view error_code_name(ErrorCode code);
// The reverse; an unknown name gives ErrorCode::internal.
ErrorCode error_code_from_name(std::string_view name);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string what;    // what happened, in a plain sentence without a full stop
  std::string where;   // the file, person, field, custodian or address that it happened to; may be empty
  std::string remedy;  // what the reader can do; may be empty

  // "what: where. Remedy." on one line, for people.
  std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> failure(ErrorCode code, std::string what, std::string where = {},
                                     std::string remedy = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(where), std::move(remedy)});
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace qorgan

// Returns the error of a Result from the enclosing function; otherwise goes on.
#define QORGAN_CHECK(expression)                                                    \
  do {                                                                              \
    if (auto qorgan_checked_ = (expression); !qorgan_checked_)                      \
      return ::tl::unexpected<::qorgan::Error>(std::move(qorgan_checked_).error()); \
  } while (false)

#define QORGAN_CONCAT_INNER_(a, b) a##b
#define QORGAN_CONCAT_(a, b) QORGAN_CONCAT_INNER_(a, b)
#define QORGAN_TRY_IMPL_(declaration, expression, name)                         \
  auto name = (expression);                                                     \
  if (!name) return ::tl::unexpected<::qorgan::Error>(std::move(name).error()); \
  declaration = std::move(*name)
// QORGAN_TRY(auto file, open(path)): binds the value, or returns the error from the enclosing function.
#define QORGAN_TRY(declaration, expression) \
  QORGAN_TRY_IMPL_(declaration, expression, QORGAN_CONCAT_(qorgan_result_, __LINE__))

// An invariant of this program, checked in every build: a violated one stops the process.
#define QORGAN_ASSERT(condition)                                                  \
  do {                                                                            \
    if (!(condition)) ::qorgan::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)
