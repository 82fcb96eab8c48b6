#include "ledger/source.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "net/http_client.h"

namespace qorgan::ledger {
namespace {

class FolderSource final : public LogSource {
 public:
  explicit FolderSource(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<Bytes> fetch(const std::string& path, std::size_t bytes_max) override {
    return read_file(folder_ / path, bytes_max);
  }
  std::string name() const override { return folder_.string(); }

 private:
  const std::filesystem::path folder_;
};

class HttpSource final : public LogSource {
 public:
  explicit HttpSource(net::HttpClient client) : client_(std::move(client)) {}

  Result<Bytes> fetch(const std::string& path, std::size_t bytes_max) override {
    const std::string where = name() + "/" + path;
    QORGAN_TRY(net::HttpResponse response,
               client_.get("/" + path, bytes_max, Deadline::after_ms(limits::log_fetch_timeout_ms)));
    if (response.status == 404) return failure(ErrorCode::not_found, "the log has no such file", where);
    if (response.status != 200)
      return failure(ErrorCode::unavailable, "the log's server answers " + std::to_string(response.status), where);
    return std::move(response.body);
  }
  std::string name() const override { return client_.base().text(); }

 private:
  net::HttpClient client_;
};

bool is_pin(std::string_view text) {
  const auto bytes = from_hex(text);
  return bytes && bytes->size() == 32 && to_hex(*bytes) == text;
}

}  // namespace

Result<std::unique_ptr<LogSource>> open_source(std::string_view where) {
  if (where.find("://") == std::string_view::npos) return std::make_unique<FolderSource>(where);
  std::optional<net::Pin> pin;
  const std::size_t hash = where.find('#');
  if (hash != std::string_view::npos) {
    if (!is_pin(where.substr(hash + 1)))
      return failure(ErrorCode::invalid_input, "a pin is 64 lower-case hexadecimal digits", std::string(where));
    pin = where.substr(hash + 1);
  }
  QORGAN_TRY(net::HttpUrl url, net::parse_http_url(where.substr(0, hash)));
  QORGAN_TRY(net::HttpClient client, net::HttpClient::create(std::move(url), std::move(pin)));
  return std::make_unique<HttpSource>(std::move(client));
}

}  // namespace qorgan::ledger
