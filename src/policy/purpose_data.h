// content/purposes/*.json, made part of the program when it is built.
#pragma once

#include "base/bytes.h"

namespace qorgan::policy {

// {"purposes": [...]}, in the order of their files' names; lives as long as the program.
ByteView purpose_data();

}  // namespace qorgan::policy
