#include "store/recovery.h"

#include <algorithm>

#include "store/operations.h"
#include "store/records.h"

namespace qorgan::store {
namespace {

tl::unexpected<Error> incomplete(const Operation& operation, const char* what) {
  return failure(ErrorCode::invalid_input, what, "operation " + std::to_string(operation.sequence));
}

template <class T>
const T* find(const std::vector<T>& items, const Operation& operation) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const T& item) {
    return item.enrolled_seq == operation.sequence && item.record_id == operation.record_id;
  });
  return found == items.end() ? nullptr : &*found;
}

Status add_enrolment(Database& database, const Keys& keys, const History& history, const Operation& operation) {
  if (const Record* record = find(history.records, operation)) {
    QORGAN_CHECK(check_record(*record));
    return insert_record(database, keys, *record);
  }
  const Tombstone* tombstone = find(history.tombstones, operation);
  if (tombstone == nullptr) return incomplete(operation, "the history lacks what became of an enrolment");
  if (tombstone->erased_seq <= operation.sequence)
    return incomplete(operation, "the history has an erasure before its enrolment");
  return insert_tombstone(database, keys, *tombstone);
}

// True where the record was here: it was erased after it had been given.
Result<bool> add_erasure(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_TRY(const std::optional<Tombstone> tombstone, find_tombstone(database, operation.record_id));
  if (!tombstone) {
    const Status erased = erase_record(database, keys, operation.record_id, operation.sequence);
    if (!erased && erased.error().code == ErrorCode::not_found)
      return incomplete(operation, "the history erases a record that it does not have");
    QORGAN_CHECK(erased);
    return true;
  }
  if (tombstone->erased_seq != operation.sequence)
    return incomplete(operation, "the history erases a record at another time than its tombstone says");
  return false;
}

// Those of a record that has been erased since are of no consequence.
Status add_flags(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_TRY(const std::optional<Tombstone> tombstone, find_tombstone(database, operation.record_id));
  if (tombstone) return {};
  const Status changed = change_flags(database, keys, operation);
  if (!changed && changed.error().code == ErrorCode::not_found)
    return incomplete(operation, "the history changes a record that it does not have");
  return changed;
}

Result<bool> add_operation(Database& database, const Keys& keys, const History& history, const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::enrol:
      QORGAN_CHECK(add_enrolment(database, keys, history, operation));
      return false;
    case OperationKind::erase:
      return add_erasure(database, keys, operation);
    case OperationKind::lock:
    case OperationKind::unlock:
    case OperationKind::withdraw:
      QORGAN_CHECK(add_flags(database, keys, operation));
      return false;
    case OperationKind::refresh:  // the records come with their epochs
      return false;
  }
  return incomplete(operation, "the history has an operation of no known kind");
}

}  // namespace

Result<bool> add_history(Database& database, const Keys& keys, const History& history) {
  bool has_erased = false;
  for (const Operation& operation : history.operations) {
    if (!is_well_formed(operation)) return incomplete(operation, "the history has an operation that cannot be");
    QORGAN_TRY(const bool next, is_next(database, operation));
    if (!next) continue;
    QORGAN_TRY(const bool erased, add_operation(database, keys, history, operation));
    has_erased = has_erased || erased;
    QORGAN_CHECK(write_operation(database, keys, operation));
  }
  return has_erased;
}

}  // namespace qorgan::store
