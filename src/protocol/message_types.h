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
inline constexpr const char* explain = "explain";          // which rules allowed or refused a request of this desk's
inline constexpr const char* absence = "absence";          // a signed word that nothing is held on a pseudonym
inline constexpr const char* notice_part = "notice_part";  // the requests that one of them names
inline constexpr const char* notices = "notices";          // erasures that this desk's relying party is to hear of
inline constexpr const char* acknowledge = "acknowledge";  // of one of them

// Between custodians.
inline constexpr const char* agree = "agree";                    // the coordinator asks for a vote
inline constexpr const char* compare_shares = "compare_shares";  // two holders of one share check that it is the same
inline constexpr const char* open_lanes = "open_lanes";          // the coordinator starts a session of lanes
inline constexpr const char* snapshot = "snapshot";              // the coordinator fixes what a comparison runs over
inline constexpr const char* run = "run";                        // the comparison itself
inline constexpr const char* commit = "commit";                  // the decision on a change: yes
inline constexpr const char* release = "release";                // a comparison's decision: yes
inline constexpr const char* abort = "abort";                    // the decision: no
inline constexpr const char* expire = "expire";                  // the coordinator says that a record's time is over
// tlog-witness add-checkpoint, over this connection, and with it the entries that the other one's mirror lacks
inline constexpr const char* cosign = "cosign";
inline constexpr const char* refresh_begin = "refresh_begin";  // the coordinator agrees on keys for a batch of records
inline constexpr const char* refresh_stage = "refresh_stage";  // the coordinator asks for a yes to their new shares
inline constexpr const char* refresh_differences = "refresh_differences";  // custodians 2 and 1 exchange theirs
inline constexpr const char* refresh_end = "refresh_end";  // the coordinator says that everyone's are refreshed
// From a custodian that has lost its database or its log, to the two others.
inline constexpr const char* recover_begin = "recover_begin";  // says so: it is logged
inline constexpr const char* history = "history";              // decisions, records, and its own shares of them
inline constexpr const char* recover_key = "recover_key";      // its own part of the pseudonym key
inline constexpr const char* recover_log = "recover_log";      // its own log, from the mirror
inline constexpr const char* outcome = "outcome";              // asked of the coordinator by one who missed it

// From a custodian's operator to that custodian, under its own key.
inline constexpr const char* backup = "backup";                      // a copy of the database
inline constexpr const char* refresh = "refresh";                    // begins a refresh, at custodian 0
inline constexpr const char* refresh_progress = "refresh_progress";  // how far it is

inline constexpr const char* answer = "answer";

}  // namespace qorgan::protocol::type
