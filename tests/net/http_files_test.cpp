// Files over HTTP: what the rule names lies below the folder, and nothing else does.
#include "net/http_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "net/http_target.h"
#include "tests/net/net_support.h"

namespace qorgan::net::testing {
namespace {

namespace fs = std::filesystem;

class HttpFiles : public ::testing::Test {
 protected:
  HttpFiles() {
    std::string name = (fs::temp_directory_path() / "qorgan-files-XXXXXX").string();
    outer_ = ::mkdtemp(name.data());
    folder_ = outer_ / "served";
    fs::create_directories(folder_ / "tile" / "0");
    write(folder_ / "checkpoint", "the checkpoint");
    write(folder_ / "journal", "not served");
    write(folder_ / "tile" / "0" / "000", "a tile");
    write(outer_ / "secret", "secret");
    fs::create_symlink("../secret", folder_ / "tile" / "link");
    fs::create_directory_symlink("..", folder_ / "tile" / "up");
    ::mkfifo((folder_ / "tile" / "pipe").c_str(), 0600);
  }
  ~HttpFiles() override { fs::remove_all(outer_); }

  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

  // Everything but the journal, so that what a rule lets through is not what protects the rest.
  static std::optional<HttpFile> rule(std::string_view path) {
    if (path == "/journal") return std::nullopt;
    if (path == "/checkpoint") return HttpFile{"checkpoint", "text/plain; charset=utf-8", "no-cache"};
    return HttpFile{std::string(path.substr(1)), "application/octet-stream", ""};
  }

  HttpResponse get(const std::string& path, const std::string& method = "GET") const {
    HttpRequest request;
    request.method = method;
    request.path = path;
    return serve_file(folder_, request, rule, 1000);
  }

  fs::path outer_;
  fs::path folder_;
};

TEST_F(HttpFiles, AreServedAsTheRuleSays) {
  const HttpResponse checkpoint = get("/checkpoint");
  EXPECT_EQ(checkpoint.status, 200);
  EXPECT_EQ(checkpoint.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(std::string(checkpoint.body.begin(), checkpoint.body.end()), "the checkpoint");
  ASSERT_EQ(checkpoint.headers.size(), 1U);
  EXPECT_EQ(checkpoint.headers[0].second, "no-cache");
  EXPECT_EQ(get("/tile/0/000").status, 200);
  EXPECT_TRUE(get("/tile/0/000").headers.empty());
}

TEST_F(HttpFiles, NothingElseIsServed) {
  for (const char* path :
       {"/journal", "/", "/tile", "/tile/0", "/tile/0/", "/tile/0/001", "/tile/link", "/tile/up/secret", "/tile/up",
        "/../secret", "/tile/../../secret", "//etc/passwd", "/tile//0/000", "/tile/pipe", "/checkpoint/x"})
    EXPECT_EQ(get(path).status, 404) << path;
  EXPECT_EQ(get(std::string("/checkpoint\0x", 13)).status, 404);
}

TEST_F(HttpFiles, OnlyGetIsAnswered) {
  for (const char* method : {"POST", "PUT", "DELETE"}) EXPECT_EQ(get("/checkpoint", method).status, 405);
}

TEST_F(HttpFiles, AFileThatIsTooLargeIsAnError) {
  write(folder_ / "large", std::string(1001, 'x'));
  EXPECT_EQ(get("/large").status, 500);
}

TEST(HttpUrl, IsReadAndWrittenAgain) {
  for (const char* text : {"http://127.0.0.1:80", "https://host:7310/log/0", "http://[::1]:1/a"}) {
    const auto url = parse_http_url(text);
    ASSERT_OK(url);
    EXPECT_EQ(url->text(), text);
  }
  EXPECT_EQ(parse_http_url("https://host/")->text(), "https://host:443");
  EXPECT_EQ(parse_http_url("http://[::1]/a/")->text(), "http://[::1]:80/a");
  for (const char* text : {"", "host", "ftp://host", "http://", "http:///a", "http://host:", "http://host:99999",
                           "http://user@host", "http://host?q", "http://host/a?q", "http://host/a#b",
                           "http://host/../a", "http://host/a%20b", "http://ho st/", "HTTP://host"})
    EXPECT_ERROR(parse_http_url(text), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::net::testing
