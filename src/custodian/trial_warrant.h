// Warrants for trials, by the keys that create_network() made.
#pragma once

#include <filesystem>
#include <string>

#include "protocol/network.h"

namespace qorgan::custodian {

// A whole warrant of the trial court in `folder` for so many searches of the first desk's relying party with the
// purpose `identification`, countersigned by officers of custodians 1 and 2, valid from an hour ago for a day; its uses
// are hidden until then, where that is not 0. Errors: those of the files.
Result<std::string> make_trial_warrant(const std::filesystem::path& folder, const protocol::Network& network,
                                       int searches_max, std::int64_t hidden_until_s = 0);

}  // namespace qorgan::custodian
