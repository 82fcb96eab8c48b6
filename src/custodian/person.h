// People of the gallery and their stored records, one made from the other.
#pragma once

#include "custodian/gallery.h"
#include "custodian/judge.h"
#include "mpc/shares.h"
#include "protocol/request.h"
#include "store/store.h"

namespace qorgan::custodian {

// Everything but the shares.
PersonShares person_without_shares(const store::Record& record, const Terms& terms);
// With the shares expanded. Errors: damaged, naming the record.
Result<PersonShares> to_person(store::Record&& record, int custodian);
// The same person after a lock, an unlock or a withdrawal; the shares stay where they are.
PersonShares with_flags(const PersonShares& person, store::OperationKind change);
// The same person after a refresh.
PersonShares with_shares(const PersonShares& person, std::int64_t epoch,
                         std::shared_ptr<const std::vector<FingerShares>> fingers);

// The record that an enrolment makes, but for its view key and terms.
store::Record to_record(const protocol::Request& request, const std::vector<mpc::StoredShare>& shares,
                        std::int64_t sequence);
// The terms of a record that is enrolled now.
Terms terms_of(const Judgement& judgement, std::int64_t now_ms);

}  // namespace qorgan::custodian
