// The constants of the extractor. Lengths are pixels at 500 dpi, where ridges
// are 5 to 15 apart and 9 on the mean.
#pragma once

namespace qorgan::finger {

struct ExtractSettings {
  // Normalisation: the neighbourhood whose mean and contrast are evened out
  // spans about three ridges, so that the ridges themselves are not taken for
  // background.
  float mean_sigma = 4.0F;
  float contrast_sigma = 14.0F;
  float near_contrast_sigma = 6.0F;
  // Contrast under this, in grey levels, is sensor noise and is not amplified.
  float contrast_floor = 5.0F;

  // Orientation: gradients agree over one to two ridges; where they do not, the
  // wider neighbourhood decides.
  float gradient_sigma = 1.2F;
  float orientation_sigma_fine = 7.0F;
  float orientation_sigma_wide = 20.0F;
  float orientation_wide_weight = 0.3F;

  // Ridge period: what fingers have (children's are the narrow ones).
  float period_min = 5.0F;
  float period_max = 16.0F;
  float period_smooth_sigma = 24.0F;

  // The oriented wave filter.
  float wave_sigma_along = 5.0F;
  float wave_sigma_across_periods = 0.42F;

  // Second look: the orientation and period of the filtered wave itself.
  float refine_sigma = 6.0F;
  float refine_period_sigma = 12.0F;

  // Segmentation.
  float clarity_min = 0.15F;
  float contrast_share_min = 0.25F;
  int hole_blocks_max = 200;

  // Two minutiae that cancel each other (a broken ridge, a bridge, an island)
  // within this are one blemish.
  float pair_along = 10.0F;
  float pair_across = 8.0F;
  float border_min = 8.0F;
};

} // namespace qorgan::finger
