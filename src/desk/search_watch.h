// Beside a search that waits or runs: asks how far it is, and cancels it.
#pragma once

#include <stop_token>
#include <thread>
#include <vector>

#include "desk/ask.h"
#include "desk/desk.h"

namespace qorgan::desk {

class SearchWatch {
 public:
  // What is given outlives it.
  SearchWatch(Custodians& custodians, const protocol::RequestId& id, const SearchOptions& options);
  // Ends its threads, within the time that a connection takes to be made.
  ~SearchWatch();
  SearchWatch(const SearchWatch&) = delete;
  SearchWatch& operator=(const SearchWatch&) = delete;

  // Requested where the custodians have not ended the search limits::cancel_timeout_ms after it was cancelled.
  std::stop_token given_up() const { return given_up_.get_token(); }

 private:
  void poll();
  void report_progress();
  void cancel_when_asked();
  void cancel_at(int custodian);
  net::Message question(const char* type) const;

  Custodians& custodians_;
  const protocol::RequestId id_;
  const SearchOptions& options_;
  std::stop_source given_up_;
  std::stop_source over_;        // the search has ended
  std::stop_source polls_over_;  // it has, or is cancelled
  std::vector<std::jthread> threads_;
};

}  // namespace qorgan::desk
