// What a custodian tells people over HTTP, everybody: its log and its mirrors of the others' as static files (C2SP
// tlog-tiles), with a witness beside them (C2SP tlog-witness); and over HTTPS what the holder of a receipt may ask of
// their record.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "custodian/rate.h"
#include "custodian/service.h"
#include "net/http_server.h"
#include "rights/request.h"

namespace qorgan::custodian {

struct WebParts {
  Engine* engine = nullptr;
  Service* service = nullptr;
  Statements* statements = nullptr;
  ledger::Witness* witness = nullptr;
  const Mirrors* mirrors = nullptr;
  const protocol::Network* network = nullptr;
  const net::TlsIdentity* tls = nullptr;
  std::filesystem::path folder;  // of the custodian
};

// Everything given outlives it.
class Web {
 public:
  // Listens on the ports that the network file gives this custodian; on none where it gives none. Errors: as
  // HttpServer::start's.
  static Result<std::unique_ptr<Web>> start(const WebParts& parts);
  void stop();

 private:
  explicit Web(const WebParts& parts) : parts_(parts) {}
  class Waiting;
  net::HttpResponse answer_log(const net::HttpRequest& request);
  net::HttpResponse serve_log(const net::HttpRequest& request);
  net::HttpResponse answer_rights(const net::HttpRequest& request);
  Result<net::Json> rights(const net::HttpRequest& request);
  Result<net::Json> answer_holder(const rights::SignedSubjectRequest& asked);
  Result<net::Json> change(const rights::SignedSubjectRequest& asked, protocol::Kind kind);
  Result<net::Json> trace(const rights::SubjectRequest& asked);
  Result<net::Json> evidence_again(const rights::SignedSubjectRequest& asked, const Result<Engine::Ticket>& ticket);
  tl::unexpected<Error> no_record() const;

  const WebParts parts_;
  // Checked against where there is no record, so that a question takes as long.
  const crypto::SignPublicKey nobodys_key_ = crypto::make_sign_key_pair().public_key;
  Rate rate_{limits::rights_per_minute_max};
  std::mutex mutex_;
  std::map<protocol::RecordId, int> waiting_;  // threads that wait for the end of a change, by record
  std::optional<net::HttpServer> log_server_;
  std::optional<net::HttpServer> rights_server_;
};

}  // namespace qorgan::custodian
