#include "tests/store/life.h"

#include <set>

namespace qorgan::store::test {
namespace {

constexpr std::size_t kShareBytes = 4130;

OperationKind kind_of(std::int64_t sequence) {
  constexpr OperationKind kinds[] = {OperationKind::erase, OperationKind::enrol, OperationKind::enrol,
                                     OperationKind::enrol, OperationKind::lock,  OperationKind::refresh};
  return kinds[sequence % 6];
}
// Whom it enrols, locks or erases, by number and enrolled_seq; 0 for a refresh.
std::int64_t person_of(std::int64_t sequence) {
  switch (kind_of(sequence)) {
    case OperationKind::lock:
      return sequence - 2;
    case OperationKind::refresh:
      return 0;
    case OperationKind::erase:
      return sequence - 5;
    default:
      return sequence;
  }
}
Id record_of(std::int64_t sequence) {
  return person_of(sequence) == 0 ? Id{} : id_of(static_cast<std::uint64_t>(person_of(sequence)));
}
std::uint64_t request_number(std::int64_t sequence) {
  return 1'000'000 + static_cast<std::uint64_t>(sequence);
}
Record enrolled(std::int64_t sequence) {
  return make_record(static_cast<std::uint64_t>(sequence), sequence, 2, kShareBytes);
}
// Once so many operations are applied.
Record record_after(std::int64_t enrolled_seq, std::int64_t applied) {
  const std::int64_t turn = enrolled_seq / 6 * 6;
  Record record = enrolled(enrolled_seq);
  if (applied >= turn + 5) record = refreshed(std::move(record), 1);
  if (applied >= turn + 4 && enrolled_seq == turn + 2) record.flags = kLocked;
  return record;
}

}  // namespace

Status live(Store& store, std::int64_t sequence) {
  const OperationKind kind = kind_of(sequence);
  const Id request_id = id_of(request_number(sequence));
  QORGAN_TRY(const auto known, store.find_request(request_id));
  if (!known) QORGAN_CHECK(store.put_request(make_request(request_number(sequence))));
  Along along;
  along.entries.push_back(make_entry(static_cast<std::uint64_t>(sequence), person_of(sequence)));
  if (kind == OperationKind::enrol) return store.apply_enrol(sequence, request_id, enrolled(sequence), 0, along);
  if (kind == OperationKind::lock)
    return store.apply_flags(make_operation(sequence, kind, record_of(sequence)), 0, along);
  if (kind == OperationKind::erase) return store.apply_erase(sequence, request_id, record_of(sequence), 0, along);
  std::vector<StagedShares> staged;
  for (std::int64_t i = sequence - 4; i <= sequence - 2; ++i) staged.push_back(make_staged(enrolled(i), 1));
  QORGAN_TRY(const std::int64_t applied, store.applied_sequence());
  if (applied < sequence) QORGAN_CHECK(store.stage_refresh(staged));
  return store.apply_refresh(make_refresh(sequence, sequence - 4, sequence - 2), 0, along);
}

void expect_life(Store& store, std::int64_t told) {
  const std::int64_t applied = store.applied_sequence().value();
  EXPECT_GE(applied, told) << "an operation that was told as done is gone";
  EXPECT_LE(applied, told + 1);
  std::set<std::int64_t> expected;
  for (std::int64_t sequence = 1; sequence <= applied; ++sequence) {
    if (kind_of(sequence) == OperationKind::enrol) expected.insert(sequence);
    if (kind_of(sequence) == OperationKind::erase) expected.erase(person_of(sequence));
  }
  const std::vector<Record> records = load(store);
  ASSERT_EQ(records.size(), expected.size());
  std::size_t at = 0;
  for (const std::int64_t person : expected) EXPECT_TRUE(same(records[at++], record_after(person, applied)));
  EXPECT_EQ(store.pending_entries(SIZE_MAX).value().size(), static_cast<std::size_t>(applied));
  const auto operations = store.operations_after(0, SIZE_MAX).value();
  ASSERT_EQ(operations.size(), static_cast<std::size_t>(applied));
  for (const Operation& operation : operations) {
    EXPECT_EQ(operation.kind, kind_of(operation.sequence));
    EXPECT_EQ(operation.record_id, record_of(operation.sequence));
    const auto request = store.find_request(id_of(request_number(operation.sequence))).value();
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->state, RequestState::committed);
    EXPECT_EQ(request->payload.size(), 0U);
  }
  const auto under_way = store.requests_in(RequestState::prepared).value();
  for (const RequestRow& row : under_way) EXPECT_EQ(row.request_id, id_of(request_number(applied + 1)));
}

}  // namespace qorgan::store::test
