// What custodian 0 does in a refresh: everyone's shares are made anew, batch after batch, while comparisons go on
// (docs/protocol.md, 10).
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "custodian/coordinator.h"
#include "custodian/engine.h"
#include "custodian/peers.h"
#include "custodian/refresh_messages.h"

namespace qorgan::custodian {

// A refresh of everyone, as the coordinator remembers it through stops.
struct RefreshPlan {
  std::int64_t epoch = 0;     // of this refresh, counted from 1
  std::int64_t next = 0;      // people enrolled with lower sequence numbers are done
  std::int64_t last = 0;      // who was enrolled later is left for the next one
  std::int64_t people = 0;    // in all, when it began
  std::int64_t done = 0;      // of them
  std::int64_t ended_ms = 0;  // 0: under way

  bool is_under_way() const { return epoch > 0 && ended_ms == 0; }
  // One line of JSON.
  std::string text() const;
  bool operator==(const RefreshPlan&) const = default;
};
// Errors: damaged.
Result<RefreshPlan> parse_refresh_plan(std::string_view text);

// Thread-safe.
class Refresher {
 public:
  // Goes on with a refresh that was not ended before the last stop. With `days` above 0, one begins by itself so long
  // after the last one ended.
  static Result<std::unique_ptr<Refresher>> start(Engine& engine, Peers& peers, Coordinator& coordinator, int days);
  ~Refresher();

  // Begins a refresh of everyone who is enrolled now; while one is under way, nothing more happens. Errors: those of
  // the store.
  Status begin();
  struct Progress {
    RefreshPlan plan;
    std::optional<Error> held_up;  // by what; it is tried again
  };
  Progress progress() const;
  // Ends the thread. Harmless when repeated. The peers have been stopped before.
  void stop();

 private:
  Refresher(Engine& engine, Peers& peers, Coordinator& coordinator, int days)
      : engine_(engine), peers_(peers), coordinator_(coordinator), days_(days) {}

  void run();
  bool is_due() const;
  Status step();
  Status step_guarded();
  Status refresh_batch(RefreshPlan& plan);
  Result<std::array<crypto::Key, 2>> exchange_keys(const RefreshBegin& begin, const crypto::ExchangeKeyPair& own,
                                                   Deadline deadline);
  Status stage_everywhere(const Refresh& refresh, std::vector<NewShares> shares, const CommonDigests& common,
                          Deadline deadline);
  Status end(RefreshPlan& plan);
  Status remember(const RefreshPlan& plan);

  Engine& engine_;
  Peers& peers_;
  Coordinator& coordinator_;
  const int days_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RefreshPlan plan_;
  std::optional<Error> held_up_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace qorgan::custodian
