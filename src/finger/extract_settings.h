// The constants of the extractor. Lengths are pixels at 500 dpi, where ridges are 5 to 15 apart and 9 on the mean.
#pragma once

namespace qorgan::finger {

struct ExtractSettings {
  // Normalisation: a ridge and its valleys. What changes more slowly is moisture and pressure, not ridges.
  float mean_sigma = 4.0F;
  // Contrast is evened out over three ridges, so that single strong ridges do not weaken their neighbours.
  float contrast_sigma = 14.0F;
  // For telling finger from background the edge must stay sharp.
  float near_contrast_sigma = 6.0F;
  // Contrast under this, in grey levels, is sensor noise and is not amplified.
  float contrast_floor = 5.0F;

  // Orientation: gradients agree over one to two ridges; where they do not, the wider neighbourhood decides.
  float gradient_sigma = 1.2F;
  float orientation_sigma_fine = 7.0F;
  float orientation_sigma_wide = 20.0F;
  float orientation_wide_weight = 0.3F;

  // Ridge period: what fingers have (children's are the narrow ones). It changes slowly over a finger.
  float period_min = 5.0F;
  float period_max = 16.0F;
  float period_smooth_sigma = 24.0F;

  // The oriented wave filter: long enough along the ridge to bridge pores and cracks, short enough for the bend of a
  // core; across, about one ridge to either side.
  float wave_sigma_along = 5.0F;
  float wave_sigma_across_periods = 0.42F;

  // Second look: the orientation and period of the filtered wave itself, which is cleaner and needs less smoothing.
  float refine_sigma = 6.0F;
  float refine_period_sigma = 12.0F;

  // Segmentation: a block is finger when this share of its variation is one wave, and its contrast is this share of
  // the print's strong contrast. White noise gives waves a share of about 0.05.
  float clarity_min = 0.15F;
  float contrast_share_min = 0.25F;
  // A wet or dry spot of up to 200 blocks (33 square millimetres) surrounded by finger counts as finger.
  int hole_blocks_max = 200;

  // Two minutiae that cancel each other within one ridge are one blemish: a broken ridge, a bridge, an island.
  float pair_along = 10.0F;
  float pair_across = 8.0F;
  // Minutiae less likely than this (percent) to be in another impression do more harm than good.
  int quality_min = 20;
};

}  // namespace qorgan::finger
