// Every limit of the program, with its reason. Nothing else in the tree defines one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qorgan::limits {

// --- images (finger) ---
// ISO/IEC 19794-4 readers lie between these; below, ridges (about 0.45 mm apart) span under 5 pixels.
inline constexpr int image_dpi_min = 250;
inline constexpr int image_dpi_max = 1000;
inline constexpr int image_dpi_default = 500;
// A four-finger slap at 1000 dpi is 3200 x 3000; more is not one finger, and would cost memory to decode.
inline constexpr int image_side_px_max = 4096;
inline constexpr int image_side_px_min = 64;
// An uncompressed image of that size with three channels, and some room for headers.
inline constexpr std::size_t image_file_bytes_max = std::size_t{64} << 20;
// The count byte of an ISO/IEC 19794-2:2005 finger view holds 255.
inline constexpr int minutiae_max = 255;
// Fewer give no cylinder that means anything (ISO/IEC 29794-4 takes 12 as poor).
inline constexpr int template_rows_used_min = 6;
// One record: 24-byte header, at most 16 views of at most 255 minutiae, extended data skipped.
inline constexpr std::size_t iso_record_bytes_max = 65535;

// --- templates and the private match (finger, mpc) ---
inline constexpr int template_rows = 32;
inline constexpr int template_width = 128;
inline constexpr std::size_t template_bytes = std::size_t{template_rows} * template_width;
inline constexpr int fingers_per_person_max = 10;
// Finger pairs a lane works on at once. Working memory is about 40 KiB a pair and custodian.
inline constexpr std::size_t match_batch_pairs_max = 256;

// --- messages (net) ---
inline constexpr std::uint16_t protocol_version = 1;
// The JSON head of a control message, and the bytes that follow it.
inline constexpr std::size_t message_head_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t message_body_bytes_max = std::size_t{4} << 20;
// The deepest nesting of any JSON that this program writes is 4.
inline constexpr int json_depth_max = 16;
// The largest frame of a lane: one batch's arithmetic shares, one byte a row pair.
inline constexpr std::size_t lane_frame_bytes_max = match_batch_pairs_max * template_rows * template_rows;
// One thread and about 100 KiB each.
inline constexpr int connections_max = 256;
inline constexpr int connect_timeout_ms = 3'000;
// A peer that has connected must finish the handshakes by then, so that idle sockets hold no thread for long.
inline constexpr int handshake_timeout_ms = 5'000;
// An idle control connection is closed after this.
inline constexpr int idle_timeout_ms = 120'000;
// A lane's partner that says nothing for this long in mid-match is taken for dead.
inline constexpr int lane_step_timeout_ms = 10'000;

// --- requests (custodian, desk) ---
// How far the clocks of a desk and a custodian may differ.
inline constexpr std::int64_t clock_skew_ms_max = 60'000;
// A request is refused when its desk made it longer ago than this.
inline constexpr std::int64_t request_age_ms_max = 300'000;
// How long answers are kept so that a repeated request gets the same one; must exceed request_age_ms_max.
inline constexpr std::int64_t request_kept_ms = 3'600'000;
inline constexpr int verify_timeout_ms = 15'000;
inline constexpr int identify_timeout_ms = 600'000;
// How long a custodian waits for its copy of a request that another custodian speaks of.
inline constexpr int agree_timeout_ms = 5'000;
inline constexpr std::size_t gallery_people_max = 1'000'000;
inline constexpr int candidates_max = 10;
inline constexpr int requests_waiting_max = 256;
// Evaluations of the pseudonym function a desk may ask for: the brake on guessing ID numbers.
inline constexpr int pseudonyms_per_minute_max = 600;

static_assert(request_kept_ms > request_age_ms_max + clock_skew_ms_max,
              "an answer must outlive the last moment at which its request can be repeated");
static_assert(template_rows % 16 == 0 && template_width % 64 == 0, "the SIMD kernels need whole vectors");
static_assert(lane_frame_bytes_max <= (std::size_t{1} << 24));

}  // namespace qorgan::limits
