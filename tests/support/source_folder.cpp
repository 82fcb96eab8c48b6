#include "tests/support/source_folder.h"

namespace qorgan::test {

std::filesystem::path source_folder() {
  return QORGAN_SOURCE_DIR;
}

}  // namespace qorgan::test
