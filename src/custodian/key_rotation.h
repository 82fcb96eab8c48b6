// A custodian gets a new key within its network (protocol/rotation.h).
#pragma once

#include <filesystem>

#include "custodian/engine.h"
#include "protocol/rotation.h"

namespace qorgan::custodian {

struct RotationPlan {
  std::filesystem::path folder;        // of the custodian
  std::filesystem::path network_file;  // as it is now
  std::filesystem::path out;           // the network file with the new key; not there yet
  protocol::KeyKind kind = protocol::KeyKind::log;
};

// Makes the new key beside the present one (sign.key.next or tls.pem.next), has the custodian's policy signed by a new
// log key as well, and writes the network file that names it. The custodian goes on with the old key until it is
// started with that file. One custodian's key at a time: another one's must start from the file that this gives. Gives
// the network. Errors: those of load_network and load_custodian_keys; already_exists (the new file; a new key that no
// network file names yet); storage_full, unavailable.
Result<protocol::Network> rotate(const RotationPlan& plan);

// Puts the keys that the network file names in the place of the old ones, which stay beside them (sign.key.old,
// tls.pem.old). Nothing where they stand there. Errors: those of the files.
Status settle_keys(const std::filesystem::path& folder, const protocol::Network& network);

// Writes down for the log what the network file tells of this custodian's keys and the log does not yet.
Status log_rotations(Engine& engine, const protocol::Network& network);

}  // namespace qorgan::custodian
