// A queue with fair shares: whose turn it is goes round among the parties that wait, and within a party to who came
// first.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "protocol/request.h"

namespace qorgan::custodian {

// Of all that wait, the party goes next whose last turn is longest ago; one that has had none goes before all that
// have. A party's only entry therefore waits for the turn under way and at most one of each other party, however many
// entries those have. Thread-safe.
class Turns {
 public:
  // Held while it is one's turn; the next is let in when it goes.
  class Turn {
   public:
    explicit Turn(Turns* turns) : turns_(turns) {}
    Turn(Turn&& other) noexcept : turns_(other.turns_) { other.turns_ = nullptr; }
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->leave();
    }
    explicit operator bool() const { return turns_ != nullptr; }

   private:
    Turns* turns_;
  };

  // Empty where the deadline passed, `stop` was requested or shutdown() was called first.
  Turn wait(const std::string& party, const protocol::RequestId& id, Deadline deadline, std::stop_token stop = {});
  // How many turns there are before this entry's, the one under way included, if nobody else comes; 0 where it is its
  // turn. Nothing where it is not in line.
  std::optional<std::size_t> before(const protocol::RequestId& id) const;
  // Lets everyone who waits go without a turn, now and from here on.
  void shutdown();

 private:
  struct Entry {
    std::string party;
    protocol::RequestId id{};
  };
  using Line = std::list<Entry>;
  using LastTurns = std::map<std::string, std::uint64_t>;

  static Line::const_iterator next_of(const Line& line, const LastTurns& last_turns);
  void leave();

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Line line_;  // who waits, in the order of coming
  std::optional<protocol::RequestId> running_;
  LastTurns last_turns_;  // by party, in number as many as the network file has desks
  std::uint64_t turns_ = 0;
  bool shut_down_ = false;
};

}  // namespace qorgan::custodian
