// One custodian's answers are changed: the desk notices, and names no answer.
#include <filesystem>
#include <functional>
#include <utility>

#include "net/server.h"
#include "protocol/message_types.h"
#include "protocol/peer.h"
#include "tests/desk/trial.h"

namespace qorgan::desk::test {
namespace {

// Stands in a custodian's place with its key, passes everything on, and changes answers.
class Tamperer {
 public:
  using Change = std::function<void(const std::string& type, net::Message& answer)>;

  Tamperer(const Trial& trial, int custodian, Change change)
      : custodian_(custodian), change_(std::move(change)), real_(trial.network(), trial.identity(), "desk") {
    const auto key = net::load_tls_identity(trial.custodian_folder(custodian) / "tls.pem");
    EXPECT_OK(key);
    net::ServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.own = protocol::own_hello(trial.network(), net::Party::custodian(custodian));
    options.peers = protocol::peers_of(trial.network());
    auto server = net::Server::start(options, *key, [this](net::Connection connection, const net::Hello&) {
      static_cast<void>(
          net::serve_requests(connection, [this](const net::Message& question) { return pass(question); }));
    });
    EXPECT_OK(server);
    server_.emplace(std::move(*server));
    protocol::Network network = trial.network();
    network.custodians[static_cast<std::size_t>(custodian)].port = server_->address().port;
    file_ = trial.custodian_folder(custodian) / "tampered.json";
    EXPECT_OK(protocol::save_network(network, file_));
  }

  Desk open_desk(const Trial& trial) const {
    auto desk = Desk::open(file_, trial.desk_folder());
    EXPECT_OK(desk);
    return std::move(*desk);
  }

 private:
  Result<net::Message> pass(const net::Message& question) {
    auto answer = real_.ask(custodian_, question, Deadline::after_ms(20'000));
    if (answer) change_(question.head["type"], *answer);
    return answer;
  }

  const int custodian_;
  const Change change_;
  Custodians real_;
  std::optional<net::Server> server_;
  std::filesystem::path file_;
};

class TamperingTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    Desk desk = trial_.open_desk();
    for (int person : {1, 2, 3})
      ASSERT_OK(desk.enrol(iin_of(person), prints_of(person), asking(protocol::Kind::enrol)));
  }
  // `change` of the answers to questions of one type.
  Desk desk_with(const char* type, std::function<void(net::Message&)> change) {
    tamperer_.emplace(trial_, GetParam(), [type, change](const std::string& asked, net::Message& answer) {
      if (asked == type) change(answer);
    });
    return tamperer_->open_desk(trial_);
  }

  Trial trial_;
  std::optional<Tamperer> tamperer_;
};

TEST_P(TamperingTest, NothingChangedIsNoticedAsNothing) {
  Desk desk = desk_with("none", [](net::Message&) {});
  const auto mated = desk.verify(iin_of(1), prints_of(1, 1), asking(protocol::Kind::verify));
  ASSERT_OK(mated);
  EXPECT_TRUE(mated->same_person);
  const auto found = desk.identify(prints_of(2, 1), trial_.searching());
  ASSERT_OK(found);
  EXPECT_EQ(found->records.size(), 1U);
}

TEST_P(TamperingTest, AFlippedBitOfAnAcceptShare) {
  for (const std::size_t at : {0U, 1U}) {
    Desk desk = desk_with(protocol::type::submit, [at](net::Message& answer) { answer.body.at(at) ^= 1; });
    const auto verified = desk.verify(iin_of(1), prints_of(1, 1), asking(protocol::Kind::verify));
    EXPECT_ERROR(verified, ErrorCode::damaged);
    EXPECT_NE(verified.error().message().find("custodian"), std::string::npos) << verified.error().message();
    EXPECT_ERROR(desk.identify(prints_of(1, 1), trial_.searching()), ErrorCode::damaged);
  }
}

TEST_P(TamperingTest, AnAnswerOfAnotherLength) {
  for (const std::size_t size : {0U, 1U, 3U, 1000U}) {
    Desk desk = desk_with(protocol::type::submit, [size](net::Message& answer) { answer.body.resize(size); });
    EXPECT_ERROR(desk.verify(iin_of(1), prints_of(1, 1), asking(protocol::Kind::verify)), ErrorCode::damaged);
  }
}

TEST_P(TamperingTest, AnotherNumberOfPeople) {
  Desk desk = desk_with(protocol::type::submit, [](net::Message& answer) { answer.head["compared"] = 2; });
  EXPECT_ERROR(desk.verify(iin_of(1), prints_of(1, 1), asking(protocol::Kind::verify)), ErrorCode::damaged);
}

TEST_P(TamperingTest, APseudonymPartOfAnotherKey) {
  for (const char* field : {"own", "next"}) {
    Desk desk = desk_with(protocol::type::pseudonym, [field](net::Message& answer) {
      answer.head[field] = answer.head[std::string(field) == "own" ? "next" : "own"];
    });
    EXPECT_ERROR(desk.verify(iin_of(1), prints_of(1, 1), asking(protocol::Kind::verify)), ErrorCode::damaged);
    EXPECT_ERROR(desk.enrol(iin_of(4), prints_of(4), asking(protocol::Kind::enrol)), ErrorCode::damaged);
  }
  EXPECT_EQ(trial_.people(), (std::array<std::size_t, 3>{3, 3, 3}));
}

TEST_P(TamperingTest, FieldsThatAreMissingOrOfAnotherType) {
  for (const char* field : {"compared", "work", "one_bit"}) {
    for (const nlohmann::json& wrong :
         {nlohmann::json(nullptr), nlohmann::json("1"), nlohmann::json(-1), nlohmann::json::array()}) {
      Desk desk = desk_with(protocol::type::submit, [&](net::Message& answer) { answer.head[field] = wrong; });
      EXPECT_FALSE(desk.verify(iin_of(1), prints_of(1, 1), asking(protocol::Kind::verify))) << field << wrong.dump();
    }
  }
}

TEST_P(TamperingTest, AnAnswerOfOneBit) {
  Asking checking{"operator", "deduplication", {}};
  for (const bool known : {true, false}) {
    Desk desk = desk_with("none", [](net::Message&) {});
    const auto found = desk.identify(prints_of(known ? 2 : 9, 1), checking);
    ASSERT_OK(found);
    EXPECT_TRUE(found->one_bit);
    EXPECT_EQ(found->found, known);
    EXPECT_EQ(found->compared, 3U);
    EXPECT_EQ(found->candidates, 0U);
    EXPECT_TRUE(found->records.empty());
    for (const CustodianWork& work : found->work) EXPECT_EQ(work.bytes_sent, 0U) << "tells how many went on";
    // Nobody can be asked for afterwards.
    RogueDesk rogue(trial_);
    for (int custodian : {0, 1}) {
      net::Message question;
      question.head = {{"type", protocol::type::lookup}, {"id", to_hex(found->request_id)}, {"count", 1}};
      question.body = {7};
      EXPECT_ERROR(rogue.custodians().ask(custodian, question, Deadline::after_ms(20'000)), ErrorCode::refused);
    }
  }
  Desk flipped = desk_with(protocol::type::submit, [](net::Message& answer) { answer.body.at(0) ^= 1; });
  EXPECT_ERROR(flipped.identify(prints_of(2, 1), checking), ErrorCode::damaged);
  // One that says that there is more to know.
  Desk more = desk_with(protocol::type::submit, [](net::Message& answer) { answer.head["one_bit"] = false; });
  EXPECT_ERROR(more.identify(prints_of(2, 1), checking), ErrorCode::damaged);
}

TEST_P(TamperingTest, AFailureAfterAnEnrolmentDoesNotLoseItsSecret) {
  const std::filesystem::path pending = trial_.desk_folder() / "pending";
  bool failed = false;
  Desk once = desk_with(protocol::type::submit, [&](net::Message& answer) {
    if (!std::exchange(failed, true)) answer = net::error_message({ErrorCode::internal, "a defect", {}, {}});
  });
  const auto enrolled = once.enrol(iin_of(4), prints_of(4), asking(protocol::Kind::enrol));
  ASSERT_OK(enrolled);
  EXPECT_TRUE(failed);
  EXPECT_TRUE(std::filesystem::is_empty(pending));
  Desk always = desk_with(protocol::type::submit, [](net::Message& answer) {
    answer = net::error_message({ErrorCode::damaged, "an answer that cannot be read", {}, {}});
  });
  EXPECT_FALSE(always.enrol(iin_of(5), prints_of(5), asking(protocol::Kind::enrol)));
  EXPECT_FALSE(std::filesystem::is_empty(pending));
}

INSTANTIATE_TEST_SUITE_P(Custodian, TamperingTest, testing::Values(0, 1, 2));

}  // namespace
}  // namespace qorgan::desk::test
