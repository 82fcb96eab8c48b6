#include "base/descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace qorgan {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

bool Descriptor::close() {
  const int number = std::exchange(number_, -1);
  return ::close(number) == 0;
}

tl::unexpected<Error> system_failure(const std::string& what, const std::filesystem::path& path, int number) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  const ErrorCode code = number == ENOENT ? ErrorCode::not_found
                         : full           ? ErrorCode::storage_full
                                          : ErrorCode::unavailable;
  return failure(code, what + " (" + std::strerror(number) + ")", path.string());
}

bool write_all(int descriptor, ByteView content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace qorgan
