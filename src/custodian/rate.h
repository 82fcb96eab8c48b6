// How often someone may ask.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace qorgan::custodian {

// A bucket of `per_minute` tokens for each name, filled evenly. Thread-safe.
class Rate {
 public:
  explicit Rate(int per_minute) : per_minute_(per_minute) {}

  bool allow(const std::string& name) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (buckets_.size() >= kBucketsMax) drop_full(now);
    auto [found, added] = buckets_.try_emplace(name, Bucket{static_cast<double>(per_minute_), now});
    Bucket& bucket = found->second;
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.filled).count();
    bucket.tokens = std::min<double>(per_minute_, bucket.tokens + minutes * per_minute_);
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

 private:
  static constexpr std::size_t kBucketsMax = 10'000;

  // After a minute without a question a bucket is full, and as good as none.
  void drop_full(std::chrono::steady_clock::time_point now) {
    std::erase_if(buckets_, [&](const auto& entry) { return now - entry.second.filled > std::chrono::minutes(1); });
  }

  struct Bucket {
    double tokens;
    std::chrono::steady_clock::time_point filled;
  };
  const int per_minute_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace qorgan::custodian
