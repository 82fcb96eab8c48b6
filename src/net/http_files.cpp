#include "net/http_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace qorgan::net {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

bool is_part(const std::string& part) {
  return !part.empty() && part != "." && part != ".." && part.find('\0') == std::string::npos;
}

// One part after the other, so that no link on the way leads out of the folder.
Descriptor open_below(const std::filesystem::path& folder, std::string_view path) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  Descriptor at(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  while (at.get() >= 0) {
    const std::size_t slash = path.find('/');
    const std::string part(path.substr(0, slash));
    if (!is_part(part)) return Descriptor(-1);
    const bool last = slash == std::string_view::npos;
    at = Descriptor(::openat(at.get(), part.c_str(), last ? kFlags : kFlags | O_DIRECTORY));
    if (last) break;
    path.remove_prefix(slash + 1);
  }
  return at;
}

// The size may change while the file is read; what there is counts, up to what it was at first.
bool read_whole(int descriptor, Bytes& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = ::read(descriptor, content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  content.resize(done);
  return true;
}

}  // namespace

HttpResponse serve_file(const std::filesystem::path& folder, const HttpRequest& request, const HttpFileRule& rule,
                        std::size_t bytes_max) {
  if (request.method != "GET") {
    HttpResponse refused = text_response(405, "Only GET is answered here.\n");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  const std::optional<HttpFile> file = rule(request.path);
  const Descriptor opened = file ? open_below(folder, file->path) : Descriptor(-1);
  struct stat about {};
  if (opened.get() < 0 || ::fstat(opened.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return text_response(404, "There is nothing here.\n");
  if (static_cast<std::uintmax_t>(about.st_size) > bytes_max) return text_response(500, "The file is too large.\n");
  HttpResponse response{200, file->content_type, Bytes(static_cast<std::size_t>(about.st_size)), {}};
  if (!read_whole(opened.get(), response.body)) return text_response(500, "The file cannot be read.\n");
  if (!file->cache_control.empty()) response.headers.emplace_back("Cache-Control", file->cache_control);
  return response;
}

}  // namespace qorgan::net
