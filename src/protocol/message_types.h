// The messages of docs/protocol.md by name. Every control message is a JSON object with "type", answered by one object
// with "type": "answer" or by an error.
#pragma once

namespace qorgan::protocol::type {

// From a desk to each custodian.
inline constexpr const char* submit = "submit";        // a request and this custodian's shares; answered at its end
inline constexpr const char* pseudonym = "pseudonym";  // one blinded element to evaluate
inline constexpr const char* lookup = "lookup";        // candidates' record ids, asked for obliviously
inline constexpr const char* progress = "progress";    // how far a search of this desk's is
inline constexpr const char* cancel = "cancel";        // ends a comparison of this desk's
inline constexpr const char* status = "status";

// Between custodians.
inline constexpr const char* agree = "agree";                    // the coordinator asks for a vote
inline constexpr const char* compare_shares = "compare_shares";  // two holders of one share check that it is the same
inline constexpr const char* open_lanes = "open_lanes";          // the coordinator starts a session of lanes
inline constexpr const char* snapshot = "snapshot";              // the coordinator fixes what a comparison runs over
inline constexpr const char* run = "run";                        // the comparison itself
inline constexpr const char* commit = "commit";                  // the decision on a change: yes
inline constexpr const char* release = "release";                // a comparison's decision: yes
inline constexpr const char* abort = "abort";                    // the decision: no
inline constexpr const char* outcome = "outcome";                // asked of the coordinator by one who missed it

inline constexpr const char* answer = "answer";

}  // namespace qorgan::protocol::type
