#include "protocol/network.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "protocol/peer.h"
#include "tests/support/temp_folder.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

Network make() {
  Network network;
  for (int i = 0; i < kCustodians; ++i) {
    CustodianEntry& entry = network.custodians[static_cast<std::size_t>(i)];
    entry.name = "Institution " + std::to_string(i);
    entry.host = "192.0.2." + std::to_string(i + 1);
    entry.port = static_cast<std::uint16_t>(7310 + i);
    entry.tls_pin = std::string(64, static_cast<char>('a' + i));
    entry.sign_key.fill(static_cast<std::uint8_t>(i + 1));
  }
  network.desks = {{"Kordai", "Document office", std::string(64, 'd')}, {"Almaty", "Bank", std::string(64, 'e')}};
  return network;
}

class NetworkFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "network.json"; }
  json saved() const {
    EXPECT_TRUE(save_network(make(), path()));
    std::ifstream file(path());
    return json::parse(file);
  }
  Result<Network> load(const std::string& text) const {
    std::ofstream(path()) << text;
    return load_network(path());
  }
  void expect_refused(const json& object, ErrorCode code, const std::string& where) const {
    const auto read = load(object.dump());
    ASSERT_FALSE(read) << object.dump();
    EXPECT_EQ(read.error().code, code) << read.error().message();
    EXPECT_NE(read.error().where.find(path().string()), std::string::npos) << read.error().message();
    EXPECT_NE(read.error().where.find(where), std::string::npos) << read.error().message();
  }

 private:
  qorgan::test::TempFolder folder_;
};

TEST_F(NetworkFile, TheNumberOfLanesIsCheckedAndMayBeLeftOut) {
  json object = saved();
  for (const int wrong : {0, -1, limits::search_lanes_max + 1}) {
    object["search_lanes"] = wrong;
    expect_refused(object, ErrorCode::invalid_input, "search_lanes");
  }
  object.erase("search_lanes");
  const auto read = load(object.dump());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->search_lanes, limits::search_lanes_default);
}

TEST_F(NetworkFile, ComesBackAsItWasSaved) {
  Network network = make();
  network.search_lanes = 5;
  ASSERT_TRUE(save_network(network, path()));
  const auto read = load_network(path());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->id(), network.id());
  for (std::size_t i = 0; i < kCustodians; ++i) {
    EXPECT_EQ(read->custodians[i].name, network.custodians[i].name);
    EXPECT_EQ(read->custodians[i].host, network.custodians[i].host);
    EXPECT_EQ(read->custodians[i].port, network.custodians[i].port);
    EXPECT_EQ(read->custodians[i].tls_pin, network.custodians[i].tls_pin);
    EXPECT_EQ(read->custodians[i].sign_key, network.custodians[i].sign_key);
  }
  EXPECT_EQ(read->search_lanes, 5);
  ASSERT_EQ(read->desks.size(), 2U);
  EXPECT_EQ(read->desks[1].name, "Almaty");
  EXPECT_EQ(read->desks[1].relying_party, "Bank");
}

TEST_F(NetworkFile, ACutFileIsRefused) {
  const std::string whole = saved().dump();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const auto read = load(whole.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_input);
  }
}

TEST_F(NetworkFile, EveryFieldIsNeeded) {
  const json whole = saved();
  for (const auto& item : whole.items()) {
    if (item.key() == "search_lanes") continue;
    json object = whole;
    object.erase(item.key());
    expect_refused(object, ErrorCode::invalid_input, item.key());
  }
  for (const auto& item : whole["custodians"][1].items()) {
    json object = whole;
    object["custodians"][1].erase(item.key());
    expect_refused(object, ErrorCode::invalid_input, item.key());
  }
  for (const auto& item : whole["desks"][0].items()) {
    json object = whole;
    object["desks"][0].erase(item.key());
    expect_refused(object, ErrorCode::invalid_input, item.key());
  }
}

TEST_F(NetworkFile, AnotherKeyIsNoticed) {
  for (const char* field : {"tls_pin", "sign_key"}) {
    json object = saved();
    std::string key = object["custodians"][2][field];
    key[5] = key[5] == '0' ? '1' : '0';
    object["custodians"][2][field] = key;
    expect_refused(object, ErrorCode::damaged, "network_id");
  }
  json swapped = saved();
  std::swap(swapped["custodians"][0], swapped["custodians"][1]);
  expect_refused(swapped, ErrorCode::damaged, "network_id");
}

TEST_F(NetworkFile, ThreeCustodiansNeitherMoreNorFewer) {
  json object = saved();
  object["custodians"].push_back(object["custodians"][0]);
  expect_refused(object, ErrorCode::invalid_input, "custodians");
  object["custodians"] = json::array();
  expect_refused(object, ErrorCode::invalid_input, "custodians");
  object["custodians"] = {{"0", 1}};
  expect_refused(object, ErrorCode::invalid_input, "custodians");
}

TEST_F(NetworkFile, AnotherFormatIsSaid) {
  json object = saved();
  object["qorgan_network"] = 2;
  expect_refused(object, ErrorCode::version_mismatch, "network.json");
}

TEST_F(NetworkFile, PortsAreThoseThatThereAre) {
  for (const json& port : {json(0), json(-1), json(65536), json("7310"), json(1.5)}) {
    json object = saved();
    object["custodians"][0]["port"] = port;
    expect_refused(object, ErrorCode::invalid_input, "port");
  }
}

TEST_F(NetworkFile, NotThereIsNotFound) {
  const auto read = load_network(path());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::not_found);
}

TEST(NetworkId, IsOfTheCustodiansKeysAlone) {
  Network changed = make();
  changed.desks.clear();
  changed.custodians[1].host = "custodian.example";
  changed.custodians[1].port = 1;
  changed.custodians[1].name = "Renamed";
  EXPECT_EQ(changed.id(), make().id());
  changed.custodians[1].sign_key[31] ^= 1;
  EXPECT_NE(changed.id(), make().id());
}

TEST(Peers, ACustodianLetsInTheCustodiansAndTheDesksOnly) {
  const Network network = make();
  const net::PeerTable peers = peers_of(network);
  EXPECT_EQ(peers.size(), 5U);
  for (int index = 0; index < kCustodians; ++index)
    EXPECT_EQ(peers.at(network.custodians[static_cast<std::size_t>(index)].tls_pin), net::Party::custodian(index));
  EXPECT_EQ(peers.at(network.desks[0].tls_pin), net::Party::desk("Kordai"));
}

TEST(Ring, NextAndPreviousGoRound) {
  for (int i = 0; i < kCustodians; ++i) {
    EXPECT_EQ(previous_of(next_of(i)), i);
    EXPECT_NE(next_of(i), i);
    EXPECT_NE(next_of(i), previous_of(i));
  }
}

}  // namespace
}  // namespace qorgan::protocol
