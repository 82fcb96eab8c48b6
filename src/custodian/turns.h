// First come, first served, with a deadline.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/clock.h"

namespace qorgan::custodian {

class Turns {
 public:
  // Held while it is one's turn; the next in line is let in when it goes.
  class Turn {
   public:
    explicit Turn(Turns* turns, int ticket) : turns_(turns), ticket_(ticket) {}
    Turn(Turn&& other) noexcept : turns_(other.turns_), ticket_(other.ticket_) { other.turns_ = nullptr; }
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->leave(ticket_);
    }
    explicit operator bool() const { return turns_ != nullptr; }

   private:
    Turns* turns_;
    int ticket_;
  };

  // Empty where the deadline passed first.
  Turn wait(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const int ticket = next_ticket_++;
    line_.push_back(ticket);
    if (changed_.wait_until(lock, deadline.at(), [&] { return line_.front() == ticket; })) return Turn(this, ticket);
    std::erase(line_, ticket);
    changed_.notify_all();
    return Turn(nullptr, 0);
  }

 private:
  void leave(int ticket) {
    const std::lock_guard lock(mutex_);
    std::erase(line_, ticket);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> line_;
  int next_ticket_ = 0;
};

}  // namespace qorgan::custodian
