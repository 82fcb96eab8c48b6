// The messages between custodians (docs/protocol.md, 2), made and read.
#pragma once

#include "custodian/engine.h"
#include "custodian/lane.h"
#include "net/message.h"
#include "protocol/message_types.h"

namespace qorgan::custodian {

net::Message plain_message(const char* type);
net::Message id_message(const char* type, const protocol::RequestId& id);
net::Message agree_message(const protocol::RequestId& id, const crypto::Digest& digest, const crypto::Digest& common,
                           std::int64_t sequence);
net::Message compare_shares_message(const protocol::RequestId& id, const crypto::Digest& digest,
                                    const crypto::Digest& common);
net::Message run_message(const protocol::RequestId& id, const LaneSession& session);
net::Message abort_message(const protocol::RequestId& id, const Error& reason);
net::Message snapshot_message(const protocol::RequestId& id, std::int64_t sequence, const LeaveOut& leave_out);
net::Message open_lanes_message(protocol::Kind kind, std::size_t lanes, const LaneSession& session);
net::Message expire_message(const protocol::Request& request);
net::Message commit_message(const store::Operation& operation);

// Whom a comparison leaves out, in a vote and in the question for a snapshot.
void put_leave_out(const LeaveOut& leave_out, net::Message& message);
Result<LeaveOut> read_leave_out(const net::Message& message);

// Answers.
net::Message vote_answer(std::int64_t sequence, const LeaveOut& leave_out);
net::Message snapshot_answer(const Engine::Snapshot& snapshot);
Result<Engine::Snapshot> read_snapshot(const net::Message& message);
net::Message decision_answer(const Engine::Decision& decision);
Result<Engine::Decision> read_decision(const net::Message& message);

Result<store::Operation> read_commit(const net::Message& message);
// The reason that an abort carries.
Error read_abort_reason(const net::Message& message);

}  // namespace qorgan::custodian
