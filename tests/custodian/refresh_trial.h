// Three custodians whose databases hold people already, for the tests of refreshes and of changes of keys.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "custodian/daemon.h"
#include "custodian/engine.h"
#include "custodian/recorder.h"
#include "finger/template.h"
#include "tests/support/expect.h"
#include "tests/support/temp_folder.h"

namespace qorgan::custodian::test {

// An engine by itself, with what it cannot do without.
struct EngineAlone {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Recorder> recorder;

  EngineAlone() = default;
  EngineAlone(EngineAlone&&) = default;
  EngineAlone& operator=(EngineAlone&&) = delete;
  ~EngineAlone();
};

class RefreshTrial {
 public:
  static constexpr int kFingers = 2;

  // With so many people, enrolled with the sequence numbers from 1 on.
  explicit RefreshTrial(int people);

  std::filesystem::path folder(int custodian) const;
  std::filesystem::path network_file() const { return temporary_.path() / "state" / "network.json"; }
  const protocol::Network& network() const { return network_; }

  void start(int custodian, const std::filesystem::path& network_file);
  void start(int custodian) { start(custodian, network_file()); }
  void stop(int custodian);
  bool is_running(int custodian) const { return daemons_[static_cast<std::size_t>(custodian)].has_value(); }

  // Of custodians that do not run.
  EngineAlone open_engine(int custodian) const;
  store::Store open_store(int custodian, const std::filesystem::path& file = {}) const;
  // The templates of everyone who lives, from what two custodians' files hold; nothing where their copies differ.
  std::vector<std::optional<finger::Template>> rebuild(store::Store& a, int custodian_a, store::Store& b,
                                                       int custodian_b) const;

 private:
  struct QuickFolder {
    QuickFolder();
  } quick_;
  qorgan::test::TempFolder temporary_;
  protocol::Network network_;
  std::array<std::optional<Daemon>, 3> daemons_;
};

// Of a person's finger; no two alike.
finger::Template template_of(std::int64_t person, int finger);
// Waits for something, half a minute at most.
bool comes_true(const std::function<bool()>& condition);

}  // namespace qorgan::custodian::test
