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
// The same slap at 500 dpi, to which every print is brought before its minutiae are sought: 104 mm. Without it a
// picture of 4096 x 4096 at 250 dpi would take 1.4 GB and 4 s.
inline constexpr int print_side_px_max = 2048;
// An uncompressed image of that size with three channels, and some room for headers.
inline constexpr std::size_t image_file_bytes_max = std::size_t{64} << 20;
// The count byte of an ISO/IEC 19794-2:2005 finger view holds 255.
inline constexpr int minutiae_max = 255;
// Minutiae as text: well above minutiae_max lines of 40 characters.
inline constexpr std::size_t minutiae_text_bytes_max = std::size_t{256} << 10;
// Fewer give no cylinder that means anything (ISO/IEC 29794-4 takes 12 as poor).
inline constexpr int template_rows_used_min = 6;
// The best minutiae that a template is made from. Taking all let the worst ones, often false, move the convex hull.
inline constexpr int cylinder_minutiae_max = 60;
// One record: 24-byte header, at most 16 views of at most 255 minutiae, extended data skipped.
inline constexpr std::size_t iso_record_bytes_max = 65535;
// Ten fingers and some of them twice.
inline constexpr int iso_views_max = 16;
// Eight times as many as there are cells: enough for their covariance to mean something.
inline constexpr std::size_t learn_cylinders_min = 2500;
// 312 means, 124 x 312 weights and a head of a few lines are 40 KiB.
inline constexpr std::size_t projection_file_bytes_max = std::size_t{64} << 10;
// Names a few dozen folders.
inline constexpr std::size_t projection_command_bytes_max = 2000;

// --- artificial prints (finger/synth) ---
// With ten fingers each, about 15 GB of pictures; larger galleries are made of minutiae without pictures.
inline constexpr int synth_people_max = 20'000;
// More of one finger tell nothing new: false non-match rates are limited by the number of fingers.
inline constexpr int synth_impressions_max = 100;

// --- measurements (lab) ---
// A set of 800 prints compared with one another: 320,000 lines of some 25 bytes.
inline constexpr std::size_t score_file_bytes_max = std::size_t{16} << 20;

// --- templates and the private match (finger, mpc) ---
inline constexpr int template_rows = 32;
inline constexpr int template_width = 128;
inline constexpr std::size_t template_bytes = std::size_t{template_rows} * template_width;
// Gallery rows that the sieve of a search looks at, of everybody. Half of the rows cost less than 0.1 % more misses in
// all (docs/accuracy.md), and halve the time and the traffic.
inline constexpr int sieve_rows = 16;
// Rows that the fine score looks at. 20, 24, 28 and 32 were equally accurate on seven real sets (docs/accuracy.md);
// each row more costs memory at every custodian.
inline constexpr int fine_rows = 24;
inline constexpr int fine_row_pairs = fine_rows * (fine_rows - 1) / 2;
// A distance and two bearings for each of them.
inline constexpr std::size_t relation_bytes = std::size_t{3} * fine_row_pairs;
// All that is split: 9.0 KiB of memory a finger and custodian, the coarse part in two shares, the relations in one.
inline constexpr std::size_t share_bytes = template_bytes + relation_bytes;
inline constexpr int fingers_per_person_max = 10;
// Finger pairs a lane works on at once: 2.4 KiB each at a custodian, so that a batch about fits a second-level cache.
inline constexpr std::size_t match_batch_pairs_max = 512;
// Pairs and people that are decided together after their batches, so that the 20 exchanges of a decision are shared by
// 16 batches. 1 MiB a lane; the largest message is then no larger than a batch's.
inline constexpr std::size_t match_group_pairs_max = 8192;
inline constexpr std::size_t match_group_people_max = 8192;

// People of one lane's search who are compared by the fine score, 0.2 ms each with two fingers at three custodians on
// two cores: a search then takes at most a few seconds longer. More than ten times as many
// as are expected in a gallery of a million.
inline constexpr std::size_t survivors_max = 4096;
// How many people a search opens by lot at least, on average, so that those opened for their similarity hide among
// them; and one in 2^9 in a large gallery, three times as many as are similar.
inline constexpr std::size_t survivors_by_lot = 32;
inline constexpr int survivor_lot_bits_max = 9;

// --- messages (net) ---
inline constexpr std::uint16_t protocol_version = 1;
// The JSON head of a control message, and the bytes that follow it.
inline constexpr std::size_t message_head_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t message_body_bytes_max = std::size_t{4} << 20;
// The deepest nesting of any JSON that this program writes is 4.
inline constexpr int json_depth_max = 16;
// The largest message of a batch of a lane: nine bits for each row pair. (The lot of a search over millions is larger.)
inline constexpr std::size_t lane_frame_bytes_max = match_batch_pairs_max * template_rows * sieve_rows * 9 / 8;
// One thread and about 100 KiB each: 50 MiB in all.
inline constexpr int connections_max = 512;
// TCP asks a silent connection's other end after so long, then so many times at that interval: a machine that lost its
// power, or a firewall that forgot the connection, is noticed within a minute instead of at the next use.
inline constexpr int keepalive_idle_s = 30;
inline constexpr int keepalive_interval_s = 10;
inline constexpr int keepalive_probes = 3;
inline constexpr int connect_timeout_ms = 3'000;
// A peer that has connected must finish the handshakes by then, so that idle sockets hold no thread for long.
inline constexpr int handshake_timeout_ms = 5'000;
// An idle control connection is closed after this.
inline constexpr int idle_timeout_ms = 120'000;
// A list of a million bytes of "0," would cost half a million values of 16 bytes; no message of this program needs
// more.
inline constexpr std::size_t json_values_max = 100'000;
// A hello is some 200 bytes, and an error in its place three texts of error_text_bytes_max, quotes in them doubled.
inline constexpr std::size_t hello_bytes_max = 8192;
// Each of an error's three texts on the wire: some lines on a terminal.
inline constexpr std::size_t error_text_bytes_max = 1024;
// Once its first byte is there, a control message must be there in full by then: 5 MiB at 2 Mbit/s.
inline constexpr int message_timeout_ms = 20'000;
// Peers in the middle of their handshakes. Another one takes the place of the oldest, so that silent sockets, however
// many, never keep out a peer that finishes within milliseconds.
inline constexpr int handshakes_max = 64;
// How long a refused peer is given to read why: a few round trips around the world.
inline constexpr int refusal_linger_ms = 1'000;
// How long accepting rests when the process has no file descriptor left.
inline constexpr int accept_pause_ms = 100;
// Connections of one client to one custodian: a search of minutes must not hold up verifications of milliseconds.
inline constexpr int client_connections_max = 4;
// Name lookups that have not ended yet, a thread each; a resolver that hangs answers within half a minute.
inline constexpr int name_lookups_max = 16;
// TLS keys are renewed after this many records. RFC 8446, 5.5, allows 2^24.5 under one AES-GCM key.
inline constexpr std::uint64_t tls_key_records_max = std::uint64_t{1} << 22;
// A P-256 key and its certificate are about 800 bytes in PEM.
inline constexpr std::size_t identity_file_bytes_max = std::size_t{16} << 10;
// A lane's partner that says nothing for this long in mid-match is taken for dead.
inline constexpr int lane_step_timeout_ms = 10'000;

// --- custodians among themselves (custodian) ---
// Lanes for searches, besides the one for verifications; the network file may say otherwise. With three custodians on
// two cores a second search lane computes while the first one waits; a custodian with cores of its own wants as many as
// it has.
inline constexpr int search_lanes_default = 2;
inline constexpr int search_lanes_max = 12;
// How often the coordinator looks after a custodian that it has nothing to tell.
inline constexpr int replicate_interval_ms = 500;
// Decisions read from the store at once when a custodian catches up.
inline constexpr std::size_t operations_per_turn = 256;
// How often a custodian looks for requests whose decision it missed, and after how long it asks: longer than the
// coordinator needs when nothing is wrong, so that asking stays rare.
inline constexpr int resolve_interval_ms = 500;
inline constexpr std::int64_t undecided_after_ms = 2'000;

// Names that one limit of questions a minute is kept for: some 2 MB. Ten thousand subjects asked about within a second,
// or as many addresses that ask within half of one, are no service counters.
inline constexpr std::size_t rate_names_max = 10'000;
// How often, once there are so many, those are looked for that need no longer be kept.
inline constexpr int rate_drop_interval_ms = 100;

// What is written down for the log and cannot be put there (a full disk) is tried again after this.
inline constexpr int recorder_pause_ms = 200;
// Why a log stands still, in words: two other custodians' reasons, with names.
inline constexpr std::size_t log_trouble_bytes_max = 8'192;
// The recorder is woken by what it waits for; this only bounds how long it takes to stop.
inline constexpr int recorder_wait_ms = 500;
// A log that takes longer to make an entry durable has failed.
inline constexpr int recorder_append_timeout_ms = 30'000;
// How often custodians look for records whose time is over and for hidden entries to open: terms are counted in days.
inline constexpr int retention_interval_ms = 2'000;
// An expiry that a custodian refuses (its clock or its copy of the terms differs) is proposed again after an hour.
inline constexpr int retention_retry_ms = 3'600'000;

// Entries of a log that are sent at once to those who mirror it, or history to one who is being recovered: half of a
// message's body, so that the last item, however large, and a checkpoint with its proof find room as well.
inline constexpr std::size_t keeping_bytes_per_turn = message_body_bytes_max / 2;
// Operations of a history that are sent at once: some 400 bytes each with the two seeds of a finger.
inline constexpr std::size_t history_operations_per_turn = 2'048;
// Read under the engine's lock at once: some milliseconds.
inline constexpr std::size_t history_operations_per_lock = 64;
// Entries of a mirror after which it is made durable: some fsyncs each, and what a crash loses is asked for anew.
inline constexpr std::uint64_t mirror_sync_entries = 4'096;
// How much one log's mirror may grow: a burst of 8 GiB, which is all of a log of 20 million entries, or two hours at
// 3,000 entries of 400 bytes a second; and then as much again a day, 250 such entries a second day and night. So
// whoever has a custodian's key fills another one's disk no faster than its operator looks at it.
inline constexpr std::uint64_t mirror_burst_bytes_max = std::uint64_t{8} << 30;
inline constexpr std::uint64_t mirror_day_bytes_max = std::uint64_t{8} << 30;
// No mirror takes the last of a disk, which the custodian's own database and log need: a twentieth, 1 GiB at most.
inline constexpr std::uint64_t mirror_disk_part_left = 20;
inline constexpr std::uint64_t mirror_free_bytes_left = std::uint64_t{1} << 30;
// How long a custodian waits until its word about another's recovery is published: its log needs the third one.
inline constexpr int recovery_begin_timeout_ms = 15'000;
// How long one who is being recovered waits for the two others to have applied the same decisions.
inline constexpr int recovery_agree_timeout_ms = 15'000;
// How often a custodian may begin a recovery of another id, each of which stays in the helpers' logs for ever: an
// operator who tries again after a lost connection.
inline constexpr int recoveries_per_minute_max = 30;
// A copy of a million people's records, 10 GB, at 20 MB/s.
inline constexpr int backup_timeout_ms = 600'000;
// A path on the command line of an operator (PATH_MAX of Linux).
inline constexpr std::size_t path_bytes_max = 4096;

// Fingers whose shares are refreshed together, 4.8 KiB each: their differences fit in one message, and what they hold
// up stays below a second.
inline constexpr std::size_t refresh_fingers_max = 400;
static_assert(refresh_fingers_max * share_bytes <= message_body_bytes_max);
// How long a step of one such batch may take; a custodian that needs longer has failed.
inline constexpr int refresh_step_timeout_ms = 20'000;
// A refresh that a custodian's absence holds up is tried again after this.
inline constexpr int refresh_pause_ms = 1'000;
// Changes of keys that a network file tells of: each custodian's two keys once a year for a century, and a third more.
inline constexpr std::size_t rotations_max = 800;
// A hundred years, as for retention; more means never.
inline constexpr int refresh_days_max = 36'525;
// How often a coordinator looks whether a refresh is due: refreshes are counted in days.
inline constexpr int refresh_due_interval_ms = 60'000;

// --- requests (custodian, desk) ---
// How far the clocks of a desk and a custodian may differ.
inline constexpr std::int64_t clock_skew_ms_max = 60'000;
// A request is refused when its desk made it longer ago than this.
inline constexpr std::int64_t request_age_ms_max = 300'000;
// How long answers are kept so that a repeated request gets the same one; must exceed request_age_ms_max.
inline constexpr std::int64_t request_kept_ms = 3'600'000;
// Short questions of a desk: a pseudonym, the state. Longer than one connection takes to fail.
inline constexpr int contact_timeout_ms = 5'000;
// Between two tries of a desk whose connection was lost.
inline constexpr int repeat_pause_ms = 250;
inline constexpr int verify_timeout_ms = 15'000;
inline constexpr int identify_timeout_ms = 600'000;
// How long a custodian waits for its copy of a request that another custodian speaks of.
inline constexpr int agree_timeout_ms = 5'000;
// Names of people, desks, institutions, purposes: a line on a page.
inline constexpr std::size_t name_bytes_max = 200;
// Three custodians and some thousands of desks.
inline constexpr std::size_t network_file_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t gallery_people_max = 1'000'000;
inline constexpr int candidates_max = 10;
// Record ids that a desk may look up after one identification: its candidates, and two repetitions after a lost answer.
inline constexpr int lookups_per_request_max = 3 * candidates_max;
inline constexpr int requests_waiting_max = 256;
// So that one desk cannot fill the custodians' queue.
inline constexpr int requests_of_desk_max = 40;
// Changes that people ask for themselves: of one person, and of all together. Fewer than limits::http_threads, so that
// somebody who only looks (a trace) is answered while changes wait for a custodian.
inline constexpr int requests_of_subject_max = 2;
inline constexpr int requests_of_subjects_max = 6;
// Searches are done one after the other. With 100,000 fingers each takes seconds: more than so many would wait longer
// than a desk does. The rest of requests_waiting_max stays free for verifications and changes.
inline constexpr int searches_waiting_max = 128;
// Eight fewer than requests_of_desk_max, which stay for what its counters ask meanwhile.
inline constexpr int searches_of_desk_max = 32;
// How long fixing a comparison's people may hold up decisions; a million people's order is made in half a second.
inline constexpr int snapshot_timeout_ms = 2'000;
// After the first custodian's failure in mid-comparison the others get this long to say theirs.
inline constexpr int run_grace_ms = 1'000;
// The coordinator ends a comparison at its deadline; the others end it themselves this much later, and desks' questions
// for it are answered by then.
inline constexpr int deadline_slack_ms = 1'000;
// How often a desk asks how far its search is: a line on a terminal that moves.
inline constexpr int progress_interval_ms = 250;
// Once one custodian has said that a request is off, a desk gives the others so long to say the same.
inline constexpr int abort_grace_ms = 1'000;
// How long a desk waits for a cancelled search's end before it says that it does not know.
inline constexpr int cancel_timeout_ms = 5'000;
// Questions to the coordinator after missed decisions, each half second: with a full queue of searches, all of them
// undecided, asking after every one would cost as much as a search.
inline constexpr std::size_t outcomes_per_turn = 16;
// Ended requests stay in memory for as long as repetitions are likely, the order of an identification for as long as
// its desk may take to look candidates up (16 bytes a person); afterwards they are read from the store.
inline constexpr std::int64_t flight_kept_ms = 60'000;
// Beyond so many, about 1 KiB each, requests that were turned away are forgotten at once.
inline constexpr std::size_t flights_in_memory_max = 10'000;
inline constexpr std::int64_t order_kept_ms = 600'000;
// Comparisons that a desk may ask for, in all and with one person: a probe that is no print can be made to ask one bit
// about the template, so that the number of questions must stay small (docs/threat-model.md).
inline constexpr int comparisons_per_minute_max = 6'000;
inline constexpr int comparisons_of_subject_per_minute_max = 60;
// Requests of all kinds that a desk may send in: its comparisons, and 600 enrolments and erasures, ten a second, of
// which each needs a pseudonym. The bench asks for 150 verifications a second, one after the other.
inline constexpr int requests_per_minute_max = comparisons_per_minute_max + 600;
// About one person: a counter asks a few times, of whatever kind.
inline constexpr int requests_of_subject_per_minute_max = comparisons_of_subject_per_minute_max;
// Of a desk's requests those that this custodian refuses, and its questions for an absence: each stays in the public
// logs for ever, and no quota counts it. 35 MB a day, a 200th of what a mirror takes; a counter is refused a few times
// an hour.
inline constexpr int refusals_per_minute_max = 60;
// About one person: who mistypes, or tries another finger or purpose. They stand in the person's trace: 17,280 a day.
inline constexpr int refusals_of_subject_per_minute_max = 12;
// People that these are counted for, of one desk: more than it has questions about in ten seconds. A desk that asks
// about more within one second keeps itself waiting, and no other.
inline constexpr std::size_t rate_names_of_desk_max = 1'000;
// Connections to each of the other custodians for questions that wait there for a desk's copy of a request, apart from
// those for decisions: two desks that send to one custodian alone do not hold up the others.
inline constexpr int vote_connections_max = 2 * requests_of_desk_max;
// Connections that stay free for the two other custodians, however many desks there are.
inline constexpr int custodian_connections_max = client_connections_max + vote_connections_max + 1 + search_lanes_max;
inline constexpr int custodian_places = 2 * custodian_connections_max;
// Two for each of a desk's requests, one of them to ask how far it is, and some for other questions.
inline constexpr int desk_connections_max = 2 * requests_of_desk_max + 24;
// Evaluations of the pseudonym function a desk may ask for: the brake on guessing ID numbers.
inline constexpr int pseudonyms_per_minute_max = 600;
// RFC 9497, 1.2: the input's length stands in two bytes.
inline constexpr std::size_t oprf_input_bytes_max = 65535;

// --- web (net/http) ---
// A request's line and headers: a browser sends about 1 KiB.
inline constexpr std::size_t http_header_bytes_max = std::size_t{8} << 10;
// A form, a witness's question (a proof of 63 hashes and a note), a subject's signed request.
inline constexpr std::size_t http_body_bytes_max = std::size_t{64} << 10;
// Connections without a thread, of which an idle one costs some 20 KiB.
inline constexpr int http_connections_max = 512;
// Of one address, or of one IPv6 network of 2^64: an office behind one router, six a browser.
inline constexpr int http_connections_of_remote_max = 64;
// Handlers that run at once; they may wait some seconds for other custodians.
inline constexpr int http_threads = 8;
// A header, a TLS handshake and a body must be there by then, however slowly they come: 64 KiB at 50 kbit/s.
inline constexpr int http_header_timeout_ms = 10'000;
inline constexpr int http_body_timeout_ms = 15'000;
// Between two requests of one connection.
inline constexpr int http_idle_timeout_ms = 30'000;
// A page of 2 MiB at 300 kbit/s.
inline constexpr int http_response_timeout_ms = 60'000;
// Pages, scripts, tiles of 8 KiB and bundles of 256 entries are well below.
inline constexpr std::size_t http_file_bytes_max = std::size_t{20} << 20;
// A request's target and a base URL: a line.
inline constexpr std::size_t http_target_bytes_max = 2048;

// --- the log (ledger) ---
// C2SP signed-note asks for 16 at least: a log's own, its witnesses', and some of kinds not known here.
inline constexpr std::size_t note_signatures_max = 64;
// 16 post-quantum signatures, which C2SP signed-note puts at nearly 5 kB each, take 107 kB in Base 64.
inline constexpr std::size_t note_bytes_max = std::size_t{128} << 10;
// C2SP tlog-witness; no tree of up to 2^62 entries needs more.
inline constexpr std::size_t proof_hashes_max = 63;
// Opaque data that may stand in a proof; of this program's proofs none carries more than an opening.
inline constexpr std::size_t proof_extra_bytes_max = std::size_t{32} << 10;
// The extra data in Base 64, the hashes at 45 characters, the note, and two short lines.
inline constexpr std::size_t log_proof_bytes_max =
    proof_extra_bytes_max / 3 * 4 + 45 * proof_hashes_max + note_bytes_max + 100;
// Details of one use: a desk, an operator, fingers, a few dates.
inline constexpr std::size_t leaf_details_bytes_max = 4096;
// Them with their quotes escaped, and a nonce. Once more escaped, in an entry, they are well below log_entry_bytes_max.
inline constexpr std::size_t leaf_opening_bytes_max = 2 * leaf_details_bytes_max + 100;
// A verifier key of name_bytes_max and 54 more, or a pin of 64 digits.
inline constexpr std::size_t leaf_key_bytes_max = name_bytes_max + 100;
// Entries are prefixed with their lengths in two bytes (C2SP tlog-tiles); a full bundle has 256 of them.
inline constexpr std::size_t log_entry_bytes_max = 65535;
inline constexpr std::size_t log_bundle_bytes_max = 256 * (2 + log_entry_bytes_max);
// What becomes durable together: some 10 ms of hashing at most.
inline constexpr std::size_t log_batch_entries_max = 4096;
inline constexpr std::size_t log_batch_bytes_max = std::size_t{4} << 20;
// A record of the journal: a batch, whose last entry may reach beyond the limit, lengths and a checkpoint.
inline constexpr std::size_t log_record_bytes_max =
    log_batch_bytes_max + log_entry_bytes_max + 2 * log_batch_entries_max + note_bytes_max + 64;
// From this length on the journal is begun anew: reading it and writing its tiles again takes a second at a start.
inline constexpr std::size_t log_journal_bytes_max = std::size_t{16} << 20;
// Where that fails again and again nothing more is taken from this length on.
inline constexpr std::size_t log_journal_bytes_full = 4 * log_journal_bytes_max;
// Entries read at once: four bundles.
inline constexpr std::uint64_t log_entries_read_max = 1024;
// Tiles kept in memory for proofs, 8 KiB each: half a MiB. A proof needs seven of a log of ten million.
inline constexpr std::size_t log_tiles_cached = 64;
// What failed, a witness or the disk, is tried again after a pause that doubles from the first to the second: long
// enough to cost nothing, short enough that entries wait for a second at most once it works again.
inline constexpr int log_retry_pause_ms_min = 10;
inline constexpr int log_retry_pause_ms_max = 1'000;
// How long the first entry after a start waits until every witness was asked once: one that is there answers within
// milliseconds, and tells whether this log was set back before anything new is signed.
inline constexpr int log_first_ask_ms = 2'000;

// A follower's question for one file of a log: a bundle of 16 MiB at 5 Mbit/s; most are far below.
inline constexpr int log_fetch_timeout_ms = 30'000;
// How long a log may lack what another one has, by its own later entries: a custodian that was offline logs what it
// missed when it is back, and their clocks differ by less than a minute.
inline constexpr std::int64_t log_audit_grace_s = 600;
// How far the times of a log's entries may go back: entries are made by several threads, and clocks are set.
inline constexpr std::int64_t log_time_skew_s = 60;
// After the date of a hidden use, when the custodian has logged nothing since: a long weekend without power.
inline constexpr std::int64_t log_open_grace_s = 3 * 86'400;
// Entries of a log that an audit looks at before it saves what it knows: some seconds of work.
inline constexpr std::uint64_t log_audit_batch = 65'536;
// Policies are changed by hand; the last ones of a log are listed.
inline constexpr std::size_t log_policies_listed_max = 100;
// Two notes, some proofs, and a few entries in Base 64.
inline constexpr std::size_t log_evidence_bytes_max = std::size_t{1} << 20;
// What an audit keeps between two runs: some 1.5 KiB for each request that one custodian has not logged yet.
inline constexpr std::size_t log_audit_state_bytes_max = std::size_t{1} << 30;

// --- purposes and warrants (policy) ---
// Names that programs use (purposes, relying parties, legal bases): a short word or some with hyphens.
inline constexpr std::size_t policy_id_bytes_max = 40;
// A text that a person reads before the prints are taken: two or three sentences, two bytes a Cyrillic letter.
inline constexpr std::size_t purpose_words_bytes_max = 1000;
// A purpose with nine texts in three languages; twelve come with the program, and each is to be read by people.
inline constexpr std::size_t purpose_bytes_max = 16384;
inline constexpr std::size_t purposes_max = 100;
// A policy travels as a note. Purposes take 2.5 kB each; some thousand desks at 50 bytes find room beside them.
inline constexpr std::size_t policy_bytes_max = note_bytes_max - 1024;
// A country's ministries, banks and large employers; a desk is a counter, and an organisation has some hundreds.
inline constexpr std::size_t parties_max = 2000;
inline constexpr std::size_t desks_of_party_max = 2000;
inline constexpr std::size_t operators_of_party_max = 5000;
// The courts of a country that deal with such cases.
inline constexpr std::size_t courts_max = 500;
inline constexpr std::size_t officers_of_custodian_max = 20;
// A hundred years: beyond it no retention means anything.
inline constexpr int retention_days_max = 36'525;
// More than a custodian can answer in a day.
inline constexpr int quota_max = 10'000'000;
// Names that are counted, 200 bytes each: 20 MB. What comes beyond shares one count.
inline constexpr std::size_t quota_names_max = 100'000;
// Operators of one relying party that are counted each: a day's shift. A desk that makes names up runs into the count
// that all further ones share.
inline constexpr std::size_t quota_operators_of_party_max = 5000;
// How often what quotas of the last day are kept for is looked through: a name is kept for 26 hours at most.
inline constexpr int quota_notes_dropped_every_ms = 3'600'000;
// A clock that shows an earlier time (2026-01-01) is wrong, and would revive what has expired.
inline constexpr std::int64_t clock_plausible_s_min = 1'767'225'600;
// Searches in one case: each is a look at everybody.
inline constexpr int warrant_searches_max = 1000;
// Of desks, operators or fingers; a case is worked on by a few people.
inline constexpr std::size_t warrant_scope_max = 32;
// A warrant is asked for anew at least once a year.
inline constexpr std::int64_t warrant_duration_s_max = std::int64_t{366} * 86'400;
// How long after its end a use may stay hidden: two years.
inline constexpr std::int64_t warrant_hidden_after_s_max = std::int64_t{731} * 86'400;
// A line of JSON with names of desks and operators, and up to some ten signatures.
inline constexpr std::size_t warrant_bytes_max = 8192;

// --- receipts and rights (rights) ---
// An entry's text, its opening, or its proof: 63 hashes of 45 characters and a checkpoint with its few signatures are
// below 8 KiB, and so is an entry that custodians write.
inline constexpr std::size_t evidence_bytes_max = std::size_t{16} << 10;
// What a purpose or a legal basis says, in one language: two sentences, with letters of two bytes.
inline constexpr std::size_t words_bytes_max = 2000;
// Three custodians' evidence, of which each real part is a few kilobytes, and words in three languages.
inline constexpr std::size_t receipt_bytes_max = std::size_t{128} << 10;
// The same in Base 64, below two pages to be read.
inline constexpr std::size_t receipt_text_bytes_max = 2 * receipt_bytes_max;
// A request of a subject: ten short fields and a signature.
inline constexpr std::size_t subject_request_bytes_max = 2048;
// Questions of subjects a minute from one address: a household, or an office where people ask with help.
inline constexpr int rights_per_minute_max = 120;
// Entries of one list in a page of a trace, some 2.5 KiB each with their proofs; and what a page looks at to find them.
inline constexpr std::size_t trace_entries_max = 1000;
// The answer with them: uses, searches, and of each search that it was aborted.
inline constexpr std::size_t trace_bytes_max = std::size_t{16} << 20;
// Of one custodian, where nothing else is wished: a million uses. One that says that there is still more keeps the
// person waiting for ever. What may be wished: a thousand million.
inline constexpr int trace_pages_max = 1000;
inline constexpr int trace_pages_wished_max = 1'000'000;
// The newest entries that tell of recoveries, with the first page: a custodian is recovered every few years, and
// whoever asks for more of them loses the excuse of the older ones.
inline constexpr std::size_t trace_recoveries_max = 100;
// A page of 5 MB at 2 Mbit/s, and a minute in which a custodian lets nobody of this address ask any more.
inline constexpr int trace_page_timeout_ms = 90'000;
// How far apart the times are that the three write of one use: their clocks differ by less than a minute each way, and
// they agree within verify_timeout_ms.
inline constexpr std::int64_t trace_apart_s = 180;
// How much later than its helpers a custodian logs that it was recovered: a recovery serves for a day.
inline constexpr std::int64_t trace_recovery_s = 86'400;
// Notices of one relying party that it has not acknowledged.
inline constexpr std::size_t notices_max = 10'000;
// Rules that a decision looks at: some twenty.
inline constexpr std::size_t policy_checks_max = 100;
// Of them told in one answer, without the requests that they name: below 200 bytes each in a message's head.
inline constexpr std::size_t notices_per_page_max = 1000;
// Requests named in one part of a notice: 16 KiB.
inline constexpr std::size_t notice_part_requests_max = 1000;
// Relying parties that an erasure is told to: as many as ever got an answer about one person.
inline constexpr std::size_t parties_told_max = 200;

// --- records at rest (store) ---
// The largest stored share is a seed and a whole template with their two bytes of heading; twice a template is room
// enough.
inline constexpr std::size_t stored_share_bytes_max = 2 * template_bytes;
// One request at rest: its JSON head, its shares, its result, the reason of its end, each within a message's limits.
inline constexpr std::size_t stored_request_bytes_max = 2 * (message_head_bytes_max + message_body_bytes_max);
// Under which purpose and until when a record is kept: a JSON of some hundred bytes.
inline constexpr std::size_t stored_terms_bytes_max = std::size_t{16} << 10;
// C2SP tlog-tiles: the length of a log's entry stands in 16 bits.
inline constexpr std::size_t stored_leaf_bytes_max = 65535;
// What an entry commits to is some hundred bytes of JSON; no more than an entry itself.
inline constexpr std::size_t stored_opening_bytes_max = 65535;
// A signed policy, a checkpoint, a report of what is left to do: as long as the head of a message.
inline constexpr std::size_t stored_note_bytes_max = message_head_bytes_max;
// Answers about one person that one party was given: a door a hundred times a day, for 27 years. An erasure does not
// fail for more: its notice names the newest.
inline constexpr std::size_t stored_answered_max = 1'000'000;
// SQLite refuses any value longer than this before it allocates, whatever a damaged file says.
inline constexpr int stored_value_bytes_max = 16 << 20;
// How long opening waits for a process that is just ending to let go of the file.
inline constexpr int store_lock_timeout_ms = 1'000;
// Pages kept in memory; the walk over all records at start goes past them once, everything else touches a few.
inline constexpr int store_cache_kib = 16 << 10;
// Of 4096 bytes, after which the write-ahead log is written into the file: 500 people's new shares of two fingers fit,
// so that staging them and putting them in place writes the file once.
inline constexpr int store_journal_pages = 4096;

static_assert(request_kept_ms > request_age_ms_max + clock_skew_ms_max,
              "an answer must outlive the last moment at which its request can be repeated");
static_assert(connections_max - custodian_places >= 3 * desk_connections_max, "three busy desks must find a place");
static_assert(requests_of_subjects_max < http_threads);
static_assert(searches_of_desk_max < requests_of_desk_max && searches_waiting_max < requests_waiting_max);
static_assert(template_rows % 16 == 0 && template_width % 64 == 0, "the SIMD kernels need whole vectors");
static_assert(lane_frame_bytes_max <= (std::size_t{1} << 24));
static_assert(stored_value_bytes_max > static_cast<int>(16 * stored_answered_max + 1000), "a notice must fit");
static_assert(stored_value_bytes_max > static_cast<int>(stored_request_bytes_max), "a sealed request must fit");

}  // namespace qorgan::limits
