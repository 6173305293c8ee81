// A scan: up to 32 rows, wherever they stand, meet all panels of a field, the near ones first.
#ifndef CK_SCAN_H
#define CK_SCAN_H

#include <math.h>

#include "select.h"
#include "tile.h"

struct ck_scan {
  const struct ck_field *field;
  size_t count;
  /// The rows as a panel of their own.
  char *panel;
  float *centre;
  float radius;
  /// The gap to each panel above its number, if the field is pruned.
  uint64_t *gaps;
  float halves[CK_LANES], limits[CK_LANES], bars[CK_LANES], none[CK_LANES];
};

/// Gathers the rows; nothing is wanted until limits are set. `scratch`: `ck_scan_bytes`.
void ck_begin_scan(struct ck_scan *scan, const struct ck_field *field, const int32_t *places, size_t count, void *scratch);

/// From now on the row of this lane wants only whoever may be as near as `distance`.
static inline void ck_lower_limit(struct ck_scan *scan, size_t lane, double distance) {
  scan->limits[lane] = ck_limit(scan->field, distance);
  scan->bars[lane] = scan->halves[lane] - scan->limits[lane] / 2;
}

/// Calls `hit` for every place whose A is below the limit of a lane, the lane's own included. A panel of which `common` (may be NULL) says
/// that it is all of `component` is passed over.
static inline __attribute__((always_inline)) void ck_run_scan(struct ck_scan *scan, const int32_t *common, int32_t component, void *context,
                                                              void (*hit)(void *, struct ck_scan *, size_t lane, int32_t place, float squared)) {
  const struct ck_field *field = scan->field;
  ck_tile_function *function = ck_tile_for(field->format);
  struct meeting meeting;
  for (size_t i = 0; i < field->panels; i++) {
    size_t panel = i;
    if (field->prunes) {
      panel = (uint32_t)scan->gaps[i];
      uint32_t bits = (uint32_t)(scan->gaps[i] >> 32);
      float gap, most = 0;
      memcpy(&gap, &bits, sizeof gap);
      for (size_t lane = 0; lane < scan->count; lane++) most = scan->limits[lane] > most ? scan->limits[lane] : most;
      if (gap >= most) return;  // the others are farther still
    }
    if (common != NULL && common[panel] == component) continue;
    const float *halves = field->halves + panel * CK_LANES;
    ck_fill(&meeting, function, field->dimensions, scan->panel, scan->halves, scan->bars, ck_panel_data(field, panel), halves, scan->none);
    for (size_t m = 0; m < CK_LANES; m++) {
      for (uint32_t rows = meeting.wanted_by_rows[m]; rows != 0; rows &= rows - 1) {
        size_t lane = (size_t)__builtin_ctz(rows);
        float squared = ck_squared(meeting.products[m * CK_LANES + lane], scan->halves[lane], halves[m]);
        if (squared < scan->limits[lane]) hit(context, scan, lane, (int32_t)(panel * CK_LANES + m), squared);
      }
    }
  }
}

#endif
