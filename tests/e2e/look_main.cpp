// Looks into what custodians keep, for the privacy tests.
//   template FILE                  the template of a print, in hexadecimal
//   shares NETWORK FOLDER          custodian's records: the expanded shares of each finger, in hexadecimal, a line
//   each,
//                                  by record and finger
//   rebuild NETWORK FOLDER FOLDER  the templates that two custodians' files give together, in hexadecimal, a line each
//   opened NETWORK FOLDER OUT      what a custodian's database holds under its seals: the openings of its log entries
//                                  into OUT/openings, requests into OUT/requests, all else into OUT/rest
//   scan NEEDLES                   looks for the needles (needles.h) in the files that standard input names: a line for
//                                  each needle in each file, "LINE OFFSET FILE"
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "cli/command.h"
#include "crypto/random.h"
#include "custodian/files.h"
#include "finger/load.h"
#include "finger/make_template.h"
#include "mpc/shares.h"
#include "needles.h"
#include "store/store.h"

namespace {

using namespace qorgan;

struct Kept {
  int custodian = 0;
  // By record and finger.
  std::map<std::string, mpc::StoredShare> shares;
};

struct Opened {
  int custodian = 0;
  store::Store store;
};

Result<Opened> open(const std::string& network_file, const std::string& folder) {
  QORGAN_TRY(const protocol::Network network, protocol::load_network(network_file));
  QORGAN_TRY(custodian::CustodianKeys keys, custodian::load_custodian_keys(folder, network));
  store::Options options;
  options.path = std::filesystem::path(folder) / custodian::kDatabaseFile;
  options.custodian = keys.index;
  options.network_id = network.id();
  options.create = false;
  QORGAN_TRY(store::Store store, store::Store::open(options, std::move(keys.storage)));
  return Opened{keys.index, std::move(store)};
}

Result<Kept> load(const std::string& network_file, const std::string& folder) {
  QORGAN_TRY(Opened opened, open(network_file, folder));
  Kept kept{opened.custodian, {}};
  QORGAN_CHECK(opened.store.load_all([&](store::Record&& record) -> Status {
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

std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Status print_opened(const std::string& network, const std::string& folder, const std::string& out) {
  QORGAN_TRY(Opened opened, open(network, folder));
  store::Store& store = opened.store;
  std::ofstream openings(out + "/openings", std::ios::binary);
  std::ofstream asked(out + "/requests", std::ios::binary);
  std::ofstream rest(out + "/rest", std::ios::binary);
  QORGAN_CHECK(store.load_all([&](store::Record&& record) -> Status {
    rest << text_of(record.record_id) << text_of(record.pseudonym) << text_of(record.access_key)
         << text_of(record.view_key.expose()) << '\n';
    openings << record.terms_json << '\n';  // has the opening of the enrolment's entry
    for (const store::Finger& finger : record.fingers) rest << text_of(finger.share.expose()) << '\n';
    return {};
  }));
  for (const auto state : {store::RequestState::prepared, store::RequestState::agreed, store::RequestState::ran,
                           store::RequestState::committed, store::RequestState::aborted}) {
    QORGAN_TRY(const std::vector<store::RequestRow> requests, store.requests_in(state));
    for (const store::RequestRow& request : requests)
      asked << request.request_json << text_of(request.payload.expose()) << text_of(request.result.expose())
            << request.error_json << '\n';
  }
  QORGAN_TRY(const std::vector<store::NamedText> notes, store.notes_with_prefix(""));
  for (const store::NamedText& note : notes) rest << note.name << note.text << '\n';
  QORGAN_TRY(const std::vector<store::Entry> entries, store.entries_since(0, SIZE_MAX));
  for (const store::Entry& entry : entries) {
    rest << entry.leaf << '\n';
    openings << text_of(entry.opening.expose()) << '\n';
  }
  if (!rest.flush() || !asked.flush() || !openings.flush())
    return failure(ErrorCode::unavailable, "it cannot be written", out);
  return {};
}

Status print_found(const std::string& needles_file) {
  QORGAN_TRY(const e2e::Needles needles, e2e::Needles::load(needles_file));
  for (std::string path; std::getline(std::cin, path);) {
    QORGAN_TRY(const auto found, needles.find_in(path));
    for (const auto& [line, offset] : found) std::printf("%zu %zu %s\n", line, offset, path.c_str());
  }
  return {};
}

Status run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "template") return print_template(words[1]);
  if (words.size() == 3 && words[0] == "shares") return print_shares(words[1], words[2]);
  if (words.size() == 4 && words[0] == "rebuild") return print_rebuilt(words[1], words[2], words[3]);
  if (words.size() == 4 && words[0] == "opened") return print_opened(words[1], words[2], words[3]);
  if (words.size() == 2 && words[0] == "scan") return print_found(words[1]);
  return failure(ErrorCode::invalid_input, "not one of: template, shares, rebuild, opened, scan");
}

}  // namespace

int main(int argc, char** argv) {
  crypto::initialise();
  const Status done = run({argv + 1, argv + argc});
  return done ? 0 : cli::report({}, done.error());
}
