// Three custodians on this machine, each a process of its own, for the demonstration and the benchmarks.
#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "desk/desk.h"
#include "protocol/network.h"

namespace qorgan::cli {

class LocalNetwork {
 public:
  // Makes keys in a new folder under the system's temporary one, on three free ports of loopback.
  static Result<LocalNetwork> create();
  // Stops the processes and removes the folder.
  ~LocalNetwork();
  LocalNetwork(LocalNetwork&& other) noexcept;
  LocalNetwork& operator=(LocalNetwork&&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path network_file() const { return folder_ / "network.json"; }
  std::filesystem::path custodian_folder(int custodian) const;
  // The network file that a custodian is started with in place of network_file(): one with other addresses.
  void give_network_file(int custodian, std::filesystem::path path);

  // Starts the three; returns when all answer. Errors: what one of them said as it ended, timeout, or unavailable
  // where `stop` is requested.
  Status start(Deadline deadline, std::stop_token stop = {});
  Result<desk::Desk> open_desk() const;
  // A whole warrant of the trial court for so many searches of the desk's, valid for a day.
  Result<std::string> make_warrant(int searches_max) const;
  // Asks the three to stop and waits for them.
  void stop();

 private:
  explicit LocalNetwork(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Status spawn(int custodian);

  std::filesystem::path folder_;
  std::array<std::filesystem::path, protocol::kCustodians> given_network_files_;
  std::array<pid_t, protocol::kCustodians> processes_ = {-1, -1, -1};
};

}  // namespace qorgan::cli
