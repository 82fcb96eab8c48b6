#include "custodian/comparison.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "custodian/fault.h"
#include "finger/decision.h"
#include "mpc/match.h"

namespace qorgan::custodian {
namespace {

struct Probe {
  int position = 0;
  mpc::PreparedProbe prepared;
};

std::vector<Probe> prepare_probes(const Engine::ComparisonInput& input) {
  std::vector<Probe> probes;
  for (std::size_t i = 0; i < input.shares.size(); ++i)
    probes.push_back({input.request.fingers[i], mpc::PreparedProbe(input.shares[i])});
  return probes;
}

// The people of one lane with their pairs: those fingers of the probe that the person has enrolled.
struct Part {
  std::vector<mpc::FingerPair> pairs;
  std::vector<mpc::Person> people;
};

struct Minima {
  int rows = 0;
  int score = 0;
};

// By the number of fingers compared.
std::vector<Minima> all_minima(protocol::Kind kind, std::size_t gallery_people) {
  std::vector<Minima> all;
  for (int fingers = 0; fingers <= limits::fingers_per_person_max; ++fingers) {
    const int score = kind == protocol::Kind::verify ? finger::verification_score_min(fingers)
                                                     : finger::identification_score_min(fingers, gallery_people);
    all.push_back({finger::survivor_rows_min(fingers), score});
  }
  return all;
}

Part make_part(std::span<const Gallery::Person> people, const std::vector<Probe>& probes, protocol::Kind kind,
               std::size_t gallery_people) {
  Part part;
  part.pairs.reserve(people.size() * probes.size());
  std::vector<std::size_t> counts;
  counts.reserve(people.size());
  for (const Gallery::Person& person : people) {
    const std::size_t before = part.pairs.size();
    for (const FingerShares& finger : *person->fingers)
      for (const Probe& probe : probes)
        if (probe.position == finger.position())
          part.pairs.push_back({&probe.prepared, finger.bytes().data(), &finger.relations()});
    counts.push_back(part.pairs.size() - before);
  }
  const std::vector<Minima> minima = all_minima(kind, gallery_people);
  part.people.reserve(people.size());
  std::size_t at = 0;
  for (const std::size_t count : counts) {
    part.people.push_back({std::span(part.pairs).subspan(at, count), minima[count].rows, minima[count].score});
    at += count;
  }
  return part;
}

// A search among few compares all by the score; among many, those who pass the sieve and some drawn by lot.
Result<mpc::AcceptShares> match(mpc::Matcher& matcher, const Part& part, protocol::Kind kind,
                                std::size_t gallery_people, const mpc::MatchOptions& options) {
  const std::size_t people_to_one_drawn = gallery_people / limits::survivors_by_lot;
  if (kind == protocol::Kind::verify || people_to_one_drawn < 2) return matcher.compare(part.people, options);
  const int lot_bits =
      std::min(static_cast<int>(std::bit_width(people_to_one_drawn)) - 1, limits::survivor_lot_bits_max);
  return matcher.search(part.people, {lot_bits}, options);
}

// Multiples of eight people, so that the parts' bits join byte by byte.
std::vector<std::span<const Gallery::Person>> cut(std::span<const Gallery::Person> people, std::size_t parts) {
  const std::size_t each = ((people.size() + parts - 1) / parts + 7) / 8 * 8;
  std::vector<std::span<const Gallery::Person>> cuts;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t from = std::min(i * each, people.size());
    cuts.push_back(people.subspan(from, std::min(each, people.size() - from)));
  }
  return cuts;
}

Status go_on(const std::stop_token& stop) {
  fault_point("run");
  do {
    if (stop.stop_requested()) return failure(ErrorCode::unavailable, "the comparison was told to stop");
  } while (fault_holds("run"));
  return {};
}

// The parts' answers one after the other, or the first error.
Result<mpc::AcceptShares> join(const std::vector<Result<mpc::AcceptShares>>& parts) {
  mpc::AcceptShares all;
  for (const Result<mpc::AcceptShares>& part : parts) {
    if (!part) return tl::unexpected(part.error());
    all.persons += part->persons;
    all.own.insert(all.own.end(), part->own.begin(), part->own.end());
    all.next.insert(all.next.end(), part->next.begin(), part->next.end());
  }
  return all;
}

std::uint64_t bytes_sent(const std::vector<Lane*>& lanes) {
  std::uint64_t sum = 0;
  for (const Lane* lane : lanes) sum += lane->bytes_sent();
  return sum;
}

}  // namespace

Status run_comparison(Engine& engine, const protocol::RequestId& id, const std::vector<Lane*>& lanes) {
  QORGAN_TRY(const Engine::ComparisonInput input, engine.take_comparison(id));
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t sent_before = bytes_sent(lanes);
  const std::vector<Probe> probes = prepare_probes(input);
  const auto cuts = cut(input.people, lanes.size());

  // Request, people, and how much is told of them: the three do not begin where they differ in any.
  std::array<std::uint8_t, 65> context{};
  std::copy(input.digest.begin(), input.digest.end(), context.begin());
  std::copy(input.order_digest.begin(), input.order_digest.end(), context.begin() + 32);
  context.back() = input.one_bit ? 1 : 0;

  Work work;
  std::vector<Result<mpc::AcceptShares>> results(lanes.size());
  std::vector<Part> parts;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    parts.push_back(make_part(cuts[i], probes, input.request.kind, input.people.size()));
    work.finger_pairs += parts.back().pairs.size();
  }
  input.progress->pairs_all = work.finger_pairs;
  // Wakes who waits for another custodian; who computes sees it after the batch.
  const std::stop_callback ender(input.stop, [&] {
    for (Lane* lane : lanes) lane->interrupt();
  });
  const auto run_part = [&](std::size_t i) {
    mpc::MatchOptions options;
    options.context = context;
    options.progress = [&input, counted = std::size_t{0}](std::size_t pairs_done) mutable {
      input.progress->pairs_done += pairs_done - std::exchange(counted, pairs_done);
      return go_on(input.stop);
    };
    results[i] = match(lanes[i]->matcher(), parts[i], input.request.kind, input.people.size(), options);
    // So that the lane's partners see at once that this end is gone.
    if (!results[i]) lanes[i]->interrupt();
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < lanes.size(); ++i) threads.emplace_back(run_part, i);
    run_part(0);
  }

  Result<mpc::AcceptShares> answer = join(results);
  // Its lane goes on with a step of its own: no other lane's keys have a part in it.
  if (answer && input.one_bit) answer = lanes.front()->matcher().any_accepted(*answer, context);
  // A lane that failed is spent, and its session with it.
  if (!answer) {
    for (Lane* lane : lanes) lane->close();
    return tl::unexpected(answer.error());
  }
  Bytes result = std::move(answer->own);
  result.insert(result.end(), answer->next.begin(), answer->next.end());
  work.bytes_sent = bytes_sent(lanes) - sent_before;
  work.duration_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count();
  return engine.store_result(id, std::move(result), input.people.size(), work);
}

}  // namespace qorgan::custodian
