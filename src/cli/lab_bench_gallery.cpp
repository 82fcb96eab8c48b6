#include "cli/lab_bench_gallery.h"

#include <algorithm>
#include <array>
#include <thread>

#include "cli/command.h"
#include "crypto/random.h"
#include "custodian/files.h"
#include "custodian/terms.h"
#include "lab/synthetic_trial.h"
#include "mpc/shares.h"
#include "store/store.h"

namespace qorgan::cli {
namespace {

constexpr int kPosition = static_cast<int>(finger::Position::right_index);
constexpr std::size_t kPoolPeople = 2000;
// Keeps the pool's people apart from those who are planted.
constexpr std::size_t kPoolBegins = 10'000'000;

int threads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Result<std::vector<store::Store>> open_stores(const LocalNetwork& network) {
  QORGAN_TRY(const protocol::Network file, protocol::load_network(network.network_file()));
  std::vector<store::Store> stores;
  for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) {
    QORGAN_TRY(const custodian::CustodianKeys keys,
               custodian::load_custodian_keys(network.custodian_folder(custodian), file));
    store::Options options;
    options.path = network.custodian_folder(custodian) / custodian::kDatabaseFile;
    options.custodian = custodian;
    options.network_id = file.id();
    QORGAN_TRY(store::Store store, store::Store::open(options, keys.storage.clone()));
    stores.push_back(std::move(store));
  }
  return stores;
}

using Records = std::array<store::Record, protocol::kCustodians>;

Records records_of(std::size_t number, const lab::ProbePerson& fingers) {
  store::Pseudonym pseudonym{};
  crypto::fill_random(pseudonym);
  crypto::SignPublicKey access_key{};
  crypto::fill_random(access_key);
  const crypto::Key view_key = crypto::random_key();
  custodian::Terms terms;
  terms.party = "bench";
  terms.purpose = "enrolment";
  Records records;
  for (store::Record& record : records) {
    record.record_id = record_id_of(number);
    record.pseudonym = pseudonym;
    record.access_key = access_key;
    record.view_key = view_key.clone();
    record.terms_json = terms.text();
  }
  for (std::size_t finger = 0; finger < fingers.size(); ++finger) {
    const auto shares = mpc::split(fingers[finger]);
    for (std::size_t c = 0; c < records.size(); ++c)
      records[c].fingers.push_back({kPosition + static_cast<int>(finger), mpc::serialise(shares[c])});
  }
  return records;
}

}  // namespace

Result<std::vector<desk::Print>> prints_of_person(const BenchOptions& options, std::size_t person, int impression) {
  QORGAN_TRY(const lab::ProbePerson fingers,
             lab::artificial_person(options.seed, person, kPosition, options.fingers, impression));
  std::vector<desk::Print> prints;
  for (std::size_t i = 0; i < fingers.size(); ++i)
    prints.push_back({static_cast<finger::Position>(kPosition + static_cast<int>(i)), fingers[i]});
  return prints;
}

protocol::RecordId record_id_of(std::size_t person) {
  protocol::RecordId id{};
  for (std::size_t i = 0; i < sizeof person; ++i) id[i] = static_cast<std::uint8_t>(person >> (8 * i));
  id[15] = 1;
  return id;
}

Result<GalleryMaker> GalleryMaker::make(const BenchOptions& options, std::size_t planted) {
  GalleryMaker maker(options, planted);
  std::vector<Result<lab::ProbePerson>> people(kPoolPeople);
  lab::for_each_index(kPoolPeople, threads(), [&](std::size_t i) {
    people[i] = lab::artificial_person(options.seed, kPoolBegins + i, kPosition, options.fingers, 0);
  });
  for (const auto& person : people) {
    if (!person) return tl::unexpected(person.error());
    maker.pool_.insert(maker.pool_.end(), person->begin(), person->end());
  }
  return maker;
}

Result<lab::ProbePerson> GalleryMaker::person(std::size_t number) const {
  if (number < planted_) return lab::artificial_person(options_.seed, number, kPosition, options_.fingers, 0);
  // Each time through the pool the second finger comes from further away, so that no two people are alike.
  const auto fingers = static_cast<std::size_t>(options_.fingers);
  const std::size_t first = number * fingers;
  const std::size_t round = first / pool_.size();
  lab::ProbePerson person;
  for (std::size_t finger = 0; finger < fingers; ++finger)
    person.push_back(pool_[(first + finger * (2 * round + 1)) % pool_.size()]);
  return person;
}

Status fill(const LocalNetwork& network, const GalleryMaker& maker, std::size_t from, std::size_t to) {
  QORGAN_TRY(std::vector<store::Store> stores, open_stores(network));
  constexpr std::size_t kBatch = 1000;
  Progress progress("making the gallery", to - from);
  for (std::size_t first = from; first < to; first += kBatch) {
    const std::size_t count = std::min(kBatch, to - first);
    std::vector<Records> made(count);
    std::vector<Status> ends(count);
    lab::for_each_index(count, threads(), [&](std::size_t i) {
      const auto person = maker.person(first + i);
      if (person) {
        made[i] = records_of(first + i, *person);
      } else {
        ends[i] = tl::unexpected(person.error());
      }
    });
    for (const Status& end : ends) QORGAN_CHECK(end);
    std::array<Status, protocol::kCustodians> stored;
    lab::for_each_index(stores.size(), threads(), [&](std::size_t c) {
      std::vector<store::Record> records;
      for (Records& of_person : made) records.push_back(std::move(of_person[c]));
      stored[c] = stores[c].apply_enrols(records, unix_time_ms());
    });
    for (const Status& end : stored) QORGAN_CHECK(end);
    progress.advance(count);
  }
  return {};
}

}  // namespace qorgan::cli
