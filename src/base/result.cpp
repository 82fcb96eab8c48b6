#include "base/result.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace qorgan {
namespace {

struct Name {
  ErrorCode code;
  std::string_view text;
};

constexpr std::array kNames = {
    Name{ErrorCode::invalid_input, "invalid_input"},
    Name{ErrorCode::not_found, "not_found"},
    Name{ErrorCode::already_exists, "already_exists"},
    Name{ErrorCode::low_quality, "low_quality"},
    Name{ErrorCode::damaged, "damaged"},
    Name{ErrorCode::refused, "refused"},
    Name{ErrorCode::stale, "stale"},
    Name{ErrorCode::unavailable, "unavailable"},
    Name{ErrorCode::timeout, "timeout"},
    Name{ErrorCode::version_mismatch, "version_mismatch"},
    Name{ErrorCode::wrong_network, "wrong_network"},
    Name{ErrorCode::storage_full, "storage_full"},
    Name{ErrorCode::undecided, "undecided"},
    Name{ErrorCode::busy, "busy"},
    Name{ErrorCode::internal, "internal"},
};

}  // namespace

std::string_view error_code_name(ErrorCode code) {
  for (const Name& name : kNames)
    if (name.code == code) return name.text;
  return "internal";
}

ErrorCode error_code_from_name(std::string_view text) {
  for (const Name& name : kNames)
    if (name.text == text) return name.code;
  return ErrorCode::internal;
}

std::string Error::message() const {
  std::string text = what;
  if (!where.empty()) text += ": " + where;
  text += '.';
  if (!remedy.empty()) text += ' ' + remedy + '.';
  return text;
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "qorgan: invariant violated: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace qorgan
