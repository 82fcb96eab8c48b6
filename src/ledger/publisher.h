// Has a log's checkpoints cosigned, and publishes those that enough witnesses have cosigned.
//
// One checkpoint at a time is asked for, of all witnesses, so that their cosignatures meet on it; what was appended
// meanwhile is in the next one. As long as nobody has cosigned it, a newer one takes its place.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "ledger/pause.h"
#include "ledger/witness_client.h"

namespace qorgan::ledger {

struct PublisherOptions {
  std::filesystem::path folder;
  std::vector<LogWitness> witnesses;
  int cosignatures_min = 1;
};

struct SignedText {
  Checkpoint checkpoint;
  std::string note;  // whole
};

// Thread-safe.
class Publisher {
 public:
  // `served` is what was found published, with the log's signature verified; it counts where enough of these witnesses
  // have cosigned it. Begins to ask with the first offer.
  Publisher(PublisherOptions options, Disk& disk, const TileReader& tiles, const std::string& served);
  // Waits for the questions under way.
  ~Publisher();

  // A checkpoint at least as large as the last one offered, its tiles written. Errors, only where no cosignatures are
  // needed: the disk's; to be repeated.
  Status offer(SignedText newest);
  // Returns when every witness was asked once, or at the deadline.
  void wait_asked(Deadline deadline);
  // See Log::wait_published().
  Status wait_published(std::uint64_t index, Deadline deadline);

  std::uint64_t published_size() const;
  SignedText published() const;
  // The latest time of a verified cosignature since the start, by any witness's clock, in seconds; nothing before the
  // first.
  std::optional<std::int64_t> witnessed_time_s() const;
  // Has every witness asked for its cosignature once more, also where nothing is new: for its time.
  void ask_again();
  // Which witnesses did not cosign when they were last asked, and why; empty where all did.
  std::string missing() const;
  // What stopped it for good: a witness that knows another log. Damaged then.
  Status health() const;

 private:
  struct Seat {
    Seat(LogWitness witness, const TileReader& tiles) : client(std::move(witness), tiles) {}
    WitnessClient client;
    std::optional<std::uint64_t> cosigned_size;
    std::optional<std::int64_t> cosigned_time_s;
    bool is_to_ask_again = false;
    std::optional<Error> error;  // of the last question
    bool was_asked = false;
    Pause pause;
    std::thread thread;
  };
  using Lock = std::unique_lock<std::mutex>;

  void serve(Seat& seat);
  bool has_work(const Seat& seat) const;
  bool is_due() const;
  Status ask(Seat& seat, Lock& lock);
  Status take(Seat& seat, const SignedText& asked, const NoteSignature& cosignature);
  Status publish();
  void aim_at_newest();
  Status write(SignedText published);
  void stop_if_set_back(const Seat& seat, const SignedText& asked, const Error& error);
  // Why those seats that are given have not cosigned.
  template <class Counts>
  std::string why_not(const Counts& counts) const;

  const PublisherOptions options_;
  Disk& disk_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable told_;
  bool stopping_ = false;
  std::optional<Error> set_back_;
  std::optional<SignedText> newest_;
  SignedText target_;         // what is asked for
  std::string cosignatures_;  // of the target, as lines
  int cosignature_count_ = 0;
  bool is_published_ = true;  // the target
  SignedText published_;
  std::optional<Error> write_error_;
  std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace qorgan::ledger
