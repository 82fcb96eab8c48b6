#include "policy/usage_counter.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "base/limits.h"

namespace qorgan::policy {
namespace {

// Counts in the last N steps and in the one under way.
template <std::size_t N>
class Window {
 public:
  explicit Window(std::int64_t step_ms) : step_ms_(step_ms) {}

  void add(std::int64_t now_ms) {
    move_to(now_ms);
    ++counts_[slot(newest_)];
  }
  // Nothing where the step has slid out meanwhile.
  void remove(std::int64_t then_ms) {
    const std::int64_t step = then_ms / step_ms_;
    if (step > newest_ || newest_ - step >= kSteps) return;
    auto& count = counts_[slot(step)];
    if (count > 0) --count;
  }
  std::int64_t sum(std::int64_t now_ms) {
    move_to(now_ms);
    std::int64_t sum = 0;
    for (const std::uint32_t count : counts_) sum += count;
    return sum;
  }

  std::int64_t newest() const { return newest_; }
  // In the newest step, in the one before, ...
  std::array<std::uint32_t, N + 1> by_age() const {
    std::array<std::uint32_t, N + 1> counts{};
    for (std::int64_t age = 0; age < kSteps && age <= newest_; ++age)
      counts[static_cast<std::size_t>(age)] = counts_[slot(newest_ - age)];
    return counts;
  }
  void put(std::int64_t step, std::uint32_t count) {
    if (step < 0 || newest_ - step >= kSteps) return;
    move_to(step * step_ms_);
    counts_[slot(step)] += count;
  }

 private:
  static constexpr std::int64_t kSteps = N + 1;
  static std::size_t slot(std::int64_t step) { return static_cast<std::size_t>(step % kSteps); }

  void move_to(std::int64_t now_ms) {
    const std::int64_t step = now_ms / step_ms_;
    if (step - newest_ >= kSteps) counts_.fill(0);
    for (std::int64_t i = std::max(newest_ + 1, step - kSteps + 1); i <= step; ++i) counts_[slot(i)] = 0;
    newest_ = std::max(newest_, step);
  }

  std::int64_t step_ms_;
  std::int64_t newest_ = 0;
  std::array<std::uint32_t, N + 1> counts_{};
};

struct Counts {
  Window<12> minute{5'000};
  Window<24> day{3'600'000};

  void add(std::int64_t now_ms) {
    minute.add(now_ms);
    day.add(now_ms);
  }
  void remove(std::int64_t then_ms) {
    minute.remove(then_ms);
    day.remove(then_ms);
  }
};

// Counts by name, the first names_max each and all further ones together.
class Names {
 public:
  explicit Names(std::size_t names_max) : names_max_(names_max) {}

  Counts& operator[](const std::string& name) {
    if (const auto found = counts_.find(name); found != counts_.end()) return found->second;
    return counts_.size() < names_max_ ? counts_[name] : further_;
  }
  std::size_t size() const { return counts_.size(); }
  // The name that counts for it: none where it shares a place.
  std::string place_of(const std::string& name) const { return counts_.contains(name) ? name : std::string(); }
  Counts& at_place(const std::string& place) { return place.empty() ? further_ : (*this)[place]; }
  // Forgets who asked for nothing for a day.
  void drop_idle(std::int64_t now_ms) {
    for (auto entry = counts_.begin(); entry != counts_.end();)
      entry = entry->second.day.sum(now_ms) == 0 ? counts_.erase(entry) : std::next(entry);
  }

 private:
  std::size_t names_max_;
  std::map<std::string, Counts> counts_;
  Counts further_;
};

}  // namespace

struct UsageCounter::State {
  std::mutex mutex;
  std::int64_t newest_ms = 0;
  std::int64_t dropped_ms = 0;
  Names desks{limits::quota_names_max / 2};
  std::map<std::string, Names> parties;  // the operators of each
  Names further_parties{0};

  Names& operators_of(const std::string& party) {
    if (const auto found = parties.find(party); found != parties.end()) return found->second;
    std::size_t names = parties.size();
    for (const auto& [name, operators] : parties) names += operators.size();
    if (names >= limits::quota_names_max / 2) return further_parties;
    return parties.emplace(party, Names(limits::quota_operators_of_party_max)).first->second;
  }

  // Once an hour, so that names that come and go do not fill the places.
  void drop_idle(std::int64_t now_ms) {
    if (now_ms - dropped_ms < 3'600'000) return;
    dropped_ms = now_ms;
    desks.drop_idle(now_ms);
    for (auto& [name, operators] : parties) operators.drop_idle(now_ms);
    std::erase_if(parties, [](const auto& entry) { return entry.second.size() == 0; });
  }
};

UsageCounter::UsageCounter() : state_(std::make_unique<State>()) {}
UsageCounter::~UsageCounter() = default;

Usage UsageCounter::take(const std::string& desk, const std::string& party, const std::string& operator_name,
                         std::int64_t now_ms) {
  const std::lock_guard lock(state_->mutex);
  now_ms = state_->newest_ms = std::max(state_->newest_ms, now_ms);
  state_->drop_idle(now_ms);
  Counts& of_desk = state_->desks[desk];
  Counts& of_operator = state_->operators_of(party)[operator_name];
  const Usage before{of_desk.minute.sum(now_ms), of_desk.day.sum(now_ms), of_operator.minute.sum(now_ms),
                     of_operator.day.sum(now_ms), 0};
  of_desk.add(now_ms);
  of_operator.add(now_ms);
  return before;
}

void UsageCounter::give_back(const std::string& desk, const std::string& party, const std::string& operator_name,
                             std::int64_t now_ms) {
  const std::lock_guard lock(state_->mutex);
  state_->desks[desk].remove(now_ms);
  state_->operators_of(party)[operator_name].remove(now_ms);
}

std::vector<DayCounts> UsageCounter::day_counts(const std::string& desk, const std::string& party,
                                                const std::string& operator_name) const {
  const std::lock_guard lock(state_->mutex);
  const auto counts_of = [](Names& names, const std::string& name, DayCounts counts) {
    counts.name = names.place_of(name);
    const auto& day = names.at_place(counts.name).day;
    counts.hour = day.newest();
    counts.counts = day.by_age();
    return counts;
  };
  DayCounts of_desk;
  of_desk.is_desk = true;
  DayCounts of_operator;
  of_operator.party = state_->parties.contains(party) ? party : std::string();
  return {counts_of(state_->desks, desk, of_desk), counts_of(state_->operators_of(party), operator_name, of_operator)};
}

void UsageCounter::restore(const DayCounts& counts, std::int64_t now_ms) {
  const std::lock_guard lock(state_->mutex);
  Names& names = counts.is_desk         ? state_->desks
                 : counts.party.empty() ? state_->further_parties
                                        : state_->operators_of(counts.party);
  Window<24>& day = names.at_place(counts.name).day;
  const std::int64_t now_hour = now_ms / 3'600'000;
  // Oldest first: a window moves onwards only.
  for (std::size_t age = counts.counts.size(); age-- > 0;)
    if (counts.counts[age] != 0)
      day.put(std::min(now_hour, counts.hour - static_cast<std::int64_t>(age)), counts.counts[age]);
}

}  // namespace qorgan::policy
