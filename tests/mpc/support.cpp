#include "tests/mpc/support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "finger/make_template.h"
#include "mpc/reference.h"

namespace qorgan::mpc::test {
namespace {

using Signs = std::array<std::int8_t, finger::kSignCount>;

int below(Random& random, int bound) {
  return std::uniform_int_distribution<int>(0, bound - 1)(random);
}

double unit(Random& random) {
  return std::uniform_real_distribution<double>(0, 1)(random);
}

double any_direction(Random& random) {
  return 2 * std::numbers::pi * unit(random);
}

Signs random_signs(Random& random) {
  // Rows of every density, so that the counts of ones are not all near the middle.
  const double density = unit(random);
  Signs signs{};
  for (auto& sign : signs) sign = unit(random) < density ? 1 : 0;
  return signs;
}

struct Relation {
  int distance = 0;
  int bearing = 0;
  int bearing_back = 0;
};

Relation random_relation(Random& random) {
  const int distances = finger::kDistanceUsedMax - finger::kDistanceUsedMin + 1;
  return {finger::kDistanceUsedMin + below(random, distances), below(random, 256), below(random, 256)};
}

Relation relation_of(const finger::Template& whole, std::size_t j, std::size_t k) {
  const std::size_t at = finger::relation_index(std::min(j, k), std::max(j, k));
  Relation found{whole.relations.distance[at], whole.relations.bearing[at], whole.relations.bearing_back[at]};
  if (j > k) std::swap(found.bearing, found.bearing_back);
  return found;
}

void put_relation(finger::Template& whole, std::size_t j, std::size_t k, const Relation& relation) {
  const std::size_t at = finger::relation_index(j, k);
  whole.relations.distance[at] = static_cast<std::uint8_t>(relation.distance);
  whole.relations.bearing[at] = static_cast<std::uint8_t>(relation.bearing);
  whole.relations.bearing_back[at] = static_cast<std::uint8_t>(relation.bearing_back);
}

// The same to a little more than what still agrees.
Relation noisy_relation(Random& random, Relation relation) {
  const auto noise = [&](int slack) { return below(random, 2 * slack + 5) - slack - 2; };
  relation.distance =
      std::clamp(relation.distance + noise(finger::kDistanceSlack), finger::kDistanceUsedMin, finger::kDistanceUsedMax);
  relation.bearing += noise(finger::kBearingSlack);
  relation.bearing_back += noise(finger::kBearingSlack);
  return relation;
}

void random_row(Random& random, std::span<std::int8_t, finger::kWidth> row) {
  fill_row(row, random_signs(random), any_direction(random));
}

}  // namespace

void fill_row(std::span<std::int8_t, finger::kWidth> row, std::span<const std::int8_t> signs, double direction_rad) {
  std::copy(signs.begin(), signs.end(), row.begin());
  row[finger::kCountEntry] = static_cast<std::int8_t>(std::accumulate(signs.begin(), signs.end(), 0));
  row[finger::kUsedEntry] = 1;
  const finger::DirectionEntries direction = finger::direction_entries(static_cast<float>(direction_rad));
  row[finger::kCosEntry] = direction.cosine;
  row[finger::kSinEntry] = direction.sine;
}

finger::Template random_template(Random& random, int rows_used) {
  finger::Template out;
  for (int i = 0; i < rows_used; ++i) random_row(random, out.row(i));
  for (std::size_t k = 1; k < finger::kFineRows && k < static_cast<std::size_t>(rows_used); ++k)
    for (std::size_t j = 0; j < k; ++j) put_relation(out, j, k, random_relation(random));
  return out;
}

finger::Template noisy_copy(Random& random, const finger::Template& original, double flip, int rows_replaced) {
  std::vector<int> order(finger::kRows);
  std::iota(order.begin(), order.end(), 0);
  // Half of the copies keep the best rows among the best.
  if (below(random, 2) == 0) {
    std::shuffle(order.begin(), order.begin() + finger::kFineRows, random);
  } else {
    std::shuffle(order.begin(), order.end(), random);
  }
  finger::Template out;
  for (int i = 0; i < finger::kRows; ++i) {
    const auto row = original.row(order[static_cast<std::size_t>(i)]);
    if (row[finger::kUsedEntry] == 0) continue;
    if (i < rows_replaced) {
      random_row(random, out.row(i));
      continue;
    }
    Signs signs{};
    for (std::size_t k = 0; k < signs.size(); ++k) {
      signs[k] = static_cast<std::int8_t>(unit(random) < flip ? 1 - row[k] : row[k]);
    }
    const double direction = std::atan2(row[finger::kSinEntry], row[finger::kCosEntry]);
    fill_row(out.row(i), signs, direction + flip * any_direction(random));
  }
  for (std::size_t k = 1; k < finger::kFineRows; ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      const auto used = [&](std::size_t row) { return out.row(static_cast<int>(row))[finger::kUsedEntry] != 0; };
      if (!used(j) || !used(k)) continue;
      const auto from_j = static_cast<std::size_t>(order[j]);
      const auto from_k = static_cast<std::size_t>(order[k]);
      const bool known = from_j < finger::kFineRows && from_k < finger::kFineRows;
      put_relation(out, j, k,
                   known ? noisy_relation(random, relation_of(original, from_j, from_k)) : random_relation(random));
    }
  }
  return out;
}

std::pair<finger::Template, finger::Template> random_pair(Random& random) {
  const int kind = below(random, 16);
  const int rows = kind < 2 ? below(random, finger::kRows + 1) : finger::kRows;
  finger::Template probe = random_template(random, rows);
  if (kind == 2) return {probe, random_template(random, below(random, finger::kRows + 1))};
  if (kind == 3) return {probe, probe};
  finger::Template gallery = noisy_copy(random, probe, 0.35 * unit(random), below(random, finger::kRows + 1));
  return {std::move(probe), std::move(gallery)};
}

crypto::Key key_from(Random& random) {
  crypto::Key key;
  for (auto& byte : key.expose_mutable()) byte = static_cast<std::uint8_t>(random());
  return key;
}

std::array<StoredShare, kParties> split_from(Random& random, const finger::Template& whole) {
  const crypto::Key seed_0 = key_from(random);
  const crypto::Key seed_1 = key_from(random);
  return split_with(whole, seed_0, seed_1);
}

Status MemoryHub::send(int from, ByteView message) {
  const std::lock_guard lock(mutex_);
  if (closed_) return failure(ErrorCode::unavailable, "The partner went away");
  arrived_[static_cast<std::size_t>((from + 2) % kParties)].emplace(message.begin(), message.end());
  changed_.notify_all();
  return {};
}

Status MemoryHub::receive(int to, MutableByteView message) {
  std::unique_lock lock(mutex_);
  auto& queue = arrived_[static_cast<std::size_t>(to)];
  changed_.wait(lock, [&] { return closed_ || !queue.empty(); });
  if (queue.empty()) return failure(ErrorCode::unavailable, "The partner went away");
  const Bytes arrived = std::move(queue.front());
  queue.pop();
  if (arrived.size() != message.size()) return failure(ErrorCode::damaged, "The message has another length");
  std::copy(arrived.begin(), arrived.end(), message.begin());
  return {};
}

void MemoryHub::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

Status MemoryRing::exchange(ByteView to_previous, MutableByteView from_next) {
  if (fails_at == exchanges++) {
    hub_.close();
    return failure(ErrorCode::timeout, "The exchange that fails");
  }
  if (!to_previous.empty()) QORGAN_CHECK(hub_.send(party_, to_previous));
  if (!from_next.empty()) QORGAN_CHECK(hub_.receive(party_, from_next));
  if (!records) return {};
  received.insert(received.end(), from_next.begin(), from_next.end());
  lengths.push_back(to_previous.size());
  lengths.push_back(from_next.size());
  return {};
}

Custodians::Custodians(Random& random, const Kernel& kernel)
    : Custodians({key_from(random), key_from(random), key_from(random)}, kernel) {}

Custodians::Custodians(const std::array<crypto::Key, kParties>& keys, const Kernel& kernel)
    : rings_{MemoryRing(hub_, 0), MemoryRing(hub_, 1), MemoryRing(hub_, 2)} {
  for (int party = 0; party < kParties; ++party) {
    const auto own = static_cast<std::size_t>(party);
    matchers_.emplace_back(LaneKeys(party, keys[own], keys[(own + 1) % kParties], 0), rings_[own], kernel);
  }
}

std::array<Result<AcceptShares>, kParties> Custodians::run(const std::function<Result<AcceptShares>(int)>& step) {
  std::array<std::future<Result<AcceptShares>>, kParties> running;
  for (int party = 0; party < kParties; ++party) {
    running[static_cast<std::size_t>(party)] = std::async(std::launch::async, [this, &step, party] {
      auto result = step(party);
      if (!result) hub_.close();
      return result;
    });
  }
  for (auto& future : running) {
    if (future.wait_for(std::chrono::seconds(60)) == std::future_status::ready) continue;
    ADD_FAILURE() << "a custodian hangs";
    hub_.close();
  }
  return {running[0].get(), running[1].get(), running[2].get()};
}

SharedPeople::SharedPeople(Random& random, std::span<const ClearPerson> people) {
  for (auto& held : held_) {
    std::size_t pairs = 0;
    for (const ClearPerson& person : people) pairs += person.pairs.size();
    held.probes.reserve(pairs);
    held.galleries.reserve(pairs);
    held.relations.reserve(pairs);
    held.pairs.reserve(pairs);
  }
  for (const ClearPerson& person : people) {
    std::array<std::size_t, kParties> first{};
    for (std::size_t party = 0; party < kParties; ++party) first[party] = held_[party].pairs.size();
    for (const auto& [probe, gallery] : person.pairs) {
      const auto probe_shares = split_from(random, *probe);
      const auto gallery_shares = split_from(random, *gallery);
      for (std::size_t party = 0; party < kParties; ++party) {
        auto& held = held_[party];
        held.probes.emplace_back(probe_shares[party]);
        expand(gallery_shares[party], held.galleries.emplace_back());
        held.relations.emplace_back(gallery_shares[party]);
        held.pairs.push_back({&held.probes.back(), held.galleries.back().data(), &held.relations.back()});
      }
    }
    for (std::size_t party = 0; party < kParties; ++party) {
      const auto pairs = std::span(std::as_const(held_[party].pairs)).subspan(first[party], person.pairs.size());
      persons_[party].push_back({pairs, person.rows_matched_min, person.score_min});
    }
  }
}

std::vector<bool> expected_answers(std::span<const ClearPerson> people) {
  std::vector<bool> answers;
  for (const ClearPerson& person : people) {
    int score = 0;
    for (const auto& [probe, gallery] : person.pairs) score += sieve_score(*probe, *gallery);
    answers.push_back(score >= person.rows_matched_min);
  }
  return answers;
}

Result<AcceptShares> by_sieve(Matcher& matcher, std::span<const Person> persons) {
  return matcher.sieve(persons);
}

Result<AcceptShares> by_score(Matcher& matcher, std::span<const Person> persons) {
  return matcher.compare(persons);
}

Result<AcceptShares> by_search(Matcher& matcher, std::span<const Person> persons) {
  return matcher.search(persons, {2});
}

std::vector<bool> match_privately(Random& random, std::span<const ClearPerson> people, const Kernel& kernel,
                                  const Match& match) {
  const SharedPeople shared(random, people);
  Custodians custodians(random, kernel);
  auto results = custodians.run([&](int party) { return match(custodians.matcher(party), shared.of(party)); });
  std::array<AcceptShares, kParties> shares;
  for (std::size_t party = 0; party < kParties; ++party) {
    if (!results[party]) {
      ADD_FAILURE() << "custodian " << party << ": " << results[party].error().message();
      return {};
    }
    shares[party] = std::move(*results[party]);
  }
  const auto answers = reconstruct(shares);
  if (answers) return *answers;
  ADD_FAILURE() << answers.error().message();
  return {};
}

double chi_square_deviations(std::span<const std::uint32_t> counts) {
  const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const std::uint32_t count : counts) sum += (count - expected) * (count - expected) / expected;
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (sum - freedom) / std::sqrt(2 * freedom);
}

}  // namespace qorgan::mpc::test
