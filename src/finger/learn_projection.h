// Learning the projection from prints.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "finger/minutia.h"
#include "finger/projection.h"

namespace qorgan::finger {

// The principal components of the cells (those that vary most, kSignCount of them), each cell centred on its mean over
// the cylinders in which it is valid and taken as that mean where it is not; of every print the first kRows cylinders.
// `command` is kept in the projection. Takes some seconds. Errors: low_quality where there are fewer than
// limits::learn_cylinders_min cylinders, with their number; invalid_input where `command` is not one printable line.
Result<Projection> learn_projection(std::span<const Minutiae> prints, const std::string& command);

}  // namespace qorgan::finger
