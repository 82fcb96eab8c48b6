// Notices, uses of warrants, notes.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

Along with_notice(Notice&& notice) {
  Along along;
  along.notices.push_back(std::move(notice));
  return along;
}

TEST(Notices, AreFoundByPartyAndErasure) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    Along along;
    along.notices.push_back(make_notice(9, "bank"));
    along.notices.push_back(make_notice(9, "airport"));
    ASSERT_OK(store->apply_erase(2, make_notice(9, "").request_id, id_of(1), 0, along));
    ASSERT_OK(store->put_request(make_request(1), with_notice(make_notice(3, "bank"))));
  }
  auto store = file.open();
  ASSERT_OK(store);
  const auto of_bank = store->notices_of_party("bank", false).value();
  ASSERT_EQ(of_bank.size(), 2U);
  EXPECT_TRUE(same(of_bank[0], make_notice(9, "bank")));
  EXPECT_TRUE(same(of_bank[1], make_notice(3, "bank")));
  EXPECT_EQ(store->notices_of_party("airport", true).value().size(), 1U);
  EXPECT_TRUE(store->notices_of_party("nobody", false).value().empty());
  const auto of_erasure = store->notices_of_request(make_notice(9, "").request_id).value();
  ASSERT_EQ(of_erasure.size(), 2U);
  EXPECT_EQ(of_erasure[0].party, "bank");
  EXPECT_EQ(of_erasure[1].party, "airport");
}

TEST(Notices, AreOpenUntilAcknowledged) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    for (const char* party : {"bank", "door"})
      ASSERT_OK(store->put_request(make_request(1), with_notice(make_notice(1, party))));
    Notice told = make_notice(1, "bank");
    told.told_ms = 5;
    told.answered.clear();  // not what an update changes
    ASSERT_OK(store->update_notice(told));
    EXPECT_EQ(store->notices_of_party("bank", true).value().at(0).told_ms, 5);
    EXPECT_FALSE(store->notices_of_party("bank", true).value().at(0).answered.empty());
    told.acknowledged_ms = 6;
    Along along;
    along.entries.push_back(make_entry(1));
    ASSERT_OK(store->update_notice(told, along));
    EXPECT_EQ(store->pending_entries(10).value().size(), 1U);
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_TRUE(store->notices_of_party("bank", true).value().empty());
  Notice expected = make_notice(1, "bank");
  expected.told_ms = 5;
  expected.acknowledged_ms = 6;
  expected.answered.clear();  // of no use any more, and a trace of what the person did
  EXPECT_TRUE(same(store->notices_of_party("bank", false).value().at(0), expected));
  EXPECT_EQ(store->notices_of_party("door", true).value().size(), 1U);
}

TEST(Notices, AreOneAPartyAndRecord) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->put_request(make_request(1), with_notice(make_notice(1, "bank"))));
  EXPECT_EQ(error_of(store->put_request(make_request(2), with_notice(make_notice(1, "bank")))).code,
            ErrorCode::already_exists);
  EXPECT_FALSE(store->find_request(id_of(2)).value().has_value());
  EXPECT_EQ(error_of(store->update_notice(make_notice(1, "door"))).code, ErrorCode::not_found);
  EXPECT_EQ(error_of(store->update_notice(make_notice(2, "bank"))).code, ErrorCode::not_found);
}

TEST(Notices, TooLargeToKeepAreRefused) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  Notice notice = make_notice(1, std::string(limits::name_bytes_max + 1, 'x'));
  EXPECT_EQ(error_of(store->put_request(make_request(1), with_notice(std::move(notice)))).code,
            ErrorCode::invalid_input);
  notice = make_notice(1, std::string(limits::name_bytes_max, 'x'));
  notice.answered.resize(limits::stored_answered_max);
  EXPECT_OK(store->put_request(make_request(1), with_notice(Notice(notice))));
  EXPECT_TRUE(same(store->notices_of_party(notice.party, true).value().at(0), notice));
  notice.record_id = id_of(2);
  notice.answered.resize(limits::stored_answered_max + 1);
  EXPECT_EQ(error_of(store->put_request(make_request(1), with_notice(std::move(notice)))).code,
            ErrorCode::invalid_input);
}

TEST(Warrants, CountEachRequestOnce) {
  const StoreFile file;
  const auto use = [](Store& store, std::uint64_t warrant, std::uint64_t request) {
    Along along;
    along.warrant_use = WarrantUse{id_of(warrant), id_of(request)};
    return store.put_request(make_request(request), along);
  };
  {
    auto store = file.open();
    ASSERT_OK(store);
    EXPECT_EQ(store->warrant_uses(id_of(100)).value(), 0);
    ASSERT_OK(use(*store, 100, 1));
    ASSERT_OK(use(*store, 100, 1));
    ASSERT_OK(use(*store, 100, 2));
    ASSERT_OK(use(*store, 200, 3));
    EXPECT_EQ(store->warrant_uses(id_of(100)).value(), 2);
    EXPECT_EQ(store->warrant_uses(id_of(200)).value(), 1);
    Along along;
    along.warrant_use_dropped = id_of(2);
    for (int round = 0; round < 2; ++round) {
      ASSERT_OK(store->put_request(make_request(2, RequestState::aborted), along));
      EXPECT_EQ(store->warrant_uses(id_of(100)).value(), 1);
    }
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(store->warrant_uses(id_of(100)).value(), 1);
  EXPECT_EQ(store->warrant_uses(id_of(200)).value(), 1);
  ASSERT_OK(store->purge_requests(1'000'000));
  EXPECT_EQ(store->warrant_uses(id_of(100)).value(), 1) << "a warrant's uses outlive its requests";
}

TEST(Notes, ComeWithAChangeAndGo) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    Along along;
    along.notes = {{"usage/b", "2"}, {"usage/a", "1"}, {"usag", "no"}};
    ASSERT_OK(store->put_request(make_request(1), along));
    along.notes = {{"usage/a", "3"}, {std::string(limits::name_bytes_max + 1, 'n'), ""}};
    EXPECT_EQ(error_of(store->put_request(make_request(2), along)).code, ErrorCode::invalid_input);
    EXPECT_EQ(store->find_note("usage/a").value(), "1") << "all of a change, or nothing";
    EXPECT_EQ(store->hidden_name("Anna").size(), 64U);
    EXPECT_NE(store->hidden_name("Anna"), store->hidden_name("Berik"));
  }
  auto store = file.open();
  ASSERT_OK(store);
  const auto notes = store->notes_with_prefix("usage/").value();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].name + notes[1].text, "usage/a2");
  for (int round = 0; round < 2; ++round) ASSERT_OK(store->drop_note("usage/a"));
  EXPECT_EQ(store->notes_with_prefix("usage/").value().size(), 1U);
}

TEST(Notes, AreTheLastThatWerePut) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    EXPECT_EQ(store->find_note("epoch").value(), std::nullopt);
    ASSERT_OK(store->put_note("epoch", "3"));
    ASSERT_OK(store->put_note("epoch", "4, and more than before"));
    ASSERT_OK(store->put_note("empty", ""));
    ASSERT_OK(store->put_note(std::string("nul\0byte", 8), std::string("\0\xff", 2)));
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(store->find_note("epoch").value(), "4, and more than before");
  EXPECT_EQ(store->find_note("empty").value(), "");
  EXPECT_EQ(store->find_note(std::string("nul\0byte", 8)).value(), std::string("\0\xff", 2));
  EXPECT_EQ(store->find_note("nul").value(), std::nullopt);
  EXPECT_EQ(error_of(store->put_note(std::string(limits::name_bytes_max + 1, 'n'), "")).code, ErrorCode::invalid_input);
  EXPECT_EQ(error_of(store->put_note("long", std::string(limits::stored_note_bytes_max + 1, 't'))).code,
            ErrorCode::invalid_input);
  ASSERT_OK(store->put_note("long", std::string(limits::stored_note_bytes_max, 't')));
}

}  // namespace
}  // namespace qorgan::store::test
