#include "cli/command.h"

namespace qorgan::cli {

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_input:
      return 2;
    case ErrorCode::not_found:
      return 3;
    case ErrorCode::already_exists:
      return 4;
    case ErrorCode::low_quality:
      return 5;
    case ErrorCode::damaged:
      return 6;
    case ErrorCode::refused:
      return 7;
    case ErrorCode::stale:
      return 8;
    case ErrorCode::unavailable:
      return 9;
    case ErrorCode::timeout:
      return 10;
    case ErrorCode::version_mismatch:
      return 11;
    case ErrorCode::wrong_network:
      return 12;
    case ErrorCode::storage_full:
      return 13;
    case ErrorCode::undecided:
      return 14;
    case ErrorCode::busy:
      return 15;
    case ErrorCode::internal:
      return 70;
  }
  return 70;
}

}  // namespace qorgan::cli
