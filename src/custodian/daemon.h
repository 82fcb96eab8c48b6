// A custodian that runs: it listens, answers desks and the two others, and looks after what was left undecided.
#pragma once

#include <filesystem>
#include <memory>

#include "base/limits.h"
#include "base/result.h"
#include "custodian/files.h"
#include "protocol/network.h"

namespace qorgan::custodian {

struct DaemonOptions {
  std::filesystem::path folder;  // of this custodian's keys and database
  std::filesystem::path network_file;
  // For tests: a database that is full at that many pages (0: no such limit), and another version of the protocol.
  std::int64_t pages_max = 0;
  std::uint16_t protocol_version = limits::protocol_version;
};

class Daemon {
 public:
  // Listens, and has everyone's shares in memory, when it returns. Errors: those of the files, the database and the
  // server, each naming the file or address.
  static Result<Daemon> start(const DaemonOptions& options);
  ~Daemon();
  Daemon(Daemon&&) noexcept;
  Daemon& operator=(Daemon&&) noexcept;

  int index() const;
  // "custodian 1 (127.0.0.1:7311)"
  std::string describe() const;
  std::size_t people() const;
  // Ends what is under way with a clear word to those who wait, and closes. Harmless when repeated.
  void stop();

 private:
  struct State;
  explicit Daemon(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::custodian
