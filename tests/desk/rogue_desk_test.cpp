// A desk that lies to custodians: found out before anything is stored or compared.
#include <fmt/format.h>

#include <future>

#include "crypto/random.h"
#include "custodian/peers.h"
#include "protocol/message_types.h"
#include "tests/desk/trial.h"

namespace qorgan::desk::test {
namespace {

using protocol::Kind;
using protocol::Request;

constexpr std::array<std::size_t, 3> kNobody = {0, 0, 0};

class RogueDeskTest : public testing::Test {
 protected:
  // Everyone refuses with that, nobody stores, and an honest repetition of the request is refused as well.
  void expect_all_refuse(const Request& request, const Questions& questions, ErrorCode code) {
    for (const auto& answer : rogue_.submit(questions)) EXPECT_ERROR(answer, code);
    EXPECT_EQ(trial_.people(), kNobody);
    for (const auto& answer : rogue_.submit(questions)) EXPECT_FALSE(answer.has_value());
    EXPECT_EQ(trial_.people(), kNobody);
    static_cast<void>(request);
  }

  // So many of that kind are looked at, of one person; of another still more are.
  void expect_one_person_counted(Kind kind, int per_minute) {
    const auto ask = [&](std::uint8_t subject) {
      net::Message question = RogueDesk::submission(RogueDesk::request(kind, subject), mpc::split({})[1]);
      question.body.clear();
      return rogue_.custodians().ask(1, question, Deadline::after_ms(10'000));
    };
    int allowed = 0;
    const Deadline end = Deadline::after_ms(60'000);
    while (qorgan::test::code_of(ask(1)) == error_code_name(ErrorCode::damaged) && !end.passed()) ++allowed;
    EXPECT_GE(allowed, per_minute);
    EXPECT_LE(allowed, 2 * per_minute);
    EXPECT_ERROR(ask(2), ErrorCode::damaged);
  }

  Trial trial_;
  RogueDesk rogue_{trial_};
};

TEST_F(RogueDeskTest, AnHonestRequestByTheSameMeansIsTaken) {
  const Request request = RogueDesk::request(Kind::enrol);
  for (const auto& answer : rogue_.submit(RogueDesk::submissions(request, mpc::split(finger_of(1))))) EXPECT_OK(answer);
  EXPECT_EQ(trial_.people(), (std::array<std::size_t, 3>{1, 1, 1}));
}

// Of each share two custodians have a copy; whichever copy differs, an enrolment is refused.
TEST_F(RogueDeskTest, CopiesOfAShareThatDifferAreFoundOut) {
  for (std::size_t liar = 0; liar < 3; ++liar) {
    for (const bool own : {true, false}) {
      SCOPED_TRACE(testing::Message() << "custodian " << liar << (own ? " own" : " next"));
      for (const Kind kind : {Kind::enrol, Kind::identify}) {
        Request request = RogueDesk::request(kind);
        if (kind == Kind::identify) request.warrant = trial_.searching().warrant;
        auto shares = mpc::split(finger_of(1));
        crypto::SecretBytes& copy = own ? shares[liar].own : shares[liar].next;
        copy.expose_mutable()[17] ^= 1;
        expect_all_refuse(request, RogueDesk::submissions(request, shares), ErrorCode::damaged);
      }
    }
  }
}

TEST_F(RogueDeskTest, SharesOfAnotherTemplateAreFoundOut) {
  const Request request = RogueDesk::request(Kind::enrol);
  const auto shares = mpc::split(finger_of(1));
  Questions questions = RogueDesk::submissions(request, shares);
  questions[2] = RogueDesk::submission(request, mpc::split(finger_of(2))[2]);
  expect_all_refuse(request, questions, ErrorCode::damaged);
}

TEST_F(RogueDeskTest, DifferentRequestsAreFoundOut) {
  for (std::size_t liar = 0; liar < 3; ++liar) {
    SCOPED_TRACE(liar);
    const Request request = RogueDesk::request(Kind::enrol);
    Request other = request;
    other.purpose = "curiosity";
    const auto shares = mpc::split(finger_of(1));
    Questions questions = RogueDesk::submissions(request, shares);
    questions[liar] = RogueDesk::submission(other, shares[liar]);
    expect_all_refuse(request, questions, ErrorCode::refused);
  }
}

TEST_F(RogueDeskTest, AnEnrolmentForOneAndAnErasureForAnotherIsFoundOut) {
  Desk desk = trial_.open_desk();
  ASSERT_OK(desk.enrol(iin_of(1), prints_of(1), asking(protocol::Kind::enrol)));
  const Request request = RogueDesk::request(Kind::enrol);
  Request erasure = request;
  erasure.kind = Kind::erase;
  erasure.fingers.clear();
  const auto shares = mpc::split(finger_of(2));
  Questions questions = RogueDesk::submissions(request, shares);
  questions[1] = RogueDesk::submission(erasure, shares[1]);
  for (const auto& answer : rogue_.submit(questions)) EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(trial_.people(), (std::array<std::size_t, 3>{1, 1, 1}));
}

// Told to two custodians alone, a request ends by itself, at both, within the time that is kept for the third copy.
TEST_F(RogueDeskTest, ARequestThatOneCustodianNeverGetsIsGivenUp) {
  std::vector<std::future<void>> three;
  for (int left_out : {0, 1, 2})
    three.push_back(std::async(std::launch::async, [this, left_out] {
      const Request request = RogueDesk::request(Kind::enrol, static_cast<std::uint8_t>(left_out + 1));
      const Questions questions = RogueDesk::submissions(request, mpc::split(finger_of(1)));
      std::vector<std::future<void>> two;
      for (int custodian : {0, 1, 2}) {
        if (custodian == left_out) continue;
        two.push_back(std::async(std::launch::async, [&, custodian] {
          const auto answer = rogue_.custodians().ask(custodian, questions[static_cast<std::size_t>(custodian)],
                                                      Deadline::after_ms(40'000));
          ASSERT_OK(answer);
          ASSERT_TRUE(answer->head.contains("aborted")) << answer->head.dump();
        }));
      }
      for (auto& one : two) one.get();
    }));
  for (auto& one : three) one.get();
  EXPECT_EQ(trial_.people(), kNobody);
}

TEST_F(RogueDeskTest, SharesOfAnotherLengthAreRefused) {
  const Request request = RogueDesk::request(Kind::enrol);
  const auto shares = mpc::split(finger_of(1));
  for (std::size_t custodian = 0; custodian < 3; ++custodian) {
    net::Message whole = RogueDesk::submission(request, shares[custodian]);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, whole.body.size() - 1, whole.body.size() + 1, 2 * whole.body.size()}) {
      net::Message cut = whole;
      cut.body.resize(size);
      EXPECT_ERROR(rogue_.custodians().ask(static_cast<int>(custodian), cut, Deadline::after_ms(10'000)),
                   ErrorCode::damaged);
    }
    // Another custodian's share.
    net::Message swapped = RogueDesk::submission(request, shares[(custodian + 1) % 3]);
    EXPECT_FALSE(rogue_.custodians().ask(static_cast<int>(custodian), swapped, Deadline::after_ms(10'000)));
  }
  EXPECT_EQ(trial_.people(), kNobody);
}

TEST_F(RogueDeskTest, AnotherDesksNameIsRefused) {
  Request request = RogueDesk::request(Kind::enrol);
  request.desk = "Almaty";
  for (const auto& answer : rogue_.submit(RogueDesk::submissions(request, mpc::split(finger_of(1)))))
    EXPECT_ERROR(answer, ErrorCode::refused);
}

// What custodians say to one another is not a desk's to say.
TEST_F(RogueDeskTest, ADeskIsNoCustodian) {
  Desk desk = trial_.open_desk();
  const auto enrolled = desk.enrol(iin_of(1), prints_of(1), asking(protocol::Kind::enrol));
  ASSERT_OK(enrolled);
  namespace type = protocol::type;
  for (const char* name : {type::agree, type::compare_shares, type::commit, type::snapshot, type::open_lanes, type::run,
                           type::release, type::abort, type::outcome, "", "submit ", "no such question"}) {
    for (int custodian : {0, 1, 2}) {
      net::Message question;
      question.head = {{"type", name},
                       {"id", to_hex(enrolled->request_id)},
                       {"digest", std::string(64, 'a')},
                       {"common", std::string(64, 'a')},
                       {"sequence", 2},
                       {"kind", "erase"},
                       {"record", to_hex(enrolled->record_id)},
                       {"session", std::string(32, 'a')}};
      SCOPED_TRACE(name);
      EXPECT_ERROR(rogue_.custodians().ask(custodian, question, Deadline::after_ms(10'000)), ErrorCode::refused);
    }
  }
  EXPECT_EQ(trial_.people(), (std::array<std::size_t, 3>{1, 1, 1}));
}

TEST_F(RogueDeskTest, QuestionsThatAreNone) {
  for (const nlohmann::json& head :
       {nlohmann::json::object(), nlohmann::json{{"type", 7}}, nlohmann::json{{"type", nullptr}},
        nlohmann::json{{"type", "submit"}}, nlohmann::json{{"type", "submit"}, {"request", 1}},
        nlohmann::json{{"type", "submit"}, {"request", nlohmann::json::object()}},
        nlohmann::json{{"type", "pseudonym"}}, nlohmann::json{{"type", "pseudonym"}, {"blinded", "00"}},
        nlohmann::json{{"type", "pseudonym"}, {"blinded", std::string(64, '0')}},
        nlohmann::json{{"type", "pseudonym"}, {"blinded", std::string(64, 'f')}}, nlohmann::json{{"type", "lookup"}},
        nlohmann::json{{"type", "lookup"}, {"id", std::string(32, '0')}, {"count", 0}},
        nlohmann::json{{"type", "lookup"}, {"id", std::string(32, '0')}, {"count", 11}},
        nlohmann::json{{"type", "lookup"}, {"id", std::string(32, '0')}, {"count", 1.5}}}) {
    net::Message question;
    question.head = head;
    const auto answer = rogue_.custodians().ask(0, question, Deadline::after_ms(10'000));
    ASSERT_FALSE(answer) << head.dump();
    EXPECT_EQ(error_code_name(answer.error().code), error_code_name(ErrorCode::invalid_input)) << head.dump();
    EXPECT_FALSE(answer.error().what.empty());
  }
  EXPECT_OK(rogue_.custodians().reach_all());
}

TEST_F(RogueDeskTest, PseudonymsAreCounted) {
  const identity::Iin iin = iin_of(1);
  const auto blinding = identity::blind(identity::pseudonym_input(iin).expose());
  ASSERT_OK(blinding);
  net::Message question;
  question.head = {{"type", protocol::type::pseudonym}, {"blinded", to_hex(blinding->element())}};
  int allowed = 0;
  Result<net::Message> answer;
  const Deadline end = Deadline::after_ms(60'000);
  while ((answer = rogue_.custodians().ask(1, question, Deadline::after_ms(10'000))) && !end.passed()) ++allowed;
  EXPECT_ERROR(answer, ErrorCode::busy);
  EXPECT_GE(allowed, limits::pseudonyms_per_minute_max);
  // No more than are filled in again meanwhile.
  EXPECT_LE(allowed, 2 * limits::pseudonyms_per_minute_max);
}

// Counted before they are looked at: these come without a print, and are quickly answered.
TEST_F(RogueDeskTest, QuestionsAboutOnePersonAreCounted) {
  expect_one_person_counted(Kind::verify, limits::comparisons_of_subject_per_minute_max);
}

// Each is in the logs for ever: after so many nothing more of the desk is taken in, or logged, whatever it asks.
TEST_F(RogueDeskTest, RefusalsAreCounted) {
  const auto log_size = [&] {
    net::Message question;
    question.head = {{"type", protocol::type::status}};
    return rogue_.custodians().ask(1, question, Deadline::after_ms(10'000))->head.at("log_size").get<int>();
  };
  const auto ask = [&](Kind kind, std::uint8_t subject) {
    const Request request = RogueDesk::request(kind, subject);
    return rogue_.submit(RogueDesk::submissions(request, mpc::split(finger_of(1))))[1];
  };
  const Deadline end = Deadline::after_ms(60'000);
  int refused = 0;
  while (qorgan::test::code_of(ask(Kind::erase, 1)) == error_code_name(ErrorCode::not_found) && !end.passed())
    ++refused;
  EXPECT_GE(refused, limits::refusals_of_subject_per_minute_max);
  EXPECT_LE(refused, 2 * limits::refusals_of_subject_per_minute_max);
  const int size = log_size();
  // Some are filled in again meanwhile, one in five seconds.
  constexpr int kAsked = 20;
  int turned_away = 0;
  for (int i = 0; i < kAsked; ++i)
    if (qorgan::test::code_of(ask(Kind::verify, 1)) == error_code_name(ErrorCode::busy)) ++turned_away;
  EXPECT_GE(turned_away, kAsked / 2);
  EXPECT_LE(log_size(), size + kAsked - turned_away);
  // About others it may ask, until it has been refused too often in all.
  std::uint8_t subject = 2;
  Result<net::Message> answer;
  while (qorgan::test::code_of(answer = ask(Kind::erase, subject)) == error_code_name(ErrorCode::not_found) &&
         !end.passed()) {
    ++refused;
    ++subject;
  }
  EXPECT_ERROR(answer, ErrorCode::busy);
  EXPECT_GE(refused, limits::refusals_per_minute_max);
  EXPECT_LE(refused, 2 * limits::refusals_per_minute_max);
  const auto ask_for_absence = [&] {
    net::Message absence;
    absence.head = {{"type", protocol::type::absence},
                    {"id", to_hex(protocol::make_request_id(unix_time_ms()))},
                    {"operator", "operator"},
                    {"subject", std::string(64, 'a')},
                    {"nonce", std::string(64, 'b')}};
    return qorgan::test::code_of(rogue_.custodians().ask(1, absence, Deadline::after_ms(10'000)));
  };
  int proven = 0;
  while (ask_for_absence() != error_code_name(ErrorCode::busy) && proven < limits::refusals_of_subject_per_minute_max)
    ++proven;
  EXPECT_LT(proven, limits::refusals_of_subject_per_minute_max / 2) << "no more than are filled in again meanwhile";
}

// Changes are counted with the rest, before they are looked at.
TEST_F(RogueDeskTest, ChangesOfOnePersonAreCounted) {
  expect_one_person_counted(Kind::enrol, limits::requests_of_subject_per_minute_max);
}

// By one who has a custodian's TLS key.
TEST_F(RogueDeskTest, RecoveriesAreCountedAndEndWithACosignatureAlone) {
  trial_.stop(2);
  const auto identity = net::load_tls_identity(trial_.custodian_folder(2) / "tls.pem");
  ASSERT_OK(identity);
  custodian::Peers peers(2, trial_.network(), *identity);
  const auto ask = [&](const char* name, int recovery) {
    net::Message question;
    question.head = {{"type", name}, {"recovery", fmt::format("{:032x}", recovery)}};
    return peers.call(1, question, Deadline::after_ms(10'000));
  };
  ASSERT_OK(ask(protocol::type::recover_begin, 1));
  net::Message none;
  none.head = {{"type", protocol::type::cosign}};
  EXPECT_FALSE(peers.call(1, none, Deadline::after_ms(10'000)));
  net::Message unsigned_one;
  unsigned_one.head = {{"type", protocol::type::cosign}, {"from", 0}, {"entries_bytes", 0}};
  EXPECT_OK(peers.call(1, unsigned_one, Deadline::after_ms(10'000)));
  EXPECT_OK(ask(protocol::type::recover_key, 1));  // it has not ended
  // The same again is free, a new one is not.
  for (int i = 0; i < 2 * limits::recoveries_per_minute_max; ++i) ASSERT_OK(ask(protocol::type::recover_begin, 1));
  int begun = 1;
  const Deadline end = Deadline::after_ms(60'000);
  while (qorgan::test::code_of(ask(protocol::type::recover_begin, begun + 1)) != error_code_name(ErrorCode::busy) &&
         !end.passed())
    ++begun;
  EXPECT_GE(begun, limits::recoveries_per_minute_max);
  EXPECT_LE(begun, 2 * limits::recoveries_per_minute_max);
}

TEST_F(RogueDeskTest, CandidatesAreLookedUpAFewTimesByTheDeskThatAskedOnly) {
  Desk desk = trial_.open_desk();
  for (int person = 0; person < 9; ++person)
    ASSERT_OK(desk.enrol(iin_of(person), prints_of(person), asking(protocol::Kind::enrol)));
  const auto found = desk.identify(prints_of(4, 1), trial_.searching());
  ASSERT_OK(found);
  ASSERT_EQ(found->records.size(), 1U);
  const auto ask = [&](int custodian, int count, const protocol::RequestId& id) {
    net::Message question;
    question.head = {{"type", protocol::type::lookup}, {"id", to_hex(id)}, {"count", count}};
    question.body.assign(static_cast<std::size_t>(2 * count), 0);
    return rogue_.custodians().ask(custodian, question, Deadline::after_ms(10'000));
  };
  // The desk has used ten of thirty.
  EXPECT_OK(ask(0, 10, found->request_id));
  EXPECT_OK(ask(0, 10, found->request_id));
  EXPECT_ERROR(ask(0, 1, found->request_id), ErrorCode::refused);
  EXPECT_ERROR(ask(2, 1, found->request_id), ErrorCode::refused);
  EXPECT_ERROR(ask(1, 1, protocol::make_request_id(unix_time_ms())), ErrorCode::not_found);
}

}  // namespace
}  // namespace qorgan::desk::test
