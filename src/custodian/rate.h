// How often someone may ask.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "base/limits.h"

namespace qorgan::custodian {

// A bucket of `per_minute` tokens for each name, filled evenly. Of at most names_max names at once: a new one is let in
// when the bucket of another is full again, which is then as good as none, and is turned away until then. Those who are
// in keep their buckets, whoever else comes. Thread-safe.
class Rate {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Rate(int per_minute, std::size_t names_max = limits::rate_names_max)
      : per_minute_(per_minute), names_max_(names_max) {}

  // `now` does not go back.
  bool allow(const std::string& name, Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    Bucket* bucket = bucket_of(name, now);
    if (!bucket || bucket->tokens < 1) return false;
    bucket->tokens -= 1;
    return true;
  }
  // Whether allow() would be true, for what is counted only when it is over.
  bool would_allow(const std::string& name, Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    const auto found = buckets_.find(name);
    if (found != buckets_.end()) return tokens_at(found->second, now) >= 1;
    if (buckets_.size() >= names_max_) drop_full(now);
    return buckets_.size() < names_max_;
  }
  // Counts it whether or not it would be allowed by now; what is too much must be filled in again first.
  void count(const std::string& name, Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    if (Bucket* bucket = bucket_of(name, now)) bucket->tokens -= 1;
  }

  std::size_t names() const {
    const std::lock_guard lock(mutex_);
    return buckets_.size();
  }

 private:
  struct Bucket {
    double tokens;
    Clock::time_point filled;
  };

  // As filled by now; null where there is no room for another name.
  Bucket* bucket_of(const std::string& name, Clock::time_point now) {
    auto found = buckets_.find(name);
    if (found == buckets_.end()) {
      if (buckets_.size() >= names_max_) drop_full(now);
      if (buckets_.size() >= names_max_) return nullptr;
      found = buckets_.emplace(name, Bucket{static_cast<double>(per_minute_), now}).first;
    }
    found->second.tokens = tokens_at(found->second, now);
    found->second.filled = now;
    return &found->second;
  }

  double tokens_at(const Bucket& bucket, Clock::time_point now) const {
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.filled).count();
    return std::min<double>(per_minute_, bucket.tokens + minutes * per_minute_);
  }

  // Not more often than that: whoever is turned away must not make each answer a walk over all names.
  void drop_full(Clock::time_point now) {
    if (now < next_drop_) return;
    next_drop_ = now + std::chrono::milliseconds(limits::rate_drop_interval_ms);
    std::erase_if(buckets_, [&](const auto& entry) { return tokens_at(entry.second, now) >= per_minute_; });
  }

  const int per_minute_;
  const std::size_t names_max_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
  Clock::time_point next_drop_{};
};

// A Rate for each owner, so that none uses up the names of another. Owners are kept for good: let only known ones in.
// Thread-safe.
class OwnedRates {
 public:
  explicit OwnedRates(int per_minute, std::size_t names_max = limits::rate_names_of_desk_max)
      : per_minute_(per_minute), names_max_(names_max) {}

  // Lives as long as this.
  Rate& of(const std::string& owner) {
    const std::lock_guard lock(mutex_);
    return rates_.try_emplace(owner, per_minute_, names_max_).first->second;
  }

 private:
  const int per_minute_;
  const std::size_t names_max_;
  std::mutex mutex_;
  std::map<std::string, Rate> rates_;
};

}  // namespace qorgan::custodian
