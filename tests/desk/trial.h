// Three custodians in this process, on loopback, with a desk's keys: what the tests of the whole protocol run against.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "custodian/daemon.h"
#include "desk/ask.h"
#include "desk/desk.h"
#include "tests/support/expect.h"
#include "tests/support/temp_folder.h"

namespace qorgan::desk::test {

class Trial {
 public:
  Trial();

  std::filesystem::path network_file() const { return folder() / "network.json"; }
  std::filesystem::path desk_folder() const { return folder() / "desk"; }
  std::filesystem::path custodian_folder(int custodian) const;
  const protocol::Network& network() const { return network_; }
  const net::TlsIdentity& identity() const { return *identity_; }

  Desk open_desk() const;
  void start(int custodian);
  void stop(int custodian);
  // People at each custodian.
  std::array<std::size_t, 3> people() const;
  // With a fresh warrant.
  Asking searching() const;

 private:
  std::filesystem::path folder() const { return temporary_.path() / "state"; }

  struct QuickFolder {
    QuickFolder();
  } quick_;
  qorgan::test::TempFolder temporary_;
  protocol::Network network_;
  std::optional<net::TlsIdentity> identity_;
  std::array<std::optional<custodian::Daemon>, 3> daemons_;
};

// An artificial finger's template; another impression has other noise.
finger::Template finger_of(int person, int impression = 0);
std::vector<Print> prints_of(int person, int impression = 0);
identity::Iin iin_of(int person);
std::string purpose_of(protocol::Kind kind);
Asking asking(protocol::Kind kind);

// A desk that does as it likes: each custodian can be told something else.
class RogueDesk {
 public:
  explicit RogueDesk(const Trial& trial) : custodians_(trial.network(), trial.identity(), "desk") {}

  Custodians& custodians() { return custodians_; }
  // A request of a kind with one finger, for a made-up person.
  static protocol::Request request(protocol::Kind kind, std::uint8_t subject = 1);
  static net::Message submission(const protocol::Request& request, const mpc::StoredShare& share);
  // The same request and one template's shares, as an honest desk sends them.
  static Questions submissions(const protocol::Request& request, const std::array<mpc::StoredShare, 3>& shares);
  // What each answers: what it aborted with is an error as well.
  std::array<Result<net::Message>, 3> submit(const Questions& questions);

 private:
  Custodians custodians_;
};

}  // namespace qorgan::desk::test
