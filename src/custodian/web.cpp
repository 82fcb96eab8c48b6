#include "custodian/web.h"

#include <spdlog/spdlog.h>

#include "custodian/files.h"
#include "custodian/mirror.h"
#include "ledger/serve.h"
#include "net/http_files.h"
#include "rights/request.h"

namespace qorgan::custodian {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Json;
using protocol::Kind;
using rights::Right;

constexpr std::string_view kRightsPath = "/rights/1/";

HttpResponse json_response(int status, const Json& json) {
  const std::string text = json.dump() + "\n";
  const ByteView bytes = as_bytes(text);
  return {status, "application/json", Bytes(bytes.begin(), bytes.end()), {}};
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_input:
    case ErrorCode::damaged:
    case ErrorCode::version_mismatch:
    case ErrorCode::wrong_network:
      return 400;
    case ErrorCode::refused:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::already_exists:
    case ErrorCode::stale:
      return 409;
    case ErrorCode::busy:
      return 429;
    case ErrorCode::unavailable:
    case ErrorCode::undecided:
    case ErrorCode::storage_full:
      return 503;
    case ErrorCode::timeout:
      return 504;
    default:
      return 500;
  }
}

std::optional<Kind> kind_of(Right right) {
  switch (right) {
    case Right::withdraw:
      return Kind::withdraw;
    case Right::lock:
      return Kind::lock;
    case Right::unlock:
      return Kind::unlock;
    case Right::erase:
      return Kind::erase;
    default:
      return std::nullopt;
  }
}

Json words_json(const policy::Words& words) {
  return {{"kk", words.kk}, {"ru", words.ru}, {"en", words.en}};
}

// Entries name parties and purposes by their ids.
void add_names(const policy::Policy& policy, Json& answer) {
  answer["parties"] = Json::object();
  for (const policy::RelyingParty& party : policy.rules().parties) answer["parties"][party.id] = party.name;
  answer["purposes"] = Json::object();
  for (const policy::Purpose& purpose : policy.rules().purposes)
    answer["purposes"][purpose.id] = {{"what", words_json(purpose.what)}, {"basis", words_json(purpose.basis.words)}};
}

}  // namespace

Result<std::unique_ptr<Web>> Web::start(const WebParts& parts) {
  std::unique_ptr<Web> web(new Web(parts));
  const protocol::CustodianEntry& own = parts.network->custodians[static_cast<std::size_t>(parts.engine->index())];
  const auto on_error = [](const Error& error) { spdlog::warn("web: {}", error.message()); };
  if (own.log_port != 0) {
    net::HttpServerOptions options;
    options.listen = {own.host, own.log_port};
    options.on_error = on_error;
    QORGAN_TRY(web->log_server_,
               net::HttpServer::start(std::move(options),
                                      [web = web.get()](const HttpRequest& asked) { return web->answer_log(asked); }));
  }
  if (own.web_port != 0) {
    net::HttpServerOptions options;
    options.listen = {own.host, own.web_port};
    options.tls = *parts.tls;
    options.on_error = on_error;
    QORGAN_TRY(web->rights_server_,
               net::HttpServer::start(std::move(options), [web = web.get()](const HttpRequest& asked) {
                 return web->answer_rights(asked);
               }));
  }
  return web;
}

void Web::stop() {
  if (rights_server_) rights_server_->stop();
  if (log_server_) log_server_->stop();
}

HttpResponse Web::answer_log(const HttpRequest& request) {
  if (request.path == "/add-checkpoint") {
    if (request.method != "POST") return net::text_response(405, "A checkpoint is added by POST.\n");
    const std::string_view body(reinterpret_cast<const char*>(request.body.data()), request.body.size());
    const ledger::WitnessAnswer answered = parts_.witness->add_checkpoint(body);
    HttpResponse response = net::text_response(answered.status, answered.body);
    if (!answered.content_type.empty()) response.content_type = answered.content_type;
    return response;
  }
  return serve_log(request);
}

// Its own log, or "/mirror/J/..." as it was mirrored from custodian J: a custodian that vanishes does not take its log
// away.
HttpResponse Web::serve_log(const HttpRequest& request) {
  constexpr std::string_view kMirrorPath = "/mirror/";
  if (!request.path.starts_with(kMirrorPath))
    return net::serve_file(parts_.folder / kLogFolder, request,
                           [](std::string_view path) { return ledger::log_file(path); });
  const std::string_view rest = std::string_view(request.path).substr(kMirrorPath.size());
  for (int other = 0; other < protocol::kCustodians; ++other) {
    if (other == parts_.engine->index() || !rest.starts_with(std::to_string(other) + "/")) continue;
    // The rule is asked with the request's whole path.
    return net::serve_file(mirror_folder(parts_.folder, other), request, [&](std::string_view) {
      return ledger::log_file(rest.substr(1), (*parts_.mirrors)[static_cast<std::size_t>(other)]->size());
    });
  }
  return net::text_response(404, "There is no such mirror here.\n");
}

HttpResponse Web::answer_rights(const HttpRequest& request) {
  if (!request.path.starts_with(kRightsPath)) return answer_log(request);
  if (request.method != "POST") return net::text_response(405, "Ask by POST.\n");
  const Result<Json> answer = rate_.allow(net::network_of(request.remote))
                                  ? rights(request)
                                  : failure(ErrorCode::busy, "too many questions from one place", {}, "Wait a minute");
  if (answer) return json_response(200, *answer);
  return json_response(status_of(answer.error().code), net::error_message(answer.error()).head);
}

Result<Json> Web::rights(const HttpRequest& request) {
  if (request.body.size() > limits::subject_request_bytes_max)
    return failure(ErrorCode::invalid_input, "a request larger than any");
  const std::string_view body(reinterpret_cast<const char*>(request.body.data()), request.body.size());
  QORGAN_TRY(const rights::SignedSubjectRequest asked, rights::parse_subject_request(body));
  if (request.path.substr(kRightsPath.size()) != rights::right_name(asked.request.right))
    return failure(ErrorCode::invalid_input, "the request asks for something else than its address");
  // Before anything is looked up, so that the answer does not depend on what is held.
  if (asked.request.network != parts_.network->id())
    return failure(ErrorCode::wrong_network, "the request is for another network", "network");
  // The same is looked up and checked whether there is a record or not, so that the time tells nothing either.
  const Gallery::Person person = parts_.engine->person(asked.request.handle);
  const auto ticket = parts_.engine->ticket(asked.request.id);
  const Status may =
      rights::check_request(asked, person ? person->access_key : nobodys_key_, parts_.network->id(), unix_time_ms());
  if (!person) return evidence_again(asked, ticket);
  // Handles can be computed from the public logs: who has no secret must not learn whether a record still lives.
  if (!may && may.error().code == ErrorCode::refused) return no_record();
  QORGAN_CHECK(may);
  return answer_holder(asked);
}

Result<Json> Web::answer_holder(const rights::SignedSubjectRequest& asked) {
  if (const std::optional<Kind> kind = kind_of(asked.request.right)) return change(asked, *kind);
  if (asked.request.right == Right::trace) return trace(asked.request);
  if (asked.request.right == Right::absence)
    return failure(ErrorCode::refused, "a record is held under this handle",
                   parts_.network->describe(parts_.engine->index()));
  return failure(ErrorCode::invalid_input, "this right is not asked for here",
                 std::string(rights::right_name(asked.request.right)));
}

// A thread that waits: each costs one of the few that answer, whether the request is new or repeated.
class Web::Waiting {
 public:
  static Result<std::unique_ptr<Waiting>> begin(Web& web, const protocol::RecordId& record) {
    const std::lock_guard lock(web.mutex_);
    int all = 0;
    for (const auto& [other, count] : web.waiting_) all += count;
    const auto own = web.waiting_.find(record);
    if (all >= limits::requests_of_subjects_max ||
        (own != web.waiting_.end() && own->second >= limits::requests_of_subject_max))
      return failure(ErrorCode::busy, "too many requests are waiting",
                     web.parts_.network->describe(web.parts_.engine->index()), "Try again in a minute");
    ++web.waiting_[record];
    return std::unique_ptr<Waiting>(new Waiting(web, record));
  }
  ~Waiting() {
    const std::lock_guard lock(web_.mutex_);
    const auto own = web_.waiting_.find(record_);
    if (--own->second == 0) web_.waiting_.erase(own);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Waiting(Web& web, const protocol::RecordId& record) : web_(web), record_(record) {}

  Web& web_;
  const protocol::RecordId record_;
};

Result<Json> Web::change(const rights::SignedSubjectRequest& asked, Kind kind) {
  QORGAN_TRY(const auto waiting, Waiting::begin(*this, asked.request.handle));
  protocol::Request request;
  request.id = asked.request.id;
  request.kind = kind;
  request.asker = protocol::Asker::subject;
  request.record = asked.request.handle;
  request.signed_request = asked.text();
  QORGAN_TRY(net::Message answer, parts_.service->take(request, {}));
  return std::move(answer.head);
}

Result<Json> Web::trace(const rights::SubjectRequest& asked) {
  TracePage page;
  page.since_ms = asked.since_s.value_or(0) * 1000;
  page.uses_before = asked.uses_before.value_or(INT64_MAX);
  page.searches_before = asked.searches_before.value_or(INT64_MAX);
  if (asked.entries_max) page.entries_max = static_cast<std::size_t>(*asked.entries_max);
  QORGAN_TRY(const Trace trace, parts_.engine->trace(asked.handle, page));
  const auto list = [&](const std::vector<LoggedEntry>& entries) -> Result<Json> {
    QORGAN_TRY(const std::vector<rights::Evidence> all, parts_.statements->evidence_of(entries));
    Json out = Json::array();
    for (const rights::Evidence& evidence : all) out.push_back(rights::to_json(evidence));
    return out;
  };
  Json answer = {{"type", "answer"},
                 {"terms", trace.terms.text()},
                 {"locked", (trace.flags & store::kLocked) != 0},
                 {"withdrawn", (trace.flags & store::kWithdrawn) != 0},
                 {"fingers", trace.fingers}};
  add_names(*parts_.engine->judge().policy(), answer);
  QORGAN_TRY(answer["uses"], list(trace.uses));
  QORGAN_TRY(answer["searches"], list(trace.searches));
  QORGAN_TRY(answer["recoveries"], list(trace.recoveries));
  if (trace.uses_before) answer["uses_before"] = *trace.uses_before;
  if (trace.searches_before) answer["searches_before"] = *trace.searches_before;
  return answer;
}

tl::unexpected<Error> Web::no_record() const {
  return failure(ErrorCode::not_found, "there is no record of this handle and secret",
                 parts_.network->describe(parts_.engine->index()),
                 "Compare both with the paper; the record may have been erased");
}

// The record is gone, and with it the key by which its holder was known. As long as the request that destroyed it is
// kept, the same request to the letter, which only the holder can sign, gets the same answer.
Result<Json> Web::evidence_again(const rights::SignedSubjectRequest& asked, const Result<Engine::Ticket>& ticket) {
  if (!ticket && ticket.error().code != ErrorCode::not_found) return tl::unexpected(ticket.error());
  const std::string text = asked.text();
  if (!ticket || !crypto::equal_constant_time(as_bytes(ticket->request.signed_request), as_bytes(text)) ||
      !protocol::destroys(ticket->request.kind))
    return no_record();
  const auto erased = parts_.engine->erased_record(asked.request.id);
  if (!erased && erased.error().code != ErrorCode::not_found) return tl::unexpected(erased.error());
  if (!erased || *erased != asked.request.handle) return no_record();
  QORGAN_TRY(const auto waiting, Waiting::begin(*this, asked.request.handle));
  Json answer = {{"type", "answer"}};
  QORGAN_CHECK(parts_.statements->add_evidence(ticket->request, Deadline::after_ms(limits::verify_timeout_ms), answer));
  return answer;
}

}  // namespace qorgan::custodian
