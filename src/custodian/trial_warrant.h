// Warrants for trials, by the keys that create_network() made.
#pragma once

#include <filesystem>
#include <string>

#include "protocol/network.h"

namespace qorgan::custodian {

// A whole warrant of the trial court in `folder` for so many searches of the first desk's relying party with the
// purpose `identification`, countersigned by officers of custodians 1 and 2, valid from an hour ago for a day. Errors:
// those of the files.
Result<std::string> make_trial_warrant(const std::filesystem::path& folder, const protocol::Network& network,
                                       int searches_max);

}  // namespace qorgan::custodian
