#include "net/hello.h"

#include "net/json_fields.h"
#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

Result<Hello> read_changed(const std::function<void(Json&)>& change) {
  Message message = hello_message(desk_hello());
  change(message.head["hello"]);
  return read_hello(message, custodian_hello(0), desk_hello().party);
}

TEST(Hello, RoundTrip) {
  Hello lane = custodian_hello(2);
  lane.purpose = Purpose::lane;
  lane.lane = 4'294'967'295;
  for (const Hello& hello : {desk_hello(), custodian_hello(1), lane}) {
    const Result<Hello> read = read_hello(hello_message(hello), custodian_hello(0), hello.party);
    ASSERT_OK(read);
    EXPECT_EQ(read->version, hello.version);
    EXPECT_EQ(read->network, hello.network);
    EXPECT_EQ(read->party, hello.party);
    EXPECT_EQ(read->purpose, hello.purpose);
    EXPECT_EQ(read->lane, hello.lane);
  }
}

TEST(Hello, FitsItsLimitWithTheLongestNameAndError) {
  Hello hello = desk_hello();
  hello.party.name = std::string(limits::name_bytes_max, '"');
  EXPECT_OK(encode_message(hello_message(hello), {limits::hello_bytes_max, 0}));
  const std::string longest(limits::error_text_bytes_max, '"');
  EXPECT_OK(
      encode_message(error_message({ErrorCode::refused, longest, longest, longest}), {limits::hello_bytes_max, 0}));
}

TEST(Hello, VersionMismatchNamesBothAndWhoUpgrades) {
  const auto newer = read_changed([](Json& hello) { hello["version"] = limits::protocol_version + 1; });
  EXPECT_ERROR(newer, ErrorCode::version_mismatch);
  EXPECT_EQ(newer.error().what, "custodian 0 speaks protocol version 1, and desk Kordai speaks 2");
  EXPECT_EQ(newer.error().remedy, "Upgrade custodian 0");
  const auto older = read_changed([](Json& hello) { hello["version"] = limits::protocol_version - 1; });
  EXPECT_ERROR(older, ErrorCode::version_mismatch);
  EXPECT_EQ(older.error().remedy, "Upgrade desk Kordai");
}

TEST(Hello, VersionIsLookedAtBeforeAnythingThatAnotherVersionMayChange) {
  Message message;
  message.head["hello"] = {{"version", 9}, {"who", "changed"}};
  EXPECT_ERROR(read_hello(message, custodian_hello(0), desk_hello().party), ErrorCode::version_mismatch);
}

TEST(Hello, OtherNetworkIsSaid) {
  const auto other = read_changed([](Json& hello) { hello["network"] = std::string(64, '0'); });
  EXPECT_ERROR(other, ErrorCode::wrong_network);
}

TEST(Hello, WhoeverSaysToBeSomeoneElseIsRefused) {
  EXPECT_ERROR(read_changed([](Json& hello) { hello["name"] = "Another"; }), ErrorCode::refused);
  EXPECT_ERROR(read_changed([](Json& hello) {
                 hello["role"] = "custodian";
                 hello["index"] = 1;
               }),
               ErrorCode::refused);
}

TEST(Hello, UnreadableIsDamaged) {
  const std::vector<std::function<void(Json&)>> changes = {
      [](Json& hello) { hello = 3; },
      [](Json& hello) { hello.erase("version"); },
      [](Json& hello) { hello["version"] = "1"; },
      [](Json& hello) { hello["version"] = 65536; },
      [](Json& hello) { hello["version"] = -1; },
      [](Json& hello) { hello["network"] = "00"; },
      [](Json& hello) { hello["role"] = "watch"; },
      [](Json& hello) { hello["role"] = "custodian"; },
      [](Json& hello) { hello.erase("name"); },
      [](Json& hello) { hello["name"] = std::string(limits::name_bytes_max + 1, 'x'); },
      [](Json& hello) { hello["purpose"] = "other"; },
      [](Json& hello) { hello["purpose"] = "lane"; },
      [](Json& hello) {
        hello["purpose"] = "lane";
        hello["lane"] = 4'294'967'296;
      },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_ERROR(read_changed(changes[i]), ErrorCode::damaged);
  }
  EXPECT_ERROR(read_hello(Message(), custodian_hello(0), desk_hello().party), ErrorCode::damaged);
}

TEST(Hello, AnErrorInItsPlaceIsPassedOn) {
  const auto read = read_hello(error_message({ErrorCode::busy, "full", "", ""}), desk_hello(), Party::custodian(0));
  EXPECT_ERROR(read, ErrorCode::busy);
}

}  // namespace
}  // namespace qorgan::net
