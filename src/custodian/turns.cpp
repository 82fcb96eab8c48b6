#include "custodian/turns.h"

#include "base/result.h"

namespace qorgan::custodian {

// The first entry of the party whose last turn is longest ago; among parties without one, of the one that came first.
Turns::Line::const_iterator Turns::next_of(const Line& line, const LastTurns& last_turns) {
  auto next = line.end();
  std::uint64_t next_turn = 0;
  for (auto entry = line.begin(); entry != line.end(); ++entry) {
    const auto last = last_turns.find(entry->party);
    const std::uint64_t turn = last == last_turns.end() ? 0 : last->second;
    if (next != line.end() && turn >= next_turn) continue;
    next = entry;
    next_turn = turn;
  }
  return next;
}

Turns::Turn Turns::wait(const std::string& party, const protocol::RequestId& id, Deadline deadline,
                        std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto own = line_.insert(line_.end(), {party, id});
  const auto is_next = [&] { return !running_ && next_of(line_, last_turns_) == own; };
  const auto over = [&] { return shut_down_ || is_next(); };
  changed_.wait_until(lock, stop, deadline.at(), over);
  const bool has_turn = !shut_down_ && !stop.stop_requested() && is_next();
  line_.erase(own);
  if (has_turn) {
    running_ = id;
    last_turns_[party] = ++turns_;
  }
  changed_.notify_all();
  return Turn(has_turn ? this : nullptr);
}

std::optional<std::size_t> Turns::before(const protocol::RequestId& id) const {
  const std::lock_guard lock(mutex_);
  if (running_ == id) return 0;
  Line line = line_;
  LastTurns last_turns = last_turns_;
  std::uint64_t turns = turns_;
  for (std::size_t count = running_ ? 1 : 0; !line.empty(); ++count) {
    const auto next = next_of(line, last_turns);
    if (next->id == id) return count;
    last_turns[next->party] = ++turns;
    line.erase(next);
  }
  return std::nullopt;
}

void Turns::shutdown() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

void Turns::leave() {
  const std::lock_guard lock(mutex_);
  QORGAN_ASSERT(running_);
  running_.reset();
  changed_.notify_all();
}

}  // namespace qorgan::custodian
