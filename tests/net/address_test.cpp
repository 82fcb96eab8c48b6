#include "net/address.h"

#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

TEST(Address, TextAndBack) {
  for (const char* text : {"127.0.0.1:7311", "custodian.example:1", "[::1]:65535", "[fe80::1%eth0]:0", "a:0"}) {
    const Result<Address> address = parse_address(text);
    ASSERT_OK(address);
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_address("[::1]:80").value(), (Address{"::1", 80}));
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:+1", "host: 1", "host:1 ",
                           "host:1x", "::1:80", "::1", "[host]:1", "[]:1", "[::1]", "[::1:80"})
    EXPECT_ERROR(parse_address(text), ErrorCode::invalid_input);
  EXPECT_ERROR(parse_address(std::string(254, 'a') + ":1"), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::net
