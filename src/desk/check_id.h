// The id of the search for a first enrolment that goes before an enrolment.
#pragma once

#include "crypto/secret.h"
#include "protocol/request.h"

namespace qorgan::desk {

// Goes with its enrolment: the check that is repeated with it, also by a desk that was started anew, gives the answer
// that it gave before, and does not find whom the first try has enrolled. Both ids are public: made with HMAC-SHA-256
// under the desk's secret, so that nobody else can tell which check was which enrolment's. Its time is up to a second
// earlier than the enrolment's.
protocol::RequestId check_id_of(const crypto::Key& desk_secret, const protocol::RequestId& enrolment);

}  // namespace qorgan::desk
