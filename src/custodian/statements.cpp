#include "custodian/statements.h"

#include "base/limits.h"

namespace qorgan::custodian {

using protocol::Kind;

Statements::Statements(Engine& engine, const protocol::Network& network, std::shared_ptr<crypto::Signer> signer)
    : engine_(engine),
      network_(network),
      signer_(std::move(signer)),
      key_(protocol::log_key(network, engine.index())) {}

Result<rights::Evidence> Statements::evidence_of(const LoggedEntry& entry) const {
  QORGAN_TRY(const ledger::LogProof proof, engine_.log().prove(entry.index));
  return rights::Evidence{entry.leaf, entry.opening, proof.text()};
}

Result<std::vector<rights::Evidence>> Statements::evidence_of(const std::vector<LoggedEntry>& entries) const {
  std::vector<std::uint64_t> indices;
  for (const LoggedEntry& entry : entries) indices.push_back(entry.index);
  QORGAN_TRY(const std::vector<ledger::LogProof> proofs, engine_.log().prove_all(indices));
  std::vector<rights::Evidence> all;
  all.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    all.push_back({entries[i].leaf, entries[i].opening, proofs[i].text()});
  return all;
}

Status Statements::add_evidence(const protocol::Request& request, Deadline deadline, net::Json& answer) {
  if (request.kind != Kind::enrol && !protocol::destroys(request.kind)) return {};
  QORGAN_TRY(const std::vector<LoggedEntry> entries, engine_.logged_entries(request.id, deadline));
  for (const LoggedEntry& entry : entries) {
    const bool destroyed = entry.event == ledger::Event::erased || entry.event == ledger::Event::expired;
    if (entry.event != ledger::Event::enrol && !destroyed) continue;
    QORGAN_TRY(const rights::Evidence evidence, evidence_of(entry));
    answer["evidence"] = rights::to_json(evidence);
    if (!destroyed) continue;
    rights::ErasureStatement statement;
    statement.custodian = engine_.index();
    statement.name = network_.custodians[static_cast<std::size_t>(engine_.index())].name;
    statement.network = network_.id();
    QORGAN_TRY(statement.handle, engine_.erased_record(request.id));
    statement.request = request.id;
    statement.entry = entry.index;
    statement.time_s = unix_time_ms() / 1000;
    QORGAN_TRY(const std::string note, rights::sign_erasure(statement, key_, *signer_));
    answer["statement"] = note;
    QORGAN_TRY(const std::string told, notices(statement.handle, request.id));
    answer["notices"] = told;
    answer["record"] = to_hex(statement.handle);
  }
  return {};
}

Result<std::string> Statements::absence(const AbsenceQuestion& question, Deadline deadline) {
  rights::AbsenceStatement statement;
  // Before looking, so that the statement never speaks of a later time than was looked at.
  statement.time_s = unix_time_ms() / 1000;
  QORGAN_TRY(const Engine::Looked looked, engine_.look_for(question, deadline));
  statement.sequence = static_cast<std::uint64_t>(looked.sequence);
  if (looked.held)
    return failure(ErrorCode::refused, "a record is held under this ID number", network_.describe(engine_.index()),
                   "See what is held with the receipt, or ask the custodians");
  statement.custodian = engine_.index();
  statement.name = network_.custodians[static_cast<std::size_t>(engine_.index())].name;
  statement.network = network_.id();
  statement.subject = question.subject;
  return rights::sign_absence(statement, key_, *signer_);
}

Result<std::string> Statements::notices(const protocol::RecordId& record, const protocol::RequestId& erasure) {
  QORGAN_TRY(const std::vector<store::Notice> notices, engine_.notices_of(erasure));
  rights::NoticesStatement statement;
  statement.custodian = engine_.index();
  statement.network = network_.id();
  statement.handle = record;
  statement.request = erasure;
  statement.time_s = unix_time_ms() / 1000;
  const std::shared_ptr<const policy::Policy> policy = engine_.judge().policy();
  for (const store::Notice& notice : notices) {
    if (statement.parties.size() == limits::parties_told_max) break;
    rights::PartyNotice told;
    told.party = notice.party;
    told.name = notice.party;
    for (const policy::RelyingParty& party : policy->rules().parties)
      if (party.id == notice.party) told.name = party.name;
    told.told_s = notice.told_ms / 1000;
    if (notice.acknowledged_ms != 0) told.acknowledged_s = notice.acknowledged_ms / 1000;
    statement.parties.push_back(std::move(told));
  }
  return rights::sign_notices(statement, key_, *signer_);
}

}  // namespace qorgan::custodian
