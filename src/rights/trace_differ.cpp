#include "rights/trace_differ.h"

#include <algorithm>

#include "base/limits.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using ledger::Event;

// Of what is asked of a custodian, as opposed to what it says of the end.
bool is_asked(const ledger::Leaf& leaf) {
  return ledger::is_agreed(leaf.event) || leaf.event == Event::refused || leaf.event == Event::absence;
}

bool is_closed(const TracedUse& use) {
  return use.leaf.hidden_until_s != 0 && !use.is_opened;
}

// An expiry is agreed to as an erasure.
std::string event_of_kind(const std::string& kind) {
  return kind == "expire" ? std::string(ledger::event_name(Event::erase)) : kind;
}

class Comparison {
 public:
  Comparison(const protocol::Network& network, const std::vector<Telling>& tellings)
      : network_(network), tellings_(tellings) {}

  // `values` gives what a telling says of the field, or nothing.
  template <class Values>
  void compare(const char* field, const Values& values) {
    TraceDifference difference{field, {}};
    for (const Telling& telling : tellings_)
      for (const std::string& said : values(*telling.use)) add(difference, telling.custodian, said);
    const auto is_first = [&](const TraceDifference::Said& one) { return one.value == difference.said[0].value; };
    if (!std::all_of(difference.said.begin(), difference.said.end(), is_first)) found_.push_back(std::move(difference));
  }

  void compare_times() {
    TraceDifference difference{"time", {}};
    std::int64_t first_s = INT64_MAX;
    std::int64_t last_s = INT64_MIN;
    for (const Telling& telling : tellings_) {
      if (!ledger::is_agreed(telling.use->leaf.event)) continue;
      const std::int64_t time_s = telling.use->leaf.time_s;
      first_s = std::min(first_s, time_s);
      last_s = std::max(last_s, time_s);
      add(difference, telling.custodian, utc_text(time_s));
    }
    if (!difference.said.empty() && last_s - first_s > limits::trace_apart_s) found_.push_back(std::move(difference));
  }

  std::vector<TraceDifference> take() { return std::move(found_); }

 private:
  void add(TraceDifference& difference, std::size_t custodian, const std::string& value) const {
    TraceDifference::Said said{static_cast<int>(custodian), network_.custodians[custodian].name, value};
    if (std::find(difference.said.begin(), difference.said.end(), said) == difference.said.end())
      difference.said.push_back(std::move(said));
  }

  const protocol::Network& network_;
  const std::vector<Telling>& tellings_;
  std::vector<TraceDifference> found_;
};

}  // namespace

std::vector<TraceDifference> differences(const protocol::Network& network, const std::vector<Telling>& tellings,
                                         bool is_timed) {
  using Values = std::vector<std::string>;
  Comparison comparison(network, tellings);
  // What an entry says openly, and what its details say.
  comparison.compare("event", [](const TracedUse& use) {
    Values said;
    if (!is_asked(use.leaf)) return said;
    if (use.leaf.event != Event::refused) said.emplace_back(ledger::event_name(use.leaf.event));
    if (!use.kind.empty()) said.push_back(event_of_kind(use.kind));
    return said;
  });
  const bool is_by_subject = std::all_of(tellings.begin(), tellings.end(), [](const Telling& telling) {
    return !is_asked(telling.use->leaf) || (telling.use->is_opened && telling.use->details.desk.empty());
  });
  const auto ground = [&](const TracedUse& use, const std::string& value) {
    const bool is_untold = value.empty() && !ledger::is_agreed(use.leaf.event);
    return is_by_subject || !is_asked(use.leaf) || is_closed(use) || is_untold ? Values() : Values{value};
  };
  comparison.compare("party", [&](const TracedUse& use) { return ground(use, use.leaf.party); });
  comparison.compare("purpose", [&](const TracedUse& use) { return ground(use, use.leaf.purpose); });
  const auto detail = [](const TracedUse& use, const std::string& value) {
    return is_asked(use.leaf) && use.is_opened ? Values{value} : Values();
  };
  comparison.compare("desk", [&](const TracedUse& use) { return detail(use, use.details.desk); });
  comparison.compare("operator", [&](const TracedUse& use) { return detail(use, use.details.operator_name); });
  if (is_timed) comparison.compare_times();
  return comparison.take();
}

}  // namespace qorgan::rights
