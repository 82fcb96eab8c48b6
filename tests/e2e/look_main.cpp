// Looks into what custodians keep, for the privacy tests.
//   template FILE                     the template of a print, in hexadecimal
//   shares NETWORK FOLDER             custodian's records: the expanded shares of each finger, in hexadecimal, a line
//   each rebuild NETWORK FOLDER FOLDER     the templates that two custodians' files give together, in hexadecimal, a
//   line each
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "cli/command.h"
#include "crypto/random.h"
#include "custodian/files.h"
#include "finger/load.h"
#include "finger/make_template.h"
#include "mpc/shares.h"
#include "store/store.h"

namespace {

using namespace qorgan;

struct Kept {
  int custodian = 0;
  // By record and finger.
  std::map<std::string, mpc::StoredShare> shares;
};

Result<Kept> load(const std::string& network_file, const std::string& folder) {
  QORGAN_TRY(const protocol::Network network, protocol::load_network(network_file));
  QORGAN_TRY(custodian::CustodianKeys keys, custodian::load_custodian_keys(folder, network));
  store::Options options;
  options.path = std::filesystem::path(folder) / custodian::kDatabaseFile;
  options.custodian = keys.index;
  options.network_id = network.id();
  options.create = false;
  QORGAN_TRY(store::Store store, store::Store::open(options, std::move(keys.storage)));
  Kept kept{keys.index, {}};
  QORGAN_CHECK(store.load_all([&](store::Record&& record) -> Status {
    for (const store::Finger& finger : record.fingers) {
      QORGAN_TRY(mpc::StoredShare share, mpc::parse_share(finger.share.expose(), kept.custodian));
      kept.shares.emplace(to_hex(record.record_id) + std::to_string(finger.position), std::move(share));
    }
    return {};
  }));
  return kept;
}

std::string hex_of(const finger::Template& whole) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(whole.cells.data()), whole.cells.size()});
}

Status print_template(const std::string& file) {
  QORGAN_TRY(const finger::Minutiae minutiae, finger::load_minutiae(file));
  QORGAN_TRY(const finger::Template whole, finger::make_template(minutiae));
  std::puts(hex_of(whole).c_str());
  return {};
}

Status print_shares(const std::string& network, const std::string& folder) {
  QORGAN_TRY(const Kept kept, load(network, folder));
  for (const auto& [name, share] : kept.shares) {
    std::array<std::uint8_t, mpc::kExpandedBytes> bytes{};
    mpc::expand(share, bytes);
    std::puts(to_hex(bytes).c_str());
  }
  return {};
}

Status print_rebuilt(const std::string& network, const std::string& first, const std::string& second) {
  QORGAN_TRY(const Kept a, load(network, first));
  QORGAN_TRY(const Kept b, load(network, second));
  for (const auto& [name, share] : a.shares) {
    const std::array<const mpc::StoredShare*, 2> two = {&share, &b.shares.at(name)};
    QORGAN_TRY(const finger::Template whole, mpc::rebuild(two));
    std::puts(hex_of(whole).c_str());
  }
  return {};
}

Status run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "template") return print_template(words[1]);
  if (words.size() == 3 && words[0] == "shares") return print_shares(words[1], words[2]);
  if (words.size() == 4 && words[0] == "rebuild") return print_rebuilt(words[1], words[2], words[3]);
  return failure(ErrorCode::invalid_input, "not one of: template, shares, rebuild");
}

}  // namespace

int main(int argc, char** argv) {
  crypto::initialise();
  const Status done = run({argv + 1, argv + argc});
  return done ? 0 : cli::report({}, done.error());
}
