#include "mpc/match.h"

#include <algorithm>
#include <string>

#include "crypto/hash.h"
#include "mpc/any.h"
#include "mpc/fine.h"
#include "mpc/secret_words.h"
#include "mpc/similarity.h"
#include "mpc/survivors.h"
#include "mpc/threshold.h"

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
    if (person.score_min < 0 || person.score_min > score_never) {
      return failure(ErrorCode::invalid_input, "The score that a person must reach is " +
                                                   std::to_string(person.score_min) + ", outside 0.." +
                                                   std::to_string(score_never));
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

static_assert(limits::match_group_pairs_max * kRowBitsBytes * limits::sieve_rows / 2 <= limits::lane_frame_bytes_max);
static_assert(limits::match_group_pairs_max >= std::size_t{8} * limits::fingers_per_person_max);
static_assert(limits::match_group_people_max % 8 == 0 && limits::match_group_people_max > 0);

}  // namespace

class Matcher::State {
 public:
  State(LaneKeys keys, Ring& ring, const Kernel& kernel)
      : keys_(std::move(keys)),
        gates_(keys_, ring, kernel),
        signs_(gates_),
        fine_(signs_, gates_),
        tally_(gates_),
        dissimilar_own_(limits::match_group_pairs_max * kRowBitsBytes * limits::sieve_rows),
        dissimilar_next_(limits::match_group_pairs_max * kRowBitsBytes * limits::sieve_rows) {}

  Result<AcceptShares> sieve(std::span<const Person> persons, const MatchOptions& options) {
    return guarded(persons, [&] { return sieve_all(persons, as_bytes("qorgan/v1/match/sieve"), options); });
  }

  Result<AcceptShares> compare(std::span<const Person> persons, const MatchOptions& options) {
    pairs_done_ = 0;
    return guarded(persons, [&] { return compare_all(persons, options, Counting::yes); });
  }

  Result<AcceptShares> search(std::span<const Person> persons, const SurvivorOptions& survivors,
                              const MatchOptions& options) {
    return guarded(persons, [&] { return search_all(persons, survivors, options); });
  }

  Result<AcceptShares> any_accepted(const AcceptShares& answers, ByteView context) {
    const std::size_t size = (answers.persons + 7) / 8;
    QORGAN_ASSERT(answers.own.size() == size && answers.next.size() == size);
    return guarded({}, [&]() -> Result<AcceptShares> {
      keys_.begin_step();
      QORGAN_CHECK(agree(plan_of(as_bytes("qorgan/v1/match/any"), {}, answers.persons, context)));
      keys_.begin_step();
      AcceptShares any{1, Bytes(1), Bytes(1)};
      QORGAN_CHECK(any_of(gates_, {answers.own.data(), answers.next.data()}, answers.persons,
                          {any.own.data(), any.next.data()}));
      return any;
    });
  }

 private:
  // Runs a match; a lane on which one has failed runs no other.
  template <class Run>
  Result<AcceptShares> guarded(std::span<const Person> persons, const Run& run) {
    QORGAN_CHECK(check_persons(persons));
    if (spent_) {
      return failure(ErrorCode::unavailable, "A match on this lane has failed, and its keys must not be used again", {},
                     "Open a new session between the custodians");
    }
    spent_ = true;
    ended_together_ = false;
    Result<AcceptShares> done = run();
    spent_ = !done && !ended_together_;
    return done;
  }

  Result<AcceptShares> sieve_all(std::span<const Person> persons, ByteView kind, const MatchOptions& options) {
    AcceptShares out;
    out.persons = persons.size();
    out.own.reserve((persons.size() + 7) / 8);
    out.next.reserve((persons.size() + 7) / 8);
    pairs_done_ = 0;
    do {
      const auto group = take_group(persons);
      persons = persons.subspan(group.size());
      QORGAN_CHECK(sieve_group(group, kind, options, out));
    } while (!persons.empty());
    return out;
  }

  Status sieve_group(std::span<const Person> persons, ByteView kind, const MatchOptions& options, AcceptShares& out) {
    keys_.begin_step();
    QORGAN_CHECK(agree(plan_of(kind, persons, out.persons, options.context)));
    pairs_.clear();
    for (const Person& person : persons) pairs_.insert(pairs_.end(), person.pairs.begin(), person.pairs.end());
    const MutableSharedBits rows{dissimilar_own_.data(), dissimilar_next_.data()};
    for (std::size_t first = 0; first < pairs_.size(); first += limits::match_batch_pairs_max) {
      const std::size_t size = std::min(limits::match_batch_pairs_max, pairs_.size() - first);
      const auto batch = std::span(pairs_).subspan(first, size);
      keys_.begin_step();
      QORGAN_CHECK(
          dissimilar(signs_, gates_, batch, turn_++, rows.at(first * kRowBitsBytes), pairs_.size() * kRowBitsBytes));
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

  // Whether the pairs count for the progress; those of a search have counted already.
  enum class Counting { no, yes };

  Result<AcceptShares> compare_all(std::span<const Person> persons, const MatchOptions& options, Counting counting) {
    AcceptShares out;
    out.persons = persons.size();
    do {
      const auto group = take_group(persons);
      persons = persons.subspan(group.size());
      QORGAN_CHECK(compare_group(group, options, counting, out));
    } while (!persons.empty());
    return out;
  }

  Status compare_group(std::span<const Person> persons, const MatchOptions& options, Counting counting,
                       AcceptShares& out) {
    keys_.begin_step();
    QORGAN_CHECK(agree(plan_of(as_bytes("qorgan/v1/match/score"), persons, out.persons, options.context)));
    if (persons.empty()) return {};
    std::vector<FingerPair> pairs;
    for (const Person& person : persons) pairs.insert(pairs.end(), person.pairs.begin(), person.pairs.end());
    SecretWords scores(pairs.size());
    for (std::size_t first = 0; first < pairs.size(); first += kFineBatchPairsMax) {
      const std::size_t size = std::min(kFineBatchPairsMax, pairs.size() - first);
      keys_.begin_step();
      QORGAN_CHECK(fine_.add_scores(std::span(pairs).subspan(first, size), turn_, scores.all().subspan(first, size)));
      turn_ += 2;
      if (counting == Counting::yes) pairs_done_ += size;
      if (options.progress) QORGAN_CHECK(options.progress(pairs_done_));
    }
    SecretWords sums(persons.size());
    std::size_t at = 0;
    for (std::size_t p = 0; p < persons.size(); ++p) {
      const int threshold = keys_.party() == 0 ? persons[p].score_min : 0;
      sums[p] = static_cast<std::uint16_t>(-threshold);
      for (std::size_t i = 0; i < persons[p].pairs.size(); ++i)
        sums[p] = static_cast<std::uint16_t>(sums[p] + scores[at++]);
    }
    keys_.begin_step();
    const std::size_t before = out.own.size();
    out.own.resize(before + (persons.size() + 7) / 8);
    out.next.resize(out.own.size());
    return not_negative(gates_, sums.all(), {out.own.data() + before, out.next.data() + before});
  }

  Result<AcceptShares> search_all(std::span<const Person> persons, const SurvivorOptions& options,
                                  const MatchOptions& match) {
    const ByteView label = as_bytes("qorgan/v1/match/search");
    Bytes kind(label.begin(), label.end());
    append_u64(kind, static_cast<std::uint64_t>(options.lot_bits));
    append_u64(kind, options.people_max);
    QORGAN_TRY(AcceptShares found, sieve_all(persons, kind, match));
    keys_.begin_step();
    QORGAN_TRY(const auto survivors, open_survivors(gates_, found, options.lot_bits));
    if (survivors.size() > options.people_max) {
      ended_together_ = true;
      return failure(ErrorCode::low_quality, "The probe resembles too many people to be a print", {},
                     "Take the print again, or search with more fingers");
    }
    std::vector<Person> chosen;
    Bytes context(match.context.begin(), match.context.end());
    for (const std::size_t p : survivors) {
      chosen.push_back(persons[p]);
      append_u64(context, p);
    }
    MatchOptions fine = match;
    fine.context = context;
    QORGAN_TRY(const AcceptShares accepted, compare_all(chosen, fine, Counting::no));

    // Back to their places among all, zeros elsewhere; whoever was only drawn has not passed the sieve. The gate shares
    // every bit afresh, so that the desk cannot tell who went on.
    Bytes own(found.own.size());
    Bytes next(found.next.size());
    for (std::size_t i = 0; i < survivors.size(); ++i) {
      put_bit(own, survivors[i], accepted.own[i / 8] >> (i % 8));
      put_bit(next, survivors[i], accepted.next[i / 8] >> (i % 8));
    }
    keys_.begin_step();
    const MutableSharedBits passed{found.own.data(), found.next.data()};
    QORGAN_CHECK(gates_.and_into(passed, {own.data(), next.data()}, own.size(), passed));
    clear_unused(passed, persons.size());
    return found;
  }

  static void put_bit(Bytes& bits, std::size_t at, int bit) {
    bits[at / 8] = static_cast<std::uint8_t>(bits[at / 8] | (bit & 1) << (at % 8));
  }

  // What the three custodians must be about to do alike.
  Bytes plan_of(ByteView kind, std::span<const Person> group, std::size_t persons, ByteView context) const {
    Bytes plan(kind.begin(), kind.end());
    append_u64(plan, keys_.step());
    append_u64(plan, context.size());
    plan.insert(plan.end(), context.begin(), context.end());
    append_u64(plan, persons);
    append_u64(plan, group.size());
    for (const Person& person : group) {
      append_u16(plan, static_cast<std::uint16_t>(person.pairs.size()));
      append_u16(plan, static_cast<std::uint16_t>(person.rows_matched_min));
      append_u16(plan, static_cast<std::uint16_t>(person.score_min));
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
  SignBits signs_;
  FineScore fine_;
  Tally tally_;
  SecretBuffer dissimilar_own_;
  SecretBuffer dissimilar_next_;
  std::vector<FingerPair> pairs_;
  std::size_t pairs_done_ = 0;
  std::uint64_t turn_ = 0;
  bool spent_ = false;
  // The last match ended at the same step at all three custodians.
  bool ended_together_ = false;
};

Matcher::Matcher(LaneKeys keys, Ring& ring, const Kernel& kernel)
    : state_(std::make_unique<State>(std::move(keys), ring, kernel)) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

Result<AcceptShares> Matcher::sieve(std::span<const Person> persons, const MatchOptions& options) {
  return state_->sieve(persons, options);
}

Result<AcceptShares> Matcher::compare(std::span<const Person> persons, const MatchOptions& options) {
  return state_->compare(persons, options);
}

Result<AcceptShares> Matcher::search(std::span<const Person> persons, const SurvivorOptions& survivors,
                                     const MatchOptions& options) {
  return state_->search(persons, survivors, options);
}

Result<AcceptShares> Matcher::any_accepted(const AcceptShares& answers, ByteView context) {
  return state_->any_accepted(answers, context);
}

}  // namespace qorgan::mpc
