#include "custodian/refresher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "base/limits.h"
#include "crypto/random.h"
#include "custodian/fault.h"
#include "mpc/refresh.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

constexpr const char* kPlanNote = "refresh plan";
constexpr std::int64_t kDayMs = 86'400'000;

Deadline soon() {
  return Deadline::after_ms(limits::refresh_step_timeout_ms);
}

std::int64_t last_epoch(const Gallery& gallery) {
  std::int64_t last = 0;
  for (const Gallery::Person& person : gallery.everyone()) last = std::max(last, person->epoch);
  return last;
}

// Custodian 0's new shares, and what it has in common with its neighbours.
struct Made {
  std::vector<NewShares> shares;
  CommonDigests common;
};

Made make_shares(const std::vector<Gallery::Person>& people, const std::array<crypto::Key, 2>& pair_keys) {
  Made made;
  std::vector<mpc::StoredShare> all;
  for (const Gallery::Person& person : people) {
    NewShares shares{person->record_id, person->enrolled_seq, person->epoch + 1, {}, {}};
    for (const FingerShares& finger : *person->fingers) {
      const mpc::RefreshedFinger place{person->record_id, finger.position(), shares.epoch};
      const crypto::Key seed_0 = mpc::refreshed_seed(pair_keys[1], 0, place);
      const crypto::Key seed_1 = mpc::refreshed_seed(pair_keys[0], 1, place);
      shares.positions.push_back(finger.position());
      all.push_back(mpc::refreshed_seeds(seed_0, seed_1));
    }
    made.shares.push_back(std::move(shares));
  }
  made.common = common_digests(all);
  auto at = all.begin();
  for (NewShares& shares : made.shares)
    for (std::size_t i = 0; i < shares.positions.size(); ++i) shares.shares.push_back(std::move(*at++));
  return made;
}

}  // namespace

std::string RefreshPlan::text() const {
  const net::Json object = {{"epoch", epoch},   {"next", next}, {"last", last},
                            {"people", people}, {"done", done}, {"ended_ms", ended_ms}};
  return object.dump();
}

Result<RefreshPlan> parse_refresh_plan(std::string_view text) {
  RefreshPlan plan;
  QORGAN_TRY(const net::Json object, net::parse_json_object(text));
  QORGAN_TRY(plan.epoch, net::int_field(object, "epoch", 1, INT64_MAX));
  QORGAN_TRY(plan.next, net::int_field(object, "next", 1, INT64_MAX));
  QORGAN_TRY(plan.last, net::int_field(object, "last", 0, INT64_MAX));
  QORGAN_TRY(plan.people, net::int_field(object, "people", 0, INT64_MAX));
  QORGAN_TRY(plan.done, net::int_field(object, "done", 0, INT64_MAX));
  QORGAN_TRY(plan.ended_ms, net::int_field(object, "ended_ms", 0, INT64_MAX));
  return plan;
}

Result<std::unique_ptr<Refresher>> Refresher::start(Engine& engine, Peers& peers, Coordinator& coordinator, int days) {
  std::unique_ptr<Refresher> refresher(new Refresher(engine, peers, coordinator, days));
  QORGAN_TRY(const auto text, engine.find_note(kPlanNote));
  if (text) {
    QORGAN_TRY(refresher->plan_, parse_refresh_plan(*text));
  }
  refresher->thread_ = std::thread([&refresher = *refresher] { refresher.run(); });
  return refresher;
}

Refresher::~Refresher() {
  stop();
}

void Refresher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Status Refresher::begin() {
  const std::lock_guard lock(mutex_);
  if (plan_.is_under_way()) return {};
  RefreshPlan plan;
  // Also where this custodian has lost its memory of the last one.
  plan.epoch = std::max(plan_.epoch, last_epoch(engine_.gallery())) + 1;
  plan.next = 1;
  plan.last = engine_.applied_sequence();
  plan.people = static_cast<std::int64_t>(engine_.gallery().size().people);
  QORGAN_CHECK(engine_.put_note(kPlanNote, plan.text()));
  plan_ = plan;
  held_up_.reset();
  changed_.notify_all();
  return {};
}

Refresher::Progress Refresher::progress() const {
  const std::lock_guard lock(mutex_);
  return {plan_, held_up_};
}

bool Refresher::is_due() const {
  return days_ > 0 && !plan_.is_under_way() && unix_time_ms() - plan_.ended_ms >= days_ * kDayMs;
}

void Refresher::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    const int wait_ms = held_up_ ? limits::refresh_pause_ms : limits::refresh_due_interval_ms;
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                      [&] { return stopping_ || is_due() || (plan_.is_under_way() && !held_up_); });
    if (stopping_) return;
    const bool due = is_due();
    if (!due && !plan_.is_under_way()) continue;
    lock.unlock();
    const Status done = due ? begin() : step_guarded();
    lock.lock();
    if (!done && !held_up_ && !stopping_) spdlog::warn("a refresh is held up: {}", done.error().message());
    held_up_ = done ? std::nullopt : std::optional(done.error());
  }
}

// Memory or threads may run out at any line.
Status Refresher::step_guarded() {
  try {
    return step();
  } catch (const std::exception& error) {
    return failure(ErrorCode::busy, "this custodian is out of memory or threads", "custodian 0");
  }
}

Status Refresher::step() {
  RefreshPlan plan = progress().plan;
  return plan.next <= plan.last ? refresh_batch(plan) : end(plan);
}

Status Refresher::remember(const RefreshPlan& plan) {
  QORGAN_CHECK(engine_.put_note(kPlanNote, plan.text()));
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  return {};
}

Status Refresher::refresh_batch(RefreshPlan& plan) {
  RefreshBegin begin;
  begin.sequence = engine_.applied_sequence();
  QORGAN_TRY(const auto people, engine_.people_to_refresh(plan.next, plan.last, begin.sequence, soon()));
  if (people.empty()) {
    plan.next = plan.last + 1;
    return remember(plan);
  }
  crypto::fill_random(begin.refresh.id);
  begin.refresh.first = plan.next;
  begin.refresh.last = people.back()->enrolled_seq;
  begin.people = digest_of(people);
  const crypto::ExchangeKeyPair own = crypto::make_exchange_key_pair();
  begin.key = own.public_key;
  QORGAN_TRY(const auto pair_keys, exchange_keys(begin, own, soon()));
  Made made = make_shares(people, pair_keys);
  QORGAN_CHECK(stage_everywhere(begin.refresh, std::move(made.shares), made.common, soon()));
  fault_point("refresh.agreed");
  const Status decided = coordinator_.decide_refresh(begin.refresh, soon());
  // What is decided is done, though a custodian that is away hears of it later.
  if (!decided && decided.error().code != ErrorCode::timeout) return decided;
  plan.next = begin.refresh.last + 1;
  plan.done += static_cast<std::int64_t>(people.size());
  QORGAN_CHECK(remember(plan));
  return decided;
}

Result<std::array<crypto::Key, 2>> Refresher::exchange_keys(const RefreshBegin& begin,
                                                            const crypto::ExchangeKeyPair& own, Deadline deadline) {
  QORGAN_TRY(const auto answers, peers_.call_vote_both([&](int) { return refresh_begin_message(begin); }, deadline));
  std::array<crypto::Key, 2> keys;
  for (int custodian : {1, 2}) {
    const auto i = static_cast<std::size_t>(custodian - 1);
    QORGAN_TRY(const crypto::ExchangePublicKey other, read_refresh_key(answers[i]));
    QORGAN_TRY(keys[i], crypto::agree_key(own, other, true, exchange_context(custodian, begin.refresh)));
  }
  return keys;
}

// All three at the same time: each writes as much as the others.
Status Refresher::stage_everywhere(const Refresh& refresh, std::vector<NewShares> shares, const CommonDigests& common,
                                   Deadline deadline) {
  Status own;
  Result<std::array<net::Message, 2>> asked;
  {
    const std::jthread mine([&] { own = engine_.stage_refresh(refresh, std::move(shares)); });
    asked = peers_.call_vote_both(
        [&](int custodian) { return refresh_stage_message(refresh, custodian == 1 ? common.next : common.own); },
        deadline);
  }
  QORGAN_CHECK(own);
  QORGAN_TRY(const auto answers, std::move(asked));
  // A coordinator that was set back would give a number out a second time, and keep new shares that fit no other's.
  for (const net::Message& answer : answers) {
    QORGAN_TRY(const std::int64_t applied, net::int_field(answer.head, "sequence", 0, INT64_MAX));
    if (applied > engine_.applied_sequence())
      return failure(ErrorCode::damaged, "a custodian has applied decisions that the coordinator does not know of",
                     "custodian 0", "One was set back to an older copy; their operators must restore the newest");
  }
  return {};
}

Status Refresher::end(RefreshPlan& plan) {
  const auto told = peers_.call_both([&](int) { return refresh_end_message(plan.epoch); }, soon());
  if (!told) return tl::unexpected(told.error());
  QORGAN_CHECK(engine_.log_refresh(plan.epoch));
  plan.ended_ms = unix_time_ms();
  spdlog::info("the shares of {} people were refreshed, for the {}. time", plan.done, plan.epoch);
  return remember(plan);
}

}  // namespace qorgan::custodian
