#include "custodian/coordinator_holds.h"

#include <algorithm>

namespace qorgan::custodian {
namespace {

tl::unexpected<Error> busy() {
  return failure(ErrorCode::busy, "another request changes this person's record", "custodian 0", "Try again");
}

}  // namespace

void Holds::Hold::give_back() {
  if (Holds* holds = std::exchange(holds_, nullptr)) holds->leave(subject_);
}

Result<Holds::Hold> Holds::wait(const protocol::SubjectId& subject, const std::string& desk, Deadline deadline) {
  std::unique_lock lock(mutex_);
  Line& line = lines_[subject];
  const bool is_desk = !desk.empty();
  if (is_desk && std::find(line.waiting.begin(), line.waiting.end(), desk) != line.waiting.end()) return busy();
  const auto place = is_desk ? line.waiting.end()
                             : std::find_if(line.waiting.begin(), line.waiting.end(),
                                            [](const std::string& other) { return !other.empty(); });
  const auto own = line.waiting.insert(place, desk);
  const auto is_next = [&] { return !line.is_held && line.waiting.begin() == own; };
  changed_.wait_until(lock, deadline.at(), [&] { return shut_down_ || is_next(); });
  const bool is_let_in = !shut_down_ && is_next();
  line.waiting.erase(own);
  line.is_held = line.is_held || is_let_in;
  drop_empty(subject);
  changed_.notify_all();
  if (!is_let_in) return busy();
  return Hold(this, subject);
}

std::size_t Holds::waiting(const protocol::SubjectId& subject) const {
  const std::lock_guard lock(mutex_);
  const auto line = lines_.find(subject);
  return line == lines_.end() ? 0 : line->second.waiting.size();
}

void Holds::shutdown() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

void Holds::leave(const protocol::SubjectId& subject) {
  const std::lock_guard lock(mutex_);
  lines_.at(subject).is_held = false;
  drop_empty(subject);
  changed_.notify_all();
}

void Holds::drop_empty(const protocol::SubjectId& subject) {
  const auto line = lines_.find(subject);
  if (!line->second.is_held && line->second.waiting.empty()) lines_.erase(line);
}

}  // namespace qorgan::custodian
