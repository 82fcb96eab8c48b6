// Artificial people for the benchmarks, and their way into the databases of three local custodians.
#pragma once

#include "cli/lab_bench.h"
#include "cli/local_network.h"
#include "lab/search.h"

namespace qorgan::cli {

// The fingers of a person at one impression, positions from right-index on.
Result<std::vector<desk::Print>> prints_of_person(const BenchOptions& options, std::size_t person, int impression);
protocol::RecordId record_id_of(std::size_t person);

// People of a gallery. The first ones, of whom probes are taken, are made finger by finger; the others' fingers are
// drawn from a pool of some thousand, since what is stored makes no difference to how long a comparison takes.
class GalleryMaker {
 public:
  // `planted` people are made in full.
  static Result<GalleryMaker> make(const BenchOptions& options, std::size_t planted);
  Result<lab::ProbePerson> person(std::size_t number) const;

 private:
  GalleryMaker(const BenchOptions& options, std::size_t planted) : options_(options), planted_(planted) {}
  BenchOptions options_;
  std::size_t planted_;
  std::vector<finger::Template> pool_;
};

// Writes people [from, to) straight into the three databases of a network that is stopped: enrolling them one by one is
// not what is measured. Their pseudonyms are random, so that they can be searched for but not asked for by number.
Status fill(const LocalNetwork& network, const GalleryMaker& maker, std::size_t from, std::size_t to);

}  // namespace qorgan::cli
