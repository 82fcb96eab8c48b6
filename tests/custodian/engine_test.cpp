#include <gtest/gtest.h>

#include "tests/custodian/engine_trial.h"

namespace qorgan::custodian {
namespace {

using namespace test;

class EngineTest : public EngineTrial {};

const Error kReason{ErrorCode::busy, "a reason", "custodian 0", {}};

TEST_F(EngineTest, ARequestCanBeSentAgainAsItWas) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  ASSERT_OK(prepare(asked));
  EXPECT_EQ(phase(asked), Phase::agreed);
  ASSERT_OK(engine_->apply(operation(asked, 1)));
  ASSERT_OK(prepare(asked));
  EXPECT_EQ(phase(asked), Phase::committed);
  EXPECT_EQ(engine_->gallery().size().people, 1U);
}

TEST_F(EngineTest, UnderOneIdThereIsOneContent) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  Request other = asked;
  other.purpose = "curiosity";
  EXPECT_ERROR(prepare(other), ErrorCode::stale);
  other = asked;
  other.subject.fill(9);
  EXPECT_ERROR(prepare(other), ErrorCode::stale);
  // The same words with another print.
  EXPECT_ERROR(engine_->prepare(asked, shares(asked, 1).expose()), ErrorCode::stale);
  EXPECT_EQ(phase(asked), Phase::prepared);
}

// The desk forgets the secret when an enrolment is confirmed, so that it cannot send the same again.
TEST_F(EngineTest, AnEnrolmentThatWasConfirmedSaysSoToItsDeskAlone) {
  const Request asked = enrol(1, 1);
  Request again = asked;
  again.access_key[0] ^= 1;
  EXPECT_ERROR(prepare(again), ErrorCode::already_exists);
  again.fingers = {3};
  EXPECT_ERROR(prepare(again), ErrorCode::already_exists);
  // The same secret with another print, another person, another desk, something else.
  EXPECT_ERROR(engine_->prepare(asked, shares(asked, 1).expose()), ErrorCode::stale);
  Request other = again;
  other.subject.fill(9);
  EXPECT_ERROR(prepare(other), ErrorCode::stale);
  other = again;
  other.desk = "another desk";
  EXPECT_ERROR(prepare(other), ErrorCode::stale);
  other = request(Kind::verify, 1);
  other.id = asked.id;
  EXPECT_ERROR(prepare(other), ErrorCode::stale);
  // After a new start as well, and not of one that is only under way.
  open(1);
  again.fingers = asked.fingers;
  EXPECT_ERROR(prepare(again), ErrorCode::already_exists);
  const Request open = request(Kind::enrol, 2);
  ASSERT_OK(prepare(open));
  Request changed = open;
  changed.access_key[0] ^= 1;
  EXPECT_ERROR(prepare(changed), ErrorCode::stale);
}

TEST_F(EngineTest, OldAndFutureRequestsAreTurnedAway) {
  Request old = request(Kind::enrol);
  old.id = protocol::make_request_id(unix_time_ms() - limits::request_age_ms_max - 1000);
  EXPECT_ERROR(prepare(old), ErrorCode::stale);
  Request early = request(Kind::enrol);
  early.id = protocol::make_request_id(unix_time_ms() + limits::clock_skew_ms_max + 5000);
  EXPECT_ERROR(prepare(early), ErrorCode::stale);
  // Whoever asks for this custodian's vote hears why at once, and a repetition hears the same.
  EXPECT_ERROR(engine_->digests(old.id, old.digest(), 0, plenty()), ErrorCode::stale);
  ASSERT_OK(prepare(old));
  const auto ended = engine_->wait_for_end(old.id, plenty());
  ASSERT_OK(ended);
  ASSERT_TRUE(ended->aborted);
  EXPECT_EQ(ended->aborted->code, ErrorCode::stale);
  // Nothing of it was written.
  open(1);
  EXPECT_ERROR(engine_->ticket(old.id), ErrorCode::not_found);
}

TEST_F(EngineTest, ARequestThatIsOldByNowCanStillBeRepeated) {
  Request asked = request(Kind::enrol);
  asked.id = protocol::make_request_id(unix_time_ms() - limits::request_age_ms_max + 200);
  ASSERT_OK(prepare(asked));
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_TRUE(prepare(asked));
}

TEST_F(EngineTest, SharesOfAnotherLengthAreRefused) {
  const Request asked = request(Kind::enrol, 1, {1, 2});
  const auto whole = shares(asked);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1})
    EXPECT_ERROR(engine_->prepare(asked, whole.expose().first(size)), ErrorCode::damaged);
  Request erasure = request(Kind::erase);
  EXPECT_ERROR(engine_->prepare(erasure, whole.expose()), ErrorCode::damaged);
  EXPECT_TRUE(engine_->prepare(erasure, {}));
}

TEST_F(EngineTest, TheQueueHasAnEnd) {
  // As many desks as the limit of one desk needs.
  int taken = 0;
  Status last;
  for (int i = 0; i <= limits::requests_waiting_max && last; ++i) {
    Request asked = request(Kind::erase, static_cast<std::uint8_t>(i));
    asked.desk = "desk " + std::to_string(i);
    last = engine_->prepare(asked, {});
    taken += last ? 1 : 0;
  }
  EXPECT_EQ(taken, limits::requests_waiting_max);
  EXPECT_ERROR(last, ErrorCode::busy);
}

TEST_F(EngineTest, OneDeskDoesNotFillTheQueue) {
  for (int i = 0; i < limits::requests_of_desk_max; ++i)
    ASSERT_OK(engine_->prepare(request(Kind::erase, static_cast<std::uint8_t>(i)), {}));
  const Request one_more = request(Kind::erase, 200);
  EXPECT_ERROR(engine_->prepare(one_more, {}), ErrorCode::busy);
  Request other = request(Kind::erase, 201);
  other.desk = "another desk";
  EXPECT_TRUE(engine_->prepare(other, {}));
  ASSERT_OK(engine_->abort(other.id, kReason));
}

TEST_F(EngineTest, AVoteNeedsTheSameRequest) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  crypto::Digest other = asked.digest();
  other[0] ^= 1;
  EXPECT_ERROR(engine_->digests(asked.id, other, 0, soon()), ErrorCode::refused);
  EXPECT_ERROR(engine_->vote(asked.id, other, plenty()), ErrorCode::refused);
  EXPECT_EQ(phase(asked), Phase::prepared);
}

TEST_F(EngineTest, AVoteWaitsForTheDesksCopy) {
  const Request asked = request(Kind::enrol);
  EXPECT_ERROR(engine_->digests(asked.id, asked.digest(), 0, soon()), ErrorCode::unavailable);
  std::thread desk([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(prepare(asked));
  });
  EXPECT_TRUE(engine_->digests(asked.id, asked.digest(), 0, plenty()));
  desk.join();
}

TEST_F(EngineTest, AVoteWaitsForEarlierDecisions) {
  const Request first = request(Kind::enrol, 1);
  ASSERT_OK(prepare(first));
  ASSERT_OK(vote(first));
  const Request second = request(Kind::verify, 1);
  ASSERT_OK(prepare(second));
  // By what this custodian knows there is nobody; the coordinator has gone on meanwhile.
  EXPECT_ERROR(engine_->digests(second.id, second.digest(), 1, soon()), ErrorCode::unavailable);
  std::thread coordinator([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(engine_->apply(operation(first, 1)));
  });
  EXPECT_TRUE(engine_->digests(second.id, second.digest(), 1, plenty()));
  coordinator.join();
}

TEST_F(EngineTest, WhoIsThereDecidesTheVote) {
  enrol(1, 1, {2, 3});
  const auto try_vote = [&](const Request& asked) {
    EXPECT_TRUE(prepare(asked));
    return vote(asked);
  };
  EXPECT_ERROR(try_vote(request(Kind::enrol, 1)), ErrorCode::already_exists);
  EXPECT_ERROR(try_vote(request(Kind::verify, 2)), ErrorCode::not_found);
  EXPECT_ERROR(try_vote(request(Kind::erase, 2)), ErrorCode::not_found);
  EXPECT_ERROR(try_vote(request(Kind::verify, 1, {7})), ErrorCode::not_found);
  EXPECT_TRUE(try_vote(request(Kind::verify, 1, {3, 7})));
  EXPECT_TRUE(try_vote(request(Kind::erase, 1)));
  EXPECT_TRUE(try_vote(request(Kind::identify, 0, {9})));
}

TEST_F(EngineTest, DecisionsComeInOrderAndOnce) {
  const Request first = request(Kind::enrol, 1);
  const Request second = request(Kind::enrol, 2);
  for (const Request& asked : {first, second}) {
    ASSERT_OK(prepare(asked));
    ASSERT_OK(vote(asked));
  }
  EXPECT_ERROR(engine_->apply(operation(second, 2)), ErrorCode::stale);
  EXPECT_EQ(engine_->applied_sequence(), 0);
  ASSERT_OK(engine_->apply(operation(first, 1)));
  ASSERT_OK(engine_->apply(operation(first, 1)));
  ASSERT_OK(engine_->apply(operation(second, 2)));
  EXPECT_EQ(engine_->applied_sequence(), 2);
  EXPECT_EQ(engine_->gallery().size().people, 2U);
  const auto known = engine_->operations_after(0, 10);
  ASSERT_OK(known);
  EXPECT_EQ(*known, (std::vector<store::Operation>{operation(first, 1), operation(second, 2)}));
}

// A coordinator that was set back to an older copy gives a number out again.
TEST_F(EngineTest, ANumberStandsForOneDecision) {
  enrol(1, 1);
  const Request other = request(Kind::enrol, 2);
  ASSERT_OK(prepare(other));
  ASSERT_OK(vote(other));
  EXPECT_ERROR(engine_->apply(operation(other, 1)), ErrorCode::damaged);
  EXPECT_EQ(engine_->gallery().size().people, 1U);
}

TEST_F(EngineTest, NothingIsAppliedThatWasNotVotedFor) {
  const Request asked = request(Kind::enrol);
  EXPECT_ERROR(engine_->apply(operation(asked, 1)), ErrorCode::not_found);
  ASSERT_OK(prepare(asked));
  EXPECT_ERROR(engine_->apply(operation(asked, 1)), ErrorCode::refused);
  ASSERT_OK(vote(asked));
  store::Operation wrong = operation(asked, 1);
  wrong.kind = OperationKind::erase;
  EXPECT_ERROR(engine_->apply(wrong), ErrorCode::refused);
  wrong = operation(asked, 1);
  wrong.record_id[0] ^= 1;
  EXPECT_ERROR(engine_->apply(wrong), ErrorCode::refused);
  EXPECT_EQ(engine_->applied_sequence(), 0);
  ASSERT_OK(engine_->apply(operation(asked, 1)));
}

TEST_F(EngineTest, AnErasureTakesTheVotedPersonAlone) {
  const Request anna = enrol(1, 1);
  const Request boris = enrol(2, 2);
  const Request erasure = request(Kind::erase, 1);
  ASSERT_OK(prepare(erasure));
  ASSERT_OK(vote(erasure));
  store::Operation wrong{3, OperationKind::erase, erasure.id, boris.record_id()};
  EXPECT_ERROR(engine_->apply(wrong), ErrorCode::refused);
  ASSERT_OK(engine_->apply({3, OperationKind::erase, erasure.id, anna.record_id()}));
  EXPECT_EQ(engine_->gallery().find(anna.subject), nullptr);
  EXPECT_NE(engine_->gallery().find(boris.subject), nullptr);
}

TEST_F(EngineTest, AnAbortedRequestStaysSo) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  ASSERT_OK(engine_->abort(asked.id, kReason));
  ASSERT_OK(engine_->abort(asked.id, {ErrorCode::internal, "another", {}, {}}));
  EXPECT_ERROR(engine_->apply(operation(asked, 1)), ErrorCode::refused);
  EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), plenty()), ErrorCode::busy);
  ASSERT_OK(prepare(asked));
  for (const bool anew : {false, true}) {
    if (anew) open(1);
    const auto ended = engine_->wait_for_end(asked.id, plenty());
    ASSERT_OK(ended);
    ASSERT_TRUE(ended->aborted);
    EXPECT_EQ(ended->aborted->what, "a reason");
  }
}

TEST_F(EngineTest, ACommittedRequestIsNotAborted) {
  const Request asked = enrol(1, 1);
  ASSERT_OK(engine_->abort(asked.id, kReason));
  EXPECT_EQ(phase(asked), Phase::committed);
}

TEST_F(EngineTest, AComparisonRunsOnce) {
  enrol(1, 1);
  const Request asked = ready(Kind::verify, 1);
  const auto input = engine_->take_comparison(asked.id);
  ASSERT_OK(input);
  EXPECT_EQ(input->people.size(), 1U);
  EXPECT_EQ(input->shares.size(), 1U);
  EXPECT_ERROR(engine_->take_comparison(asked.id), ErrorCode::stale);
  EXPECT_ERROR(engine_->commit_comparison(asked.id), ErrorCode::stale);
  ASSERT_OK(engine_->store_result(asked.id, {1, 2}, 1, {}));
  EXPECT_ERROR(engine_->store_result(asked.id, {3, 4}, 1, {}), ErrorCode::stale);
  EXPECT_ERROR(engine_->take_comparison(asked.id), ErrorCode::stale);
  EXPECT_ERROR(engine_->wait_for_end(asked.id, soon()), ErrorCode::undecided);
  ASSERT_OK(engine_->commit_comparison(asked.id));
  ASSERT_OK(engine_->commit_comparison(asked.id));
  const auto ended = engine_->wait_for_end(asked.id, soon());
  ASSERT_OK(ended);
  EXPECT_EQ(ended->result, (Bytes{1, 2}));
  // And after a new start.
  open(1);
  const auto again = engine_->wait_for_end(asked.id, soon());
  ASSERT_OK(again);
  EXPECT_EQ(again->result, (Bytes{1, 2}));
  EXPECT_EQ(again->compared, 1U);
}

TEST_F(EngineTest, AComparisonNeedsAVoteAndASnapshot) {
  enrol(1, 1);
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  EXPECT_ERROR(engine_->take_comparison(asked.id), ErrorCode::stale);
  ASSERT_OK(vote(asked));
  EXPECT_ERROR(engine_->take_comparison(asked.id), ErrorCode::stale);
  EXPECT_ERROR(engine_->take_snapshot(asked.id, 2, soon()), ErrorCode::unavailable);
  EXPECT_ERROR(engine_->take_snapshot(asked.id, 0, soon()), ErrorCode::unavailable);
  ASSERT_OK(engine_->take_snapshot(asked.id, 1, soon()));
  EXPECT_TRUE(engine_->take_comparison(asked.id));
}

TEST_F(EngineTest, ASnapshotHoldsWhoHasAFingerInCommon) {
  enrol(1, 1, {1, 2});
  enrol(2, 2, {3});
  const Request third = enrol(3, 3, {2, 3});
  const Request asked = request(Kind::identify, 0, {2});
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  const auto snapshot = engine_->take_snapshot(asked.id, 3, soon());
  ASSERT_OK(snapshot);
  EXPECT_EQ(snapshot->people, 2U);
  const auto input = engine_->take_comparison(asked.id);
  ASSERT_OK(input);
  EXPECT_EQ(input->people[1]->record_id, third.record_id());
  EXPECT_EQ(input->order_digest, snapshot->digest);
}

// Its entry in the log has the tag of the record that was there then; whoever is enrolled anew would not see the use.
TEST_F(EngineTest, AVerificationIsOfTheRecordThatItWasLoggedFor) {
  const Request enrolled = enrol(1, 1);
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  const Request erasure = request(Kind::erase);
  ASSERT_OK(prepare(erasure));
  ASSERT_OK(vote(erasure));
  store::Operation erased = operation(erasure, 2);
  erased.record_id = enrolled.record_id();
  ASSERT_OK(engine_->apply(erased));
  enrol(1, 3);
  EXPECT_ERROR(engine_->take_snapshot(asked.id, 3, soon()), ErrorCode::not_found);
  ready(Kind::verify, 3);
}

TEST_F(EngineTest, LookupsBelongToTheDeskThatAskedAndAreCounted) {
  const Request anna = enrol(1, 1);
  const Request asked = ready(Kind::identify, 1);
  EXPECT_ERROR(engine_->use_lookups(asked.id, "desk", 1), ErrorCode::refused);
  ASSERT_OK(engine_->take_comparison(asked.id));
  ASSERT_OK(engine_->store_result(asked.id, {0, 0}, 1, {}));
  EXPECT_ERROR(engine_->use_lookups(asked.id, "desk", 1), ErrorCode::refused);
  ASSERT_OK(engine_->commit_comparison(asked.id));
  EXPECT_ERROR(engine_->use_lookups(asked.id, "another desk", 1), ErrorCode::refused);
  EXPECT_ERROR(engine_->use_lookups(asked.id, "desk", limits::candidates_max + 1), ErrorCode::refused);
  for (int used = limits::candidates_max; used < limits::lookups_per_request_max; used += limits::candidates_max)
    ASSERT_OK(engine_->use_lookups(asked.id, "desk", limits::candidates_max));
  const auto order = engine_->use_lookups(asked.id, "desk", limits::candidates_max - 1);
  ASSERT_OK(order);
  EXPECT_EQ(*order, std::vector{anna.record_id()});
  EXPECT_ERROR(engine_->use_lookups(asked.id, "desk", 2), ErrorCode::refused);
  EXPECT_TRUE(engine_->use_lookups(asked.id, "desk", 1));
  open(1);
  EXPECT_ERROR(engine_->use_lookups(asked.id, "desk", 1), ErrorCode::stale);
}

TEST_F(EngineTest, ASearchOfOneBitNamesNobody) {
  enrol(1, 1);
  Request asked = request(Kind::identify);
  asked.purpose = "deduplication";
  asked.warrant.clear();
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  EXPECT_TRUE(engine_->ticket(asked.id)->one_bit);
  ASSERT_OK(engine_->take_snapshot(asked.id, 1, soon()));
  const auto input = engine_->take_comparison(asked.id);
  ASSERT_OK(input);
  EXPECT_TRUE(input->one_bit);
  ASSERT_OK(engine_->store_result(asked.id, {0, 1}, 1, {}));
  ASSERT_OK(engine_->commit_comparison(asked.id));
  // Before and after a new start.
  for (int i = 0; i < 2; ++i) {
    const auto ended = engine_->wait_for_end(asked.id, soon());
    ASSERT_OK(ended);
    EXPECT_TRUE(ended->one_bit);
    EXPECT_ERROR(engine_->use_lookups(asked.id, "desk", 1), ErrorCode::refused);
    open(1);
  }
}

// What was decided while this custodian was away comes later; what was not is asked about.
TEST_F(EngineTest, AfterANewStartAnEnrolmentWaitsForItsDecision) {
  const Request agreed = request(Kind::enrol, 1);
  ASSERT_OK(prepare(agreed));
  ASSERT_OK(vote(agreed));
  const Request prepared = request(Kind::enrol, 2);
  ASSERT_OK(prepare(prepared));
  open(1);
  EXPECT_EQ(phase(agreed), Phase::agreed);
  EXPECT_EQ(engine_->undecided(-1000).size(), 2U);
  ASSERT_OK(vote(prepared));
  ASSERT_OK(engine_->apply(operation(agreed, 1)));
  ASSERT_OK(engine_->apply(operation(prepared, 2)));
  open(1);
  EXPECT_EQ(engine_->gallery().size().people, 2U);
  EXPECT_EQ(engine_->applied_sequence(), 2);
  EXPECT_TRUE(engine_->undecided(-1000).empty());
}

TEST_F(EngineTest, AfterANewStartAComparisonWithoutAResultIsGivenUp) {
  enrol(1, 1);
  const Request prepared = request(Kind::verify);
  ASSERT_OK(prepare(prepared));
  const Request agreed = ready(Kind::verify, 1);
  const Request ran = ready(Kind::verify, 1);
  ASSERT_OK(engine_->take_comparison(ran.id));
  ASSERT_OK(engine_->store_result(ran.id, {1, 2}, 1, {}));
  open(1);
  EXPECT_EQ(phase(prepared), Phase::aborted);
  EXPECT_EQ(phase(agreed), Phase::aborted);
  EXPECT_EQ(phase(ran), Phase::ran);
  ASSERT_OK(engine_->settle(ran.id, {Phase::committed, {}, 1}));
  EXPECT_EQ(phase(ran), Phase::committed);
}

TEST_F(EngineTest, TheCoordinatorGivesUpWhatItHadNotDecided) {
  open(0);
  const Request prepared = request(Kind::enrol, 1);
  const Request agreed = request(Kind::enrol, 2);
  const Request decided = request(Kind::enrol, 3);
  for (const Request& asked : {prepared, agreed, decided}) ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(agreed));
  ASSERT_OK(vote(decided));
  const auto sequence = engine_->decide(decided.id);
  ASSERT_OK(sequence);
  EXPECT_EQ(*sequence, 1);
  open(0);
  EXPECT_EQ(phase(prepared), Phase::aborted);
  EXPECT_EQ(phase(agreed), Phase::aborted);
  EXPECT_EQ(phase(decided), Phase::committed);
  EXPECT_ERROR(engine_->decide(agreed.id), ErrorCode::unavailable);
}

TEST_F(EngineTest, ADecisionIsTakenForOneOfTwoEnrolmentsOfAPerson) {
  open(0);
  const Request first = request(Kind::enrol, 1);
  const Request second = request(Kind::enrol, 1);
  for (const Request& asked : {first, second}) {
    ASSERT_OK(prepare(asked));
    ASSERT_OK(vote(asked));
  }
  ASSERT_OK(engine_->decide(second.id));
  EXPECT_ERROR(engine_->decide(first.id), ErrorCode::already_exists);
  EXPECT_EQ(engine_->applied_sequence(), 1);
}

TEST_F(EngineTest, WhatTheCoordinatorSaysOfARequest) {
  open(0);
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  EXPECT_EQ(engine_->decision_of(asked.id)->phase, Phase::prepared);
  ASSERT_OK(vote(asked));
  ASSERT_OK(engine_->decide(asked.id));
  EXPECT_EQ(engine_->decision_of(asked.id)->phase, Phase::committed);
  // One that it has never seen may be on its way, and later cannot be.
  EXPECT_EQ(engine_->decision_of(protocol::make_request_id(unix_time_ms()))->phase, Phase::prepared);
  const auto never = engine_->decision_of(protocol::make_request_id(unix_time_ms() - 100'000));
  ASSERT_OK(never);
  EXPECT_EQ(never->phase, Phase::aborted);
  EXPECT_EQ(never->sequence, 1);
}

// The coordinator may have dropped the request and kept the decision, which is still to come here.
TEST_F(EngineTest, AChangeIsNotGivenUpWhileDecisionsAreMissing) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  ASSERT_OK(engine_->settle(asked.id, {Phase::aborted, kReason, 1}));
  EXPECT_EQ(phase(asked), Phase::agreed);
  ASSERT_OK(engine_->settle(asked.id, {Phase::committed, {}, 1}));
  EXPECT_EQ(phase(asked), Phase::agreed);
  ASSERT_OK(engine_->settle(asked.id, {Phase::aborted, kReason, 0}));
  EXPECT_EQ(phase(asked), Phase::aborted);
}

TEST_F(EngineTest, StoppingWakesWhoeverWaits) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  std::thread waits([&] { EXPECT_ERROR(engine_->wait_for_end(asked.id, plenty()), ErrorCode::undecided); });
  std::thread votes(
      [&] { EXPECT_ERROR(engine_->digests(protocol::make_request_id(1), {}, 0, plenty()), ErrorCode::unavailable); });
  engine_->stop();
  waits.join();
  votes.join();
  EXPECT_ERROR(prepare(request(Kind::enrol)), ErrorCode::unavailable);
}

TEST_F(EngineTest, SearchesHaveALineOfTheirOwn) {
  for (int i = 0; i < limits::searches_of_desk_max; ++i) ASSERT_OK(prepare(request(Kind::identify)));
  const Request one_more = request(Kind::identify);
  const Status told = prepare(one_more);
  EXPECT_ERROR(told, ErrorCode::busy);
  EXPECT_FALSE(told.error().remedy.empty());
  // Nothing of it is kept on disk, and the desk's counters go on.
  open(1);
  EXPECT_ERROR(engine_->ticket(one_more.id), ErrorCode::not_found);
  for (int i = 0; i < limits::searches_of_desk_max; ++i) ASSERT_OK(prepare(request(Kind::identify)));
  EXPECT_ERROR(prepare(request(Kind::identify)), ErrorCode::busy);
  EXPECT_TRUE(prepare(request(Kind::verify)));
  Request other = request(Kind::identify);
  other.desk = "another desk";
  EXPECT_TRUE(prepare(other));
}

TEST_F(EngineTest, SearchesOfAllDesksHaveAnEnd) {
  Status last;
  int taken = 0;
  for (int i = 0; i <= limits::searches_waiting_max && last; ++i) {
    Request asked = request(Kind::identify);
    asked.desk = "desk " + std::to_string(i);
    last = prepare(asked);
    taken += last ? 1 : 0;
  }
  EXPECT_EQ(taken, limits::searches_waiting_max);
  EXPECT_ERROR(last, ErrorCode::busy);
  EXPECT_TRUE(prepare(request(Kind::verify)));
}

TEST_F(EngineTest, ACancelledComparisonIsAbortedForGoodWhereThereIsNoResult) {
  enrol(1, 1);
  const Request asked = ready(Kind::identify, 1);
  EXPECT_ERROR(engine_->cancel(asked.id, "another desk"), ErrorCode::not_found);
  EXPECT_ERROR(engine_->cancel(protocol::make_request_id(unix_time_ms()), "desk"), ErrorCode::not_found);
  const auto input = engine_->take_comparison(asked.id);
  ASSERT_OK(input);
  EXPECT_FALSE(input->stop.stop_requested());
  const auto cancelled = engine_->cancel(asked.id, "desk");
  ASSERT_OK(cancelled);
  EXPECT_TRUE(*cancelled);
  EXPECT_TRUE(input->stop.stop_requested());
  EXPECT_ERROR(engine_->store_result(asked.id, Bytes(2), 1, {}), ErrorCode::refused);
  open(1);
  const auto end = engine_->wait_for_end(asked.id, plenty());
  ASSERT_OK(end);
  ASSERT_TRUE(end->aborted);
  EXPECT_EQ(end->aborted->what, "the desk cancelled the comparison");
  EXPECT_TRUE(end->result.empty());
}

TEST_F(EngineTest, AComparisonWithAResultIsNoLongerCancelled) {
  enrol(1, 1);
  const Request asked = ready(Kind::verify, 1);
  ASSERT_OK(engine_->take_comparison(asked.id));
  ASSERT_OK(engine_->store_result(asked.id, Bytes(2), 1, {}));
  const auto cancelled = engine_->cancel(asked.id, "desk");
  ASSERT_OK(cancelled);
  EXPECT_FALSE(*cancelled);
  ASSERT_OK(engine_->commit_comparison(asked.id));
  EXPECT_EQ(phase(asked), Phase::committed);
}

TEST_F(EngineTest, TheCoordinatorMayStopUntilItHasDecided) {
  open(0);
  enrol(1, 1);
  const Request asked = ready(Kind::verify, 1);
  ASSERT_OK(engine_->take_comparison(asked.id));
  ASSERT_OK(engine_->store_result(asked.id, Bytes(2), 1, {}));
  const auto cancelled = engine_->cancel(asked.id, "desk");
  ASSERT_OK(cancelled);
  EXPECT_TRUE(*cancelled);
  EXPECT_EQ(phase(asked), Phase::ran);
  EXPECT_ERROR(engine_->commit_comparison(asked.id), ErrorCode::refused);
  // Whatever failed in consequence, the reason is the first one.
  ASSERT_OK(engine_->abort(asked.id, kReason));
  const auto end = engine_->wait_for_end(asked.id, plenty());
  ASSERT_OK(end);
  EXPECT_EQ(end->aborted.value().code, ErrorCode::refused);
}

TEST_F(EngineTest, ChangesAreNotCancelled) {
  const Request asked = request(Kind::enrol);
  ASSERT_OK(prepare(asked));
  EXPECT_ERROR(engine_->cancel(asked.id, "desk"), ErrorCode::refused);
  EXPECT_EQ(phase(asked), Phase::prepared);
}

TEST_F(EngineTest, ComparisonsEndAtTheirDeadlineWithoutTheCoordinator) {
  enrol(1, 1);
  Request asked = request(Kind::identify);
  asked.timeout_ms = 1;
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  const Request patient = request(Kind::identify);
  ASSERT_OK(prepare(patient));
  const Request change = request(Kind::erase);
  ASSERT_OK(prepare(change));
  const auto ticket = engine_->ticket(asked.id);
  ASSERT_OK(ticket);
  EXPECT_LE(ticket->deadline.left_ms(), 1 + limits::deadline_slack_ms);
  ASSERT_OK(engine_->expire());
  EXPECT_EQ(phase(asked), Phase::agreed) << "the coordinator goes first";
  while (!ticket->deadline.passed()) std::this_thread::yield();
  ASSERT_OK(engine_->expire());
  EXPECT_EQ(phase(asked), Phase::aborted);
  EXPECT_EQ(engine_->wait_for_end(asked.id, plenty())->aborted.value().code, ErrorCode::timeout);
  EXPECT_EQ(phase(patient), Phase::prepared);
  EXPECT_EQ(phase(change), Phase::prepared);
}

TEST_F(EngineTest, ProgressIsTheAskingDesksAlone) {
  enrol(1, 1);
  const Request asked = ready(Kind::identify, 1);
  EXPECT_ERROR(engine_->progress(asked.id, "another desk"), ErrorCode::not_found);
  EXPECT_EQ(engine_->progress(asked.id, "desk")->pairs_all, 0U);
  const auto input = engine_->take_comparison(asked.id);
  ASSERT_OK(input);
  input->progress->pairs_all = 7;
  input->progress->pairs_done += 3;
  const auto progress = engine_->progress(asked.id, "desk");
  ASSERT_OK(progress);
  EXPECT_EQ(progress->pairs_done, 3U);
  EXPECT_EQ(progress->pairs_all, 7U);
  EXPECT_FALSE(progress->ended);
  ASSERT_OK(engine_->abort(asked.id, kReason));
  ASSERT_OK(engine_->wait_for_end(asked.id, plenty()));
  EXPECT_TRUE(engine_->progress(asked.id, "desk")->ended);
}

}  // namespace
}  // namespace qorgan::custodian
