// Whose record is being changed: one change at a time a person.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/request.h"

namespace qorgan::custodian {

// Of those who wait for a person's record, what the person asks for, and what custodians do by themselves, goes before
// what any desk asks for; among equals who came first. A desk may have one change waiting for a person: however many it
// sends, others wait for the one under way alone. Thread-safe.
class Holds {
 public:
  // Lets the next one in when it is given back, or goes.
  class Hold {
   public:
    Hold(Holds* holds, const protocol::SubjectId& subject) : holds_(holds), subject_(subject) {}
    Hold(Hold&& other) noexcept : holds_(std::exchange(other.holds_, nullptr)), subject_(other.subject_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() { give_back(); }
    // Again: nothing happens. Not from two threads at once.
    void give_back();

   private:
    Holds* holds_;
    protocol::SubjectId subject_;
  };

  // `desk` is empty where no desk asks. Errors: busy where the desk has another change waiting there, the deadline
  // passed, or shutdown() was called.
  Result<Hold> wait(const protocol::SubjectId& subject, const std::string& desk, Deadline deadline);
  // How many wait for that person's record.
  std::size_t waiting(const protocol::SubjectId& subject) const;
  // Lets everyone who waits go without a hold, now and from here on.
  void shutdown();

 private:
  struct Line {
    bool is_held = false;
    std::list<std::string> waiting;  // their desks, in the order in which they are let in
  };
  void leave(const protocol::SubjectId& subject);
  void drop_empty(const protocol::SubjectId& subject);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<protocol::SubjectId, Line> lines_;
  bool shut_down_ = false;
};

}  // namespace qorgan::custodian
