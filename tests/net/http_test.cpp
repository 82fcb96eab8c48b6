// The HTTP server and client against one another, and the server against clients that mean no good.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <future>
#include <latch>
#include <thread>

#include "net/http_client.h"
#include "net/http_server.h"
#include "tests/net/net_support.h"

namespace qorgan::net::testing {
namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string header_of(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

// Says what it understood.
HttpResponse echo(const HttpRequest& request) {
  if (request.path == "/throw") throw std::runtime_error("asked to");
  if (request.path == "/split") return {200, "text/plain", {}, {{"X-Name", "a\r\nSet-Cookie: b"}}};
  if (request.path == "/kept") return {200, "text/plain", {}, {{"Cache-Control", "max-age=60"}}};
  if (request.path == "/large") return {200, "application/octet-stream", Bytes(std::size_t{300'000}, 'x'), {}};
  std::string text = request.method + "|" + request.path + "|" + request.query + "|" + request.remote + "|";
  for (const auto& [name, value] : request.headers) text += name + "=" + value + ";";
  return text_response(200, text + "|" + text_of(request.body));
}

HttpServerOptions plain_options() {
  HttpServerOptions options;
  options.listen = {"127.0.0.1", 0};
  return options;
}

HttpServerOptions tls_options() {
  HttpServerOptions options = plain_options();
  options.tls = custodian_identity(0);
  return options;
}

HttpServer must_start(HttpServerOptions options, HttpHandler handler = echo) {
  Result<HttpServer> server = HttpServer::start(std::move(options), std::move(handler));
  if (!server) {
    ADD_FAILURE() << server.error().message();
    std::abort();
  }
  return std::move(*server);
}

HttpClient client_of(const HttpServer& server, const std::optional<Pin>& pin = {}) {
  Result<HttpClient> client = HttpClient::create({pin.has_value(), server.address(), ""}, pin);
  if (!client) {
    ADD_FAILURE() << client.error().message();
    std::abort();
  }
  return std::move(*client);
}

// Everything that comes until the other end closes.
std::string read_all(const RawSocket& socket) {
  const Deadline deadline = plenty();
  std::string all;
  std::array<char, 4096> part{};
  for (;;) {
    pollfd waiting{socket.descriptor(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(deadline.left_ms())) == 0) {
      ADD_FAILURE() << "the server keeps the connection open";
      return all;
    }
    const ssize_t got = ::recv(socket.descriptor(), part.data(), part.size(), 0);
    if (got <= 0) return all;
    all.append(part.data(), static_cast<std::size_t>(got));
  }
}

std::string talk(const HttpServer& server, std::string_view bytes) {
  RawSocket socket(server.address());
  EXPECT_TRUE(socket.send(as_bytes(bytes)));
  return read_all(socket);
}

std::string get_raw(const HttpServer& server, const std::string& target) {
  return talk(server, "GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
}

TEST(Http, AnswersOverPlainTcpAndOverTls) {
  const HttpServer plain = must_start(plain_options());
  const HttpServer encrypted = must_start(tls_options());
  HttpClient clients[] = {client_of(plain), client_of(encrypted, custodian_identity(0).pin())};
  for (HttpClient& client : clients) {
    const auto got = client.get("/a%20b/c?d=e%2F", kBytesMax, plenty());
    ASSERT_OK(got);
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(text_of(got->body), "GET|/a b/c|d=e%2F|127.0.0.1||");
    const auto posted = client.post("/form", "application/json", as_bytes("{\"a\":1}"), kBytesMax, plenty());
    ASSERT_OK(posted);
    EXPECT_EQ(text_of(posted->body), "POST|/form||127.0.0.1|content-type=application/json;|{\"a\":1}");
    const auto large = client.get("/large", kBytesMax, plenty());
    ASSERT_OK(large);
    EXPECT_EQ(large->body, Bytes(std::size_t{300'000}, 'x'));
  }
}

TEST(Http, SaysNoMoreThanIsNeeded) {
  const HttpServer server = must_start(plain_options());
  HttpClient client = client_of(server);
  const auto got = client.get("/", kBytesMax, plenty());
  ASSERT_OK(got);
  EXPECT_EQ(header_of(*got, "x-content-type-options"), "nosniff");
  EXPECT_EQ(header_of(*got, "referrer-policy"), "no-referrer");
  EXPECT_EQ(header_of(*got, "cache-control"), "no-store");
  EXPECT_EQ(header_of(*got, "server"), "");
  EXPECT_EQ(header_of(*got, "date").size(), 29U);
  const auto kept = client.get("/kept", kBytesMax, plenty());
  ASSERT_OK(kept);
  EXPECT_EQ(header_of(*kept, "cache-control"), "max-age=60");
}

TEST(Http, OneConnectionCarriesManyRequests) {
  HttpServerOptions options = plain_options();
  options.connections_of_remote_max = 1;
  const HttpServer server = must_start(std::move(options));
  HttpClient client = client_of(server);
  for (int i = 0; i < 100; ++i) {
    const std::string path = fmt::format("/{}", i);
    const auto got = client.get(path, kBytesMax, plenty());
    ASSERT_OK(got);
    ASSERT_EQ(text_of(got->body), "GET|" + path + "||127.0.0.1||");
  }
  // Nobody else finds a place meanwhile.
  EXPECT_EQ(get_raw(server, "/"), "");
}

TEST(Http, PipelinedRequestsAreAnsweredInTheirOrder) {
  const HttpServer server = must_start(plain_options());
  std::string all;
  for (int i = 0; i < 50; ++i) all += "GET /n" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string answers = talk(server, all + "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("/n" + std::to_string(i) + "|", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_NE(answers.find("/last|", at), std::string::npos);
}

TEST(Http, ManyClientsAtOnceAreAllAnswered) {
  const HttpServer server = must_start(tls_options());
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 24; ++c) {
    clients.push_back(std::async(std::launch::async, [&server, c] {
      HttpClient client = client_of(server, custodian_identity(0).pin());
      int right = 0;
      for (int i = 0; i < 20; ++i) {
        const std::string body = std::to_string(1000 * c + i);
        const auto got = client.post("/", "text/plain", as_bytes(body), kBytesMax, plenty());
        right += got && text_of(got->body).ends_with("|" + body) ? 1 : 0;
      }
      return right;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 20);
}

TEST(Http, HeadIsAnsweredWithoutABody) {
  const HttpServer server = must_start(plain_options());
  const std::string head = talk(server, "HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Length: 19\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Http, ATargetThatCouldMeanTwoThingsIsRefused) {
  const HttpServer server = must_start(plain_options());
  for (const char* target : {"/../etc/passwd", "/a/..", "/a/./b", "/%2e%2e/a", "/a%2fb", "/a%5cb", "/a\\b", "//a",
                             "/a//b", "/a%00b", "/%", "/%4", "/%zz", "/%c3%a9", "a", "*", "http://h/a", "/a#b"}) {
    const std::string answer = get_raw(server, target);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << target << ": " << answer;
    EXPECT_NE(answer.find("Content-Type: text/plain"), std::string::npos);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
  for (const char* target : {"/", "/a/", "/a.b/..c", "/a%2eb", "/a?b=/../%00"})
    EXPECT_TRUE(get_raw(server, target).starts_with("HTTP/1.1 200 ")) << target;
}

TEST(Http, WhatIsNoRequestIsRefusedAndTheConnectionClosed) {
  const HttpServer server = must_start(plain_options());
  const std::string nul("GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", 30);
  const std::string header_nul("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 28);
  const std::string bad[] = {
      "no request at all\r\n\r\n",
      nul,
      header_nul,
      "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na",
  };
  for (const std::string& bytes : bad) {
    const std::string answer = talk(server, bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << bytes << ": " << answer;
  }
  // A browser that takes the port for an https one.
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15);
  EXPECT_TRUE(talk(server, hello).starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(client_of(server).get("/", kBytesMax, plenty())->status, 200);
}

TEST(Http, GoodChunksAreJoined) {
  const HttpServer server = must_start(plain_options());
  const std::string answer =
      talk(server,
           "POST /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("POST|/c||127.0.0.1||abcde")) << answer;
}

TEST(Http, WhatIsTooLargeIsRefusedBeforeItIsRead) {
  HttpServerOptions options = plain_options();
  options.body_bytes_max = 1000;
  const HttpServer server = must_start(std::move(options));
  HttpClient client = client_of(server);
  EXPECT_EQ(client.post("/", "text/plain", Bytes(1000, 'a'), kBytesMax, plenty())->status, 200);
  EXPECT_EQ(client.post("/", "text/plain", Bytes(1001, 'a'), kBytesMax, plenty())->status, 413);
  const std::string chunk = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'a');
  EXPECT_TRUE(talk(server, chunk).starts_with("HTTP/1.1 413 "));
  // Promised alone, none of it sent.
  EXPECT_TRUE(talk(server, "POST / HTTP/1.1\r\nContent-Length: 4000000000\r\n\r\n").starts_with("HTTP/1.1 413 "));
  const std::string header = "GET / HTTP/1.1\r\nX: " + std::string(limits::http_header_bytes_max, 'x') + "\r\n\r\n";
  EXPECT_TRUE(talk(server, header).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(talk(server, std::string(100'000, 'x')).starts_with("HTTP/1.1 4"));
}

TEST(Http, AClientIsToldToGoOnWithItsBody) {
  const HttpServer server = must_start(plain_options());
  RawSocket socket(server.address());
  ASSERT_TRUE(
      socket.send(as_bytes("POST /e HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n"
                           "Expect: 100-continue\r\n\r\n")));
  std::array<char, 64> part{};
  ASSERT_GT(::recv(socket.descriptor(), part.data(), part.size(), 0), 0);
  EXPECT_TRUE(std::string_view(part.data()).starts_with("HTTP/1.1 100 "));
  ASSERT_TRUE(socket.send(as_bytes("ok")));
  EXPECT_TRUE(read_all(socket).ends_with("|ok"));
}

// Each holds a place for its time and no longer, and no thread at all.
TEST(Http, SlowAndSilentClientsAreLetGo) {
  HttpServerOptions options = plain_options();
  options.header_timeout_ms = 300;
  options.body_timeout_ms = 300;
  options.idle_timeout_ms = 300;
  const HttpServer server = must_start(std::move(options));
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<RawSocket>(server.address()));
  RawSocket header(server.address());
  RawSocket body(server.address());
  RawSocket idle(server.address());
  EXPECT_TRUE(header.send(as_bytes("GET / HTT")));
  EXPECT_TRUE(body.send(as_bytes("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")));
  EXPECT_TRUE(idle.send(as_bytes("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
  EXPECT_EQ(client_of(server).get("/", kBytesMax, plenty())->status, 200);
  // A byte now and then does not prolong it.
  const Stopwatch watch;
  while (watch.elapsed_ms() < 20'000 && header.send(as_bytes("P")))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_LT(watch.elapsed_ms(), 10'000);
  for (const auto& socket : silent) EXPECT_TRUE(socket->wait_for_end(plenty()));
  EXPECT_TRUE(body.wait_for_end(plenty()));
  EXPECT_TRUE(read_all(idle).starts_with("HTTP/1.1 200 "));
}

TEST(Http, AClientThatLeavesHalfWayHarmsNobody) {
  std::atomic<int> handled = 0;
  const HttpServer server = must_start(plain_options(), [&handled](const HttpRequest& request) {
    ++handled;
    return echo(request);
  });
  for (const char* part : {"", "G", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"}) {
    RawSocket socket(server.address());
    EXPECT_TRUE(socket.send(as_bytes(part)));
    ::shutdown(socket.descriptor(), SHUT_WR);
    EXPECT_EQ(read_all(socket), "");
  }
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(client_of(server).get("/", kBytesMax, plenty())->status, 200);
}

TEST(Http, PlacesAreLimitedAndComeBack) {
  std::atomic<int> full = 0;
  HttpServerOptions options = plain_options();
  options.connections_max = 3;
  options.on_error = [&full](const Error& error) {
    full += error.code == ErrorCode::busy ? 1 : 0;
    EXPECT_EQ(error.message().find("127.0.0.1"), std::string::npos) << error.message();
  };
  const HttpServer server = must_start(std::move(options));
  {
    HttpClient clients[] = {client_of(server), client_of(server), client_of(server)};
    for (HttpClient& client : clients) ASSERT_OK(client.get("/", kBytesMax, plenty()));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(get_raw(server, "/"), "");
    EXPECT_EQ(full, 1);
  }
  // The places are given back when the server has noticed.
  const Deadline deadline = plenty();
  while (get_raw(server, "/").empty() && !deadline.passed()) std::this_thread::yield();
  EXPECT_FALSE(deadline.passed());
}

TEST(Http, AHandlerThatFailsGivesAnErrorOfTheServer) {
  std::atomic<int> reported = 0;
  HttpServerOptions options = plain_options();
  options.on_error = [&reported](const Error& error) { reported += error.code == ErrorCode::internal ? 1 : 0; };
  const HttpServer server = must_start(std::move(options));
  HttpClient client = client_of(server);
  EXPECT_EQ(client.get("/throw", kBytesMax, plenty())->status, 500);
  const auto split = client.get("/split", kBytesMax, plenty());
  ASSERT_OK(split);
  EXPECT_EQ(split->status, 500);
  EXPECT_EQ(header_of(*split, "set-cookie"), "");
  EXPECT_EQ(reported, 2);
}

TEST(Http, AnotherKeyThanThePinsIsRefusedBeforeAnythingIsSent) {
  std::atomic<int> handled = 0;
  const HttpServer server = must_start(tls_options(), [&handled](const HttpRequest& request) {
    ++handled;
    return echo(request);
  });
  EXPECT_ERROR(client_of(server, stranger_identity().pin()).get("/", kBytesMax, plenty()), ErrorCode::wrong_network);
  EXPECT_EQ(handled, 0);
}

TEST(Http, ClientErrorsSayWhatIsWrong) {
  const HttpServer plain = must_start(plain_options());
  const HttpServer encrypted = must_start(tls_options());
  EXPECT_ERROR(client_of(plain, stranger_identity().pin()).get("/", kBytesMax, plenty()), ErrorCode::wrong_network);
  EXPECT_ERROR(client_of(plain).get("/large", 1000, plenty()), ErrorCode::damaged);
  EXPECT_ERROR(client_of(plain).get("no slash", kBytesMax, plenty()), ErrorCode::invalid_input);
  // Speaking plainly to a TLS port: it is closed, or answered with an alert.
  EXPECT_FALSE(client_of(encrypted).get("/", kBytesMax, plenty()));
  EXPECT_ERROR(HttpClient::create({true, plain.address(), ""}), ErrorCode::invalid_input);
  EXPECT_ERROR(HttpClient::create({false, plain.address(), ""}, stranger_identity().pin()), ErrorCode::invalid_input);
  HttpServer gone = must_start(plain_options());
  HttpClient client = client_of(gone);
  ASSERT_OK(client.get("/", kBytesMax, plenty()));
  gone.stop();
  EXPECT_ERROR(client.get("/", kBytesMax, plenty()), ErrorCode::unavailable);
}

TEST(Http, AClientWaitsNoLongerThanItsDeadlineAndCanBeClosed) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const HttpServer server = must_start(plain_options(), [released](const HttpRequest& request) {
    released.wait();
    return echo(request);
  });
  EXPECT_ERROR(client_of(server).get("/", kBytesMax, Deadline::after_ms(100)), ErrorCode::timeout);
  HttpClient client = client_of(server);
  auto waiting = std::async(std::launch::async, [&client] { return client.get("/", kBytesMax, plenty()); });
  while (waiting.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout) client.close();
  EXPECT_ERROR(waiting.get(), ErrorCode::unavailable);
  release.set_value();
}

TEST(Http, StoppingEndsEverythingAndWaitsForHandlers) {
  std::latch inside(limits::http_threads);
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> returned = 0;
  HttpServer server = must_start(plain_options(), [&](const HttpRequest& request) {
    inside.count_down();
    released.wait();
    ++returned;
    return echo(request);
  });
  std::vector<std::unique_ptr<RawSocket>> sockets;
  // Two more than there are threads, and one that says nothing.
  for (int i = 0; i < limits::http_threads + 2; ++i) {
    sockets.push_back(std::make_unique<RawSocket>(server.address()));
    ASSERT_TRUE(sockets.back()->send(as_bytes("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
  }
  sockets.push_back(std::make_unique<RawSocket>(server.address()));
  inside.wait();
  auto stopping = std::async(std::launch::async, [&server] { server.stop(); });
  for (const auto& socket : sockets) EXPECT_TRUE(socket->wait_for_end(plenty()));
  EXPECT_EQ(returned, 0);
  release.set_value();
  stopping.get();
  EXPECT_EQ(returned, limits::http_threads);
  server.stop();
}

TEST(Http, AnIndependentClientUnderstandsTheServer) {
  const HttpServer plain = must_start(plain_options());
  const HttpServer encrypted = must_start(tls_options());
  const std::string program =
      "import http.client, ssl\n"
      "context = ssl.create_default_context()\n"
      "context.check_hostname = False\n"
      "context.verify_mode = ssl.CERT_NONE\n"
      "context.minimum_version = ssl.TLSVersion.TLSv1_3\n"
      "for c in (http.client.HTTPConnection('127.0.0.1', " +
      std::to_string(plain.address().port) + "),\n  http.client.HTTPSConnection('127.0.0.1', " +
      std::to_string(encrypted.address().port) +
      ", context=context)):\n"
      "  for body in (b'one', b'x' * 60000):\n"
      "    c.request('POST', '/p%20q?r', body, {'Content-Type': 'text/plain'})\n"
      "    r = c.getresponse()\n"
      "    assert r.status == 200, r.status\n"
      "    assert r.read() == b'POST|/p q|r|127.0.0.1|content-type=text/plain;|' + body\n";
  EXPECT_EQ(std::system(("python3 -c \"" + program + "\"").c_str()), 0);
}

}  // namespace
}  // namespace qorgan::net::testing
