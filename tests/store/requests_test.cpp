#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

constexpr RequestState kStates[] = {RequestState::prepared, RequestState::agreed, RequestState::ran,
                                    RequestState::committed, RequestState::aborted};

TEST(Requests, AreKeptAsTheyWereGiven) {
  const StoreFile file;
  std::uint64_t number = 0;
  {
    auto store = file.open();
    ASSERT_OK(store);
    for (const RequestState state : kStates) ASSERT_OK(store->put_request(make_request(++number, state)));
  }
  auto store = file.open();
  ASSERT_OK(store);
  number = 0;
  for (const RequestState state : kStates) {
    const auto found = store->find_request(id_of(++number));
    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_TRUE(same(**found, make_request(number, state)));
  }
  EXPECT_FALSE(store->find_request(id_of(99)).value().has_value());
}

TEST(Requests, AreReplacedUntilTheyEnd) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  for (const RequestState state : {RequestState::prepared, RequestState::agreed, RequestState::ran,
                                   RequestState::committed, RequestState::committed}) {
    ASSERT_OK(store->put_request(make_request(1, state)));
    EXPECT_TRUE(same(*store->find_request(id_of(1)).value(), make_request(1, state)));
  }
  for (const RequestState state :
       {RequestState::prepared, RequestState::agreed, RequestState::ran, RequestState::aborted})
    EXPECT_EQ(error_of(store->put_request(make_request(1, state))).code, ErrorCode::internal);
  RequestRow other = make_request(1, RequestState::committed);
  other.digest[0] ^= 1;
  EXPECT_EQ(error_of(store->put_request(other)).code, ErrorCode::internal);
  EXPECT_TRUE(same(*store->find_request(id_of(1)).value(), make_request(1, RequestState::committed)));
}

TEST(Requests, AreListedByStateOldestFirst) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  for (std::uint64_t i = 10; i > 0; --i)
    ASSERT_OK(store->put_request(make_request(i, i % 2 == 0 ? RequestState::prepared : RequestState::ran)));
  const auto prepared = store->requests_in(RequestState::prepared).value();
  ASSERT_EQ(prepared.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(same(prepared[i], make_request(2 * (i + 1), RequestState::prepared)));
  EXPECT_EQ(store->requests_in(RequestState::ran).value().size(), 5U);
  EXPECT_TRUE(store->requests_in(RequestState::committed).value().empty());
}

TEST(Requests, ThatHaveEndedArePurgedAfterTheirTime) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  std::uint64_t number = 0;
  for (const RequestState state : kStates) {
    ASSERT_OK(store->put_request(make_request(++number, state)));
    RequestRow late = make_request(++number, state);
    late.updated_ms = 50'000;
    ASSERT_OK(store->put_request(late));
  }
  ASSERT_OK(store->purge_requests(50'000));
  for (const RequestState state : kStates) {
    const bool ended = state == RequestState::committed || state == RequestState::aborted;
    EXPECT_EQ(store->requests_in(state).value().size(), ended ? 1U : 2U);
  }
}

TEST(Requests, OfEnrolmentsAreCommittedWithThem) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->put_request(make_request(5)));
  ASSERT_OK(store->apply_enrol(1, id_of(5), make_record(1, 1), 9'000));
  const auto row = store->find_request(id_of(5)).value();
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->state, RequestState::committed);
  EXPECT_EQ(row->sequence, 1);
  EXPECT_EQ(row->updated_ms, 9'000);
  EXPECT_EQ(row->payload.size(), 0U);
  EXPECT_EQ(row->digest, make_request(5).digest);
  EXPECT_EQ(row->request_json, make_request(5).request_json);
}

TEST(Requests, OfErasuresAreCommittedWithThem) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  ASSERT_OK(store->put_request(make_request(5, RequestState::agreed)));
  ASSERT_OK(store->apply_erase(2, id_of(5), id_of(1), 9'000));
  EXPECT_EQ(store->find_request(id_of(5)).value()->state, RequestState::committed);
  EXPECT_EQ(store->find_request(id_of(5)).value()->sequence, 2);
}

TEST(Requests, ThatWereAbortedAreNotApplied) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->put_request(make_request(5, RequestState::aborted)));
  EXPECT_EQ(error_of(store->apply_enrol(1, id_of(5), make_record(1, 1), 9'000)).code, ErrorCode::internal);
  EXPECT_EQ(store->applied_sequence().value(), 0);
  EXPECT_TRUE(load(*store).empty());
  EXPECT_EQ(store->find_request(id_of(5)).value()->state, RequestState::aborted);
}

TEST(Requests, TooLargeToKeepAreRefused) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  RequestRow row = make_request(1);
  const std::size_t rest = row.request_json.size();
  row.payload = crypto::SecretBytes(limits::stored_request_bytes_max - rest + 1);
  EXPECT_EQ(error_of(store->put_request(row)).code, ErrorCode::invalid_input);
  row.payload = crypto::SecretBytes(limits::stored_request_bytes_max - rest);
  ASSERT_OK(store->put_request(row));
  EXPECT_TRUE(same(*store->find_request(id_of(1)).value(), row));
}

}  // namespace
}  // namespace qorgan::store::test
