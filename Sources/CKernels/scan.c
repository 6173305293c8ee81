// Gathers the rows of a scan.

#include <string.h>

#include "scan.h"

static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t ck_scan_bytes(const struct ck_field *field) {
  return rounded(ck_panel_bytes(field->dimensions, field->format)) + rounded(field->dimensions * sizeof(float)) +
         rounded(field->panels * sizeof(uint64_t));
}

void ck_begin_scan(struct ck_scan *scan, const struct ck_field *field, const int32_t *places, size_t count, void *scratch) {
  size_t bytes = ck_panel_bytes(field->dimensions, field->format), dimensions = field->dimensions;
  scan->field = field;
  scan->count = count;
  scan->panel = scratch;
  scan->centre = (float *)(scan->panel + rounded(bytes));
  scan->gaps = (uint64_t *)((char *)scan->centre + rounded(dimensions * sizeof(float)));
  memset(scan->panel, 0, bytes);
  for (size_t lane = 0; lane < CK_LANES; lane++) {
    scan->halves[lane] = scan->bars[lane] = scan->none[lane] = INFINITY;
    scan->limits[lane] = 0;
  }
  // A lane is one number of 32 bits in each line of 32, whether that is one dimension or two.
  for (size_t lane = 0; lane < count; lane++) {
    size_t place = (size_t)places[lane];
    const uint32_t *source = (const uint32_t *)ck_panel_data(field, place / CK_LANES) + place % CK_LANES;
    uint32_t *target = (uint32_t *)(void *)scan->panel + lane;
    for (size_t line = 0; line < bytes / (4 * CK_LANES); line++) target[line * CK_LANES] = source[line * CK_LANES];
    scan->halves[lane] = field->halves[place];
  }
  if (!field->prunes) return;
  // The middle of the panels that the rows come from; a row is not farther from it than its panel's middle and radius together.
  memset(scan->centre, 0, dimensions * sizeof(float));
  for (size_t lane = 0; lane < count; lane++) {
    const float *centre = field->centres + (size_t)places[lane] / CK_LANES * dimensions;
    for (size_t j = 0; j < dimensions; j++) scan->centre[j] += centre[j] / (float)count;
  }
  scan->radius = 0;
  for (size_t lane = 0; lane < count; lane++) {
    size_t panel = (size_t)places[lane] / CK_LANES;
    double square = 0;
    for (size_t j = 0; j < dimensions; j++) {
      double difference = scan->centre[j] - field->centres[panel * dimensions + j];
      square += difference * difference;
    }
    float radius = (float)((sqrt(square) + field->radii[panel]) * (1 + 0x1p-20));
    scan->radius = radius > scan->radius ? radius : scan->radius;
  }
  for (size_t panel = 0; panel < field->panels; panel++) {
    float gap = ck_gap(field, scan->centre, scan->radius, panel);
    uint32_t bits;
    memcpy(&bits, &gap, sizeof bits);
    scan->gaps[panel] = (uint64_t)bits << 32 | panel;
  }
  ck_sort(scan->gaps, field->panels);
}
