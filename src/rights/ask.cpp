#include "rights/ask.h"

#include <map>
#include <thread>

#include "base/limits.h"
#include "ledger/proof.h"
#include "net/message.h"
#include "rights/network_keys.h"

namespace qorgan::rights {
namespace {

using net::Json;
using protocol::kCustodians;

bool may_have_arrived(ErrorCode code) {
  return code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::undecided;
}

Result<Json> read_answer(const net::HttpResponse& response) {
  const std::string_view text(reinterpret_cast<const char*>(response.body.data()), response.body.size());
  const auto json = net::parse_json_object(text.substr(0, text.find_last_not_of('\n') + 1));
  if (!json)
    return failure(ErrorCode::damaged,
                   "a custodian's answer cannot be read (status " + std::to_string(response.status) + ")");
  net::Message message;
  message.head = *json;
  if (const auto error = net::error_of(message)) return tl::unexpected(*error);
  return *json;
}

// Why the request was given up, which then never happens under its id; unlike an answer that did not come.
std::optional<Error> read_abort(const Json& answer) {
  const auto aborted = answer.find("aborted");
  if (aborted == answer.end()) return std::nullopt;
  net::Message message;
  message.head = aborted->is_object() ? *aborted : Json::object();
  return net::error_of(message).value_or(
      Error{ErrorCode::damaged, "a custodian gave the request up without a readable reason", {}, {}});
}

}  // namespace

Result<SubjectClient> SubjectClient::create(const protocol::Network& network) {
  SubjectClient client(network);
  for (std::size_t i = 0; i < kCustodians; ++i) {
    const protocol::CustodianEntry& entry = network.custodians[i];
    if (entry.web_port == 0)
      return failure(ErrorCode::invalid_input, "the network file names no address for people's requests",
                     network.describe(static_cast<int>(i)));
    net::HttpUrl base;
    base.tls = true;
    base.address = {entry.host, entry.web_port};
    QORGAN_TRY(net::HttpClient made, net::HttpClient::create(std::move(base), entry.tls_pin));
    client.clients_[i] = std::make_unique<net::HttpClient>(std::move(made));
  }
  return client;
}

Result<Json> SubjectClient::ask_one(std::size_t custodian, const SignedSubjectRequest& request, Deadline deadline) {
  const std::string text = request.text();
  const std::string path = "/rights/1/" + std::string(right_name(request.request.right));
  const auto ask = [&]() -> Result<Json> {
    auto response =
        clients_[custodian]->post(path, "application/json", as_bytes(text), limits::trace_bytes_max, deadline);
    if (response) return read_answer(*response);
    response.error().where = network_->describe(static_cast<int>(custodian));
    return tl::unexpected(response.error());
  };
  Result<Json> answer = ask();
  if (!answer && answer.error().where.empty()) answer.error().where = network_->describe(static_cast<int>(custodian));
  return answer;
}

Result<Json> SubjectClient::ask_one(std::size_t custodian, const SubjectRequest& request,
                                    const crypto::SignKeyPair& access_key, Deadline deadline) {
  return ask_one(custodian, sign_request(request, access_key), deadline);
}

CustodianAnswers SubjectClient::ask(const SubjectRequest& request, const crypto::SignKeyPair& access_key,
                                    Deadline deadline) {
  const SignedSubjectRequest signed_request = sign_request(request, access_key);
  CustodianAnswers answers;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kCustodians; ++i)
      threads.emplace_back([&, i] { answers[i] = ask_one(i, signed_request, deadline); });
  }
  return answers;
}

Result<std::array<Json, kCustodians>> SubjectClient::change(const SubjectRequest& request,
                                                            const crypto::SignKeyPair& access_key, Deadline deadline) {
  const SignedSubjectRequest signed_request = sign_request(request, access_key);
  std::array<std::optional<Json>, kCustodians> confirmed;
  std::optional<Error> lost;
  while (true) {
    CustodianAnswers answers;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kCustodians; ++i)
        if (!confirmed[i]) threads.emplace_back([&, i] { answers[i] = ask_one(i, signed_request, deadline); });
    }
    std::optional<Error> refused;
    bool any_lost = false;
    for (std::size_t i = 0; i < kCustodians; ++i) {
      if (confirmed[i]) continue;
      if (answers[i]) {
        if (const auto aborted = read_abort(*answers[i])) return tl::unexpected(*aborted);
        confirmed[i] = std::move(*answers[i]);
      } else if (may_have_arrived(answers[i].error().code)) {
        if (!any_lost) lost = answers[i].error();
        any_lost = true;
      } else if (!refused) {
        refused = answers[i].error();
      }
    }
    if (confirmed[0] && confirmed[1] && confirmed[2])
      return std::array<Json, kCustodians>{std::move(*confirmed[0]), std::move(*confirmed[1]),
                                           std::move(*confirmed[2])};
    // Without that one nothing is done.
    const bool none = !confirmed[0] && !confirmed[1] && !confirmed[2];
    if (refused && none && !any_lost) return tl::unexpected(*refused);
    if (refused && !lost) lost = refused;
    if (deadline.left_ms() <= limits::repeat_pause_ms)
      return failure(ErrorCode::undecided,
                     "the request is not confirmed by all three custodians (" + (lost ? lost->what : "") + ")",
                     lost ? lost->where : "",
                     "Repeat it with --request-id " + to_hex(request.id) + ": it will not be done twice");
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::repeat_pause_ms));
  }
}

Result<ErasureCertificate> certificate_of(const protocol::Network& network, const protocol::RecordId& handle,
                                          const protocol::RequestId& request,
                                          const std::array<Json, kCustodians>& answers) {
  const NetworkKeys keys = keys_of(network);
  ErasureCertificate certificate;
  certificate.network = keys.network;
  certificate.handle = handle;
  certificate.request = request;
  certificate.custodians = keys.custodians;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    QORGAN_TRY(certificate.evidence[i], evidence_field(answers[i], "evidence"));
    QORGAN_TRY(certificate.evidence[i].proof, only_known(certificate.evidence[i].proof, keys));
    QORGAN_TRY(certificate.statements[i], lines_field(answers[i], "statement", limits::receipt_bytes_max));
  }
  certificate.told_by = 0;
  QORGAN_TRY(certificate.notices, lines_field(answers[0], "notices", limits::receipt_bytes_max));
  QORGAN_CHECK(verify_certificate(certificate, &keys, nullptr));
  return certificate;
}

namespace {

// A trace holds a thousand proofs towards one or a few checkpoints, so that each is verified once alone.
class TraceReader {
 public:
  TraceReader(const NetworkKeys& keys, int custodian) : keys_(keys), custodian_(custodian) {}

  Result<TracedUse> read(const Json& object) {
    Json wrapped = Json::object();
    wrapped["evidence"] = object;
    QORGAN_TRY(const Evidence evidence, evidence_field(wrapped, "evidence"));
    QORGAN_TRY(const ledger::LogProof proof, ledger::parse_log_proof(evidence.proof));
    QORGAN_TRY(const ledger::Checkpoint* checkpoint, verified(proof.checkpoint));
    QORGAN_CHECK(ledger::verify_inclusion(proof.index, checkpoint->size, ledger::leaf_hash(as_bytes(evidence.leaf)),
                                          proof.hashes, checkpoint->root));
    TracedUse use;
    use.index = proof.index;
    QORGAN_TRY(use.leaf, ledger::parse_leaf(evidence.leaf));
    if (evidence.opening.empty()) return use;
    use.is_opened = true;
    QORGAN_TRY(const ledger::DetailsOpening opening, ledger::parse_opening(evidence.opening));
    if (use.leaf.details != ledger::details_commitment(opening))
      return failure(ErrorCode::damaged, "details that are not those of the entry");
    QORGAN_TRY(const Json details, net::parse_json_object(opening.details));
    if (use.leaf.hidden_until_s != 0) QORGAN_CHECK(add_hidden(details, use.leaf));
    QORGAN_TRY(const auto kind, net::optional_text_field(details, "kind", limits::policy_id_bytes_max));
    use.kind = kind.value_or(std::string());
    if (details.contains("desk")) {
      QORGAN_TRY(use.details, details_from_json(details));
    }
    return use;
  }

 private:
  // What the entry itself would have said, had it not been hidden.
  static Status add_hidden(const Json& details, ledger::Leaf& leaf) {
    QORGAN_TRY(leaf.party, net::text_field(details, "party", limits::policy_id_bytes_max));
    QORGAN_TRY(leaf.purpose, net::text_field(details, "purpose", limits::policy_id_bytes_max));
    QORGAN_TRY(leaf.tag, net::optional_hex_field<32>(details, "tag"));
    return {};
  }

  Result<const ledger::Checkpoint*> verified(const std::string& note) {
    const auto known = checkpoints_.find(note);
    if (known != checkpoints_.end()) return &known->second;
    std::vector<ledger::VerifierKey> cosigners;
    for (int other = 0; other < kCustodians; ++other)
      if (other != custodian_) cosigners.push_back(keys_.custodians[static_cast<std::size_t>(other)].cosigner);
    QORGAN_TRY(const ledger::SignedCheckpoint opened,
               ledger::open_checkpoint(note, keys_.custodians[static_cast<std::size_t>(custodian_)].log, cosigners));
    if (opened.cosignatures.empty())
      return failure(ErrorCode::refused, "a checkpoint that no other custodian has cosigned");
    return &checkpoints_.emplace(note, opened.checkpoint).first->second;
  }

  const NetworkKeys& keys_;
  const int custodian_;
  std::map<std::string, ledger::Checkpoint> checkpoints_;
};

Result<policy::Words> words_field(const Json& object, std::string_view name) {
  QORGAN_TRY(const Json* value, net::object_field(object, name));
  policy::Words words;
  QORGAN_TRY(words.kk, net::text_field(*value, "kk", limits::words_bytes_max));
  QORGAN_TRY(words.ru, net::text_field(*value, "ru", limits::words_bytes_max));
  QORGAN_TRY(words.en, net::text_field(*value, "en", limits::words_bytes_max));
  return words;
}

Status read_names(const Json& answer, CustodianTrace& trace) {
  QORGAN_TRY(const Json* parties, net::object_field(answer, "parties"));
  for (const auto& [id, name] : parties->items()) {
    QORGAN_TRY(trace.party_names[id], net::text_field(*parties, id, limits::name_bytes_max));
  }
  QORGAN_TRY(const Json* purposes, net::object_field(answer, "purposes"));
  for (const auto& [id, words] : purposes->items()) {
    QORGAN_TRY(const Json* object, net::object_field(*purposes, id));
    QORGAN_TRY(trace.purposes[id].what, words_field(*object, "what"));
    QORGAN_TRY(trace.purposes[id].basis, words_field(*object, "basis"));
  }
  return {};
}

Result<std::vector<int>> read_fingers(const Json& answer) {
  QORGAN_TRY(const Json* list, net::array_field(answer, "fingers", limits::fingers_per_person_max));
  std::vector<int> fingers;
  for (const Json& item : *list) {
    if (!item.is_number_integer() || item < 1 || item > limits::fingers_per_person_max)
      return failure(ErrorCode::invalid_input, "a finger is not a number from 1 to 10", "fingers");
    fingers.push_back(item.get<int>());
  }
  return fingers;
}

Result<std::vector<LoggedRecovery>> read_recoveries(const Json& answer, TraceReader& reader) {
  std::vector<LoggedRecovery> recoveries;
  QORGAN_TRY(const Json* list, net::array_field(answer, "recoveries", limits::trace_recoveries_max));
  for (const Json& object : *list) {
    QORGAN_TRY(const TracedUse entry, reader.read(object));
    if (entry.leaf.event != ledger::Event::recover || !entry.leaf.custodian)
      return failure(ErrorCode::damaged, "an entry among the recoveries that is of none");
    recoveries.push_back({*entry.leaf.custodian, entry.leaf.time_s, entry.index});
  }
  return recoveries;
}

Result<CustodianTrace> read_page(const Json& answer, const NetworkKeys& keys, int custodian,
                                 const crypto::Key& view_key) {
  CustodianTrace trace;
  QORGAN_TRY(trace.locked, net::bool_field(answer, "locked"));
  QORGAN_TRY(trace.withdrawn, net::bool_field(answer, "withdrawn"));
  QORGAN_TRY(trace.fingers, read_fingers(answer));
  const crypto::Key tag_key = ledger::view_key_of(view_key, custodian);
  TraceReader reader(keys, custodian);
  const auto check_own = [&](const ledger::Leaf& leaf) -> Status {
    const bool may_lack_tag = leaf.event == ledger::Event::aborted;
    if (!leaf.request || (!leaf.tag && !may_lack_tag))
      return failure(ErrorCode::damaged, "an entry that does not say that it is about this person");
    if (leaf.tag && leaf.tag != ledger::subject_tag(tag_key, *leaf.request))
      return failure(ErrorCode::damaged, "an entry that is about somebody else");
    return {};
  };
  std::optional<ledger::RequestId> searched;
  const auto check_search = [&](const ledger::Leaf& leaf) -> Status {
    if (leaf.event == ledger::Event::identify) searched = leaf.request;
    const bool is_abort = leaf.event == ledger::Event::aborted && leaf.request && leaf.request == searched;
    if (leaf.event == ledger::Event::identify || is_abort) return {};
    return failure(ErrorCode::damaged, "an entry among the searches that is of none");
  };
  const auto read_list = [&](const char* name, const auto& check) -> Result<std::vector<TracedUse>> {
    std::vector<TracedUse> uses;
    // Of searches each with its abort.
    QORGAN_TRY(const Json* list, net::array_field(answer, name, 2 * limits::trace_entries_max));
    for (const Json& object : *list) {
      QORGAN_TRY(TracedUse use, reader.read(object));
      QORGAN_CHECK(check(use.leaf));
      uses.push_back(std::move(use));
    }
    return uses;
  };
  QORGAN_CHECK(read_names(answer, trace));
  QORGAN_TRY(trace.uses, read_list("uses", check_own));
  QORGAN_TRY(trace.searches, read_list("searches", check_search));
  QORGAN_TRY(trace.recoveries, read_recoveries(answer, reader));
  QORGAN_TRY(trace.uses_before, net::optional_int_field(answer, "uses_before", 1, INT64_MAX));
  QORGAN_TRY(trace.searches_before, net::optional_int_field(answer, "searches_before", 1, INT64_MAX));
  return trace;
}

}  // namespace

Result<CustodianTrace> read_trace(const Json& answer, const NetworkKeys& keys, int custodian,
                                  const crypto::Key& view_key) {
  Result<CustodianTrace> trace = read_page(answer, keys, custodian, view_key);
  if (trace) return trace;
  Error& error = trace.error();
  // What a custodian answers is no input of whoever asks.
  if (error.code == ErrorCode::invalid_input) error.code = ErrorCode::damaged;
  error.where = "custodian " + std::to_string(custodian) + (error.where.empty() ? "" : ", " + error.where);
  return trace;
}

}  // namespace qorgan::rights
