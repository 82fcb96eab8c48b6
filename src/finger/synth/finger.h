// An artificial finger: the skin from which impressions are taken.
#pragma once

#include <cstdint>
#include <optional>

#include "finger/synth/pattern.h"
#include "finger/synth/ridges.h"

namespace qorgan::finger::synth {

struct Finger {
  std::uint64_t seed = 0;
  Pattern pattern;
  // All three on the canvas of pattern.h.
  Field skin;     // -1 in a valley .. 1 on a ridge
  Field pores;    // 0 .. 1 at a pore, on ridges
  Field creases;  // 0 .. 1 in a white line
};

// Grows the finger of a seed; its class too comes from the seed unless given. The same build gives the same finger on
// every run and thread; other compilers or processor families may differ in the last bits of the fields. About 70 ms
// and 2.4 MB.
Finger make_finger(std::uint64_t seed, std::optional<PatternClass> pattern_class = {});

// Seeds of a population that follow from one seed: person 0, 1, ... and, of a person, finger 1 .. 10 (ISO/IEC
// 19794-2:2005 6.4.1 finger positions), and of a finger, impression 1, 2, ... Distinct arguments give unrelated seeds.
std::uint64_t person_seed(std::uint64_t population_seed, std::uint64_t person);
std::uint64_t finger_seed(std::uint64_t person_seed, int position);
std::uint64_t impression_seed(std::uint64_t finger_seed, int impression);

}  // namespace qorgan::finger::synth
