// A custodian's history as it travels to one who has lost its own: decisions, and what became of each enrolment. Of
// every finger it carries ONE share, which the one who asks must have and has lost; from each of the two others it gets
// another one.
#pragma once

#include "net/message.h"
#include "store/store.h"

namespace qorgan::custodian {

// Which of its two shares custodian `holder` gives to custodian `asker`: the one that both of them hold. Anything more
// would let the asker rebuild templates.
enum class SharePart { own, next };
SharePart part_for(int asker, int holder);

// Turns whole records into what `asker` is given of them: each finger's share (mpc::serialise) becomes the one part's
// stored bytes, and the opening of the holder's own entry goes out of its terms. Errors: damaged.
Status keep_part_only(store::History& history, int asker, int holder);

// Decisions in order, their enrolments' records or tombstones with them; no more than fit a message. The body is
// secret: whoever has used it wipes it.
net::Message history_answer(const store::History& history, std::int64_t applied);
// `after`: the sequence number before the first decision. Errors: damaged.
Result<store::History> read_history(const net::Message& message, std::int64_t after);

// What the previous and the next custodian gave to custodian `asker`, up to where the shorter of the two ends: its
// records with whole shares. Of their terms, which each custodian writes by its own clock, the ones that end earlier.
// Errors: damaged, saying in what the two do not agree.
Result<store::History> join_histories(store::History from_previous, store::History from_next, int asker);

}  // namespace qorgan::custodian
