#include "finger/learn_projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "base/limits.h"

namespace qorgan::finger {
namespace {

std::vector<Cylinder> cylinders_of(std::span<const Minutiae> prints) {
  std::vector<Cylinder> all;
  for (const Minutiae& print : prints) {
    const std::vector<Cylinder> some = make_cylinders(print.points);
    all.insert(all.end(), some.begin(), some.begin() + std::min<std::ptrdiff_t>(std::ssize(some), kRows));
  }
  return all;
}

std::vector<double> mean_cells(const std::vector<Cylinder>& cylinders) {
  std::vector<double> sum(kCylinderCells);
  std::vector<double> count(kCylinderCells);
  for (const Cylinder& cylinder : cylinders) {
    for (std::size_t i = 0; i < kCylinderCells; ++i) {
      sum[i] += cylinder.cells[i];
      count[i] += cylinder.valid[i % kCylinderPlaces];
    }
  }
  for (std::size_t i = 0; i < kCylinderCells; ++i) sum[i] = count[i] > 0 ? sum[i] / count[i] : 0;
  return sum;
}

cv::Mat covariance(const std::vector<Cylinder>& cylinders, const std::vector<double>& mean) {
  cv::Mat sum = cv::Mat::zeros(kCylinderCells, kCylinderCells, CV_64F);
  cv::Mat total = cv::Mat::zeros(1, kCylinderCells, CV_64F);
  cv::Mat row(1, kCylinderCells, CV_64F);
  cv::Mat product;
  for (const Cylinder& cylinder : cylinders) {
    for (std::size_t i = 0; i < kCylinderCells; ++i) {
      const bool valid = cylinder.valid[i % kCylinderPlaces];
      row.at<double>(static_cast<int>(i)) = valid ? cylinder.cells[i] - mean[i] : 0;
    }
    cv::mulTransposed(row, product, true);
    sum += product;
    total += row;
  }
  cv::mulTransposed(total, product, true);
  const double count = static_cast<double>(cylinders.size());
  return sum / count - product / (count * count);
}

// The sign of an eigenvector is free: the first of its largest entries is made positive.
void store_weights(const cv::Mat& vector, std::array<std::int8_t, kCylinderCells>& weights) {
  double largest = 0;
  for (int i = 0; i < kCylinderCells; ++i)
    if (std::abs(vector.at<double>(i)) > std::abs(largest)) largest = vector.at<double>(i);
  QORGAN_ASSERT(largest != 0);
  for (int i = 0; i < kCylinderCells; ++i)
    weights[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(std::lround(vector.at<double>(i) / largest * 127));
}

Status check_command(const std::string& command) {
  const bool printable = std::all_of(command.begin(), command.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (printable && !command.empty() && command.size() <= limits::projection_command_bytes_max) return {};
  return failure(ErrorCode::invalid_input, "the command kept with a projection must be one line of printable ASCII");
}

Projection projection_from(const std::vector<Cylinder>& cylinders) {
  const std::vector<double> mean = mean_cells(cylinders);
  cv::Mat values;
  cv::Mat vectors;
  const bool converged = cv::eigen(covariance(cylinders, mean), values, vectors);
  QORGAN_ASSERT(converged);
  Projection projection;
  for (std::size_t i = 0; i < kCylinderCells; ++i)
    projection.mean[i] = static_cast<std::int16_t>(std::lround(16 * mean[i]));
  for (int k = 0; k < kSignCount; ++k) store_weights(vectors.row(k), projection.weights[static_cast<std::size_t>(k)]);
  return projection;
}

}  // namespace

Result<Projection> learn_projection(std::span<const Minutiae> prints, const std::string& command) {
  QORGAN_CHECK(check_command(command));
  const std::vector<Cylinder> cylinders = cylinders_of(prints);
  if (cylinders.size() < limits::learn_cylinders_min) {
    return failure(ErrorCode::low_quality,
                   fmt::format("the {} prints give {} cylinders, and {} are needed to learn from", prints.size(),
                               cylinders.size(), limits::learn_cylinders_min),
                   {}, "Give more prints");
  }
  try {
    Projection projection = projection_from(cylinders);
    projection.command = command;
    projection.prints = static_cast<std::uint32_t>(prints.size());
    projection.cylinders = static_cast<std::uint32_t>(cylinders.size());
    return projection;
  } catch (const cv::Exception& error) {
    return failure(ErrorCode::internal, "the eigenvectors could not be computed", error.what());
  }
}

}  // namespace qorgan::finger
