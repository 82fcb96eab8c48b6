#pragma once

#include <spdlog/spdlog.h>

#include <string>

#include "base/result.h"

namespace qorgan::custodian {

// For this custodian's log the whole of it; whoever asked is told whose trouble it is, not the names of its files.
template <class R>
R told_apart(R outcome, const std::string& custodian) {
  if (outcome) return outcome;
  spdlog::error("{}", outcome.error().message());
  outcome.error().where = custodian;
  outcome.error().remedy = "Its operator must see to it, then ask again";
  return outcome;
}

}  // namespace qorgan::custodian
