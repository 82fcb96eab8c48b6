#include "mpc/match.h"

#include <algorithm>
#include <string>

#include "crypto/hash.h"
#include "mpc/similarity.h"

namespace qorgan::mpc {
namespace {

Status check_persons(std::span<const Person> persons) {
  for (const Person& person : persons) {
    if (person.pairs.size() > limits::fingers_per_person_max) {
      return failure(ErrorCode::invalid_input, "A person has " + std::to_string(person.pairs.size()) +
                                                   " fingers to compare, more than " +
                                                   std::to_string(limits::fingers_per_person_max));
    }
    if (person.rows_matched_min < 0 || person.rows_matched_min > rows_matched_never) {
      return failure(ErrorCode::invalid_input, "The number of rows that must match is " +
                                                   std::to_string(person.rows_matched_min) + ", outside 0.." +
                                                   std::to_string(rows_matched_never));
    }
  }
  return {};
}

std::size_t count_pairs(std::span<const Person> persons) {
  std::size_t pairs = 0;
  for (const Person& person : persons) pairs += person.pairs.size();
  return pairs;
}

// The persons that are decided together: as many as fit, in eights so that their answers fill whole bytes.
std::span<const Person> take_group(std::span<const Person> persons) {
  constexpr std::size_t kStep = 8;
  std::size_t taken = 0;
  std::size_t pairs = 0;
  while (taken < persons.size()) {
    const auto more = persons.subspan(taken, std::min(kStep, persons.size() - taken));
    pairs += count_pairs(more);
    if (pairs > limits::match_group_pairs_max || taken + more.size() > limits::match_group_people_max) break;
    taken += more.size();
  }
  return persons.first(taken);
}

static_assert(limits::match_group_pairs_max * kRowBitsBytes * limits::template_rows / 2 <=
              limits::lane_frame_bytes_max);
static_assert(limits::match_group_pairs_max >= std::size_t{8} * limits::fingers_per_person_max);
static_assert(limits::match_group_people_max % 8 == 0 && limits::match_group_people_max > 0);

}  // namespace

class CoarseMatcher::State {
 public:
  State(LaneKeys keys, Ring& ring, const Kernel& kernel)
      : keys_(std::move(keys)),
        gates_(keys_, ring, kernel),
        similarity_(gates_),
        tally_(gates_),
        dissimilar_own_(limits::match_group_pairs_max * kRowBitsBytes * limits::template_rows),
        dissimilar_next_(limits::match_group_pairs_max * kRowBitsBytes * limits::template_rows) {}

  Result<AcceptShares> match(std::span<const Person> persons, const MatchOptions& options) {
    QORGAN_CHECK(check_persons(persons));
    if (spent_) {
      return failure(ErrorCode::unavailable, "A match on this lane has failed, and its keys must not be used again", {},
                     "Open a new session between the custodians");
    }
    spent_ = true;
    AcceptShares out;
    out.persons = persons.size();
    out.own.reserve((persons.size() + 7) / 8);
    out.next.reserve((persons.size() + 7) / 8);
    pairs_done_ = 0;
    do {
      const auto group = take_group(persons);
      persons = persons.subspan(group.size());
      QORGAN_CHECK(match_group(group, options, out));
    } while (!persons.empty());
    spent_ = false;
    return out;
  }

 private:
  Status match_group(std::span<const Person> persons, const MatchOptions& options, AcceptShares& out) {
    keys_.begin_step();
    QORGAN_CHECK(agree(plan_of(persons, out.persons, options.context)));
    pairs_.clear();
    for (const Person& person : persons) pairs_.insert(pairs_.end(), person.pairs.begin(), person.pairs.end());
    const MutableSharedBits rows{dissimilar_own_.data(), dissimilar_next_.data()};
    for (std::size_t first = 0; first < pairs_.size(); first += limits::match_batch_pairs_max) {
      const std::size_t size = std::min(limits::match_batch_pairs_max, pairs_.size() - first);
      const auto batch = std::span(pairs_).subspan(first, size);
      keys_.begin_step();
      QORGAN_CHECK(
          similarity_.dissimilar(batch, turn_++, rows.at(first * kRowBitsBytes), pairs_.size() * kRowBitsBytes));
      pairs_done_ += size;
      if (options.progress) QORGAN_CHECK(options.progress(pairs_done_));
    }
    keys_.begin_step();
    if (!pairs_.empty()) QORGAN_CHECK(all_over_gallery_rows(gates_, rows, pairs_.size()));
    const std::size_t before = out.own.size();
    out.own.resize(before + (persons.size() + 7) / 8);
    out.next.resize(out.own.size());
    return tally_.decide(persons, rows, {out.own.data() + before, out.next.data() + before});
  }

  // What the three custodians must be about to do alike.
  Bytes plan_of(std::span<const Person> group, std::size_t persons, ByteView context) const {
    const ByteView label = as_bytes("qorgan/v1/match");
    Bytes plan(label.begin(), label.end());
    append_u64(plan, keys_.step());
    append_u64(plan, context.size());
    plan.insert(plan.end(), context.begin(), context.end());
    append_u64(plan, persons);
    append_u64(plan, group.size());
    for (const Person& person : group) {
      append_u16(plan, static_cast<std::uint16_t>(person.pairs.size()));
      append_u16(plan, static_cast<std::uint16_t>(person.rows_matched_min));
    }
    return plan;
  }

  // Each custodian shows the one before it that it is at the same step with the same key and plan; in a second round,
  // that the one after it has shown the same. A third round is not needed: two agreeing pairs of three are all.
  Status agree(ByteView plan) {
    constexpr int kRounds = 2;
    for (int round = 0; round < kRounds; ++round) {
      const crypto::Digest sent = confirmation(keys_.own(), plan);
      const crypto::Digest expected = confirmation(keys_.next(), plan);
      crypto::Digest received{};
      QORGAN_CHECK(gates_.ring().exchange(sent, received));
      if (crypto::equal_constant_time(received, expected)) continue;
      return failure(ErrorCode::damaged, "The custodians are out of step, or were asked different things",
                     "custodian " + std::to_string((keys_.party() + 1) % kParties),
                     "Open a new session between the custodians and ask again");
    }
    return {};
  }

  static crypto::Digest confirmation(crypto::Keystream& stream, ByteView plan) {
    crypto::Key key;
    stream.fill(key.expose_mutable());
    return crypto::hmac_sha256(key.expose(), plan);
  }

  LaneKeys keys_;
  Gates gates_;
  Similarity similarity_;
  Tally tally_;
  SecretBuffer dissimilar_own_;
  SecretBuffer dissimilar_next_;
  std::vector<FingerPair> pairs_;
  std::size_t pairs_done_ = 0;
  std::uint64_t turn_ = 0;
  bool spent_ = false;
};

CoarseMatcher::CoarseMatcher(LaneKeys keys, Ring& ring, const Kernel& kernel)
    : state_(std::make_unique<State>(std::move(keys), ring, kernel)) {}
CoarseMatcher::~CoarseMatcher() = default;
CoarseMatcher::CoarseMatcher(CoarseMatcher&&) noexcept = default;
CoarseMatcher& CoarseMatcher::operator=(CoarseMatcher&&) noexcept = default;

Result<AcceptShares> CoarseMatcher::match(std::span<const Person> persons, const MatchOptions& options) {
  return state_->match(persons, options);
}

}  // namespace qorgan::mpc
