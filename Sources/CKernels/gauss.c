// Normal distributions: the levels, and what needs none. Everything is in double precision and adds rows in their order.

#include <math.h>
#include <string.h>

#include "cgauss.h"
#include "ckernels.h"

struct gauss {
  void (*whiten)(const double *inverse, size_t dimensions, const double *panel, double *whitened);
  void (*squares)(const double *panel, size_t dimensions, const double *shift, const double *scale, double *squares);
  void (*scatter)(const double *plain, const double *weighted, size_t rows, size_t width, size_t first, size_t last, double *scatter);
};

#define GA(name) base_##name
#define WIDE
#include "gauss_level.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define GA(name) v3_##name
#define WIDE
#include "gauss_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define GA(name) v4_##name
#define WIDE __attribute__((min_vector_width(512)))
#include "gauss_level.h"
#pragma clang attribute pop

static const struct gauss *level(void) {
  static const struct gauss *const all[] = {&base_table, &base_table, &v3_table, &v4_table};
  return all[ck_level()];
}

#else
static const struct gauss *level(void) { return &base_table; }
#endif

void ck_centre_panel(const float *rows, size_t count, size_t dimensions, const double *centre, double *panel) {
  for (size_t lane = 0; lane < CK_WIDE_LANES; lane++)
    for (size_t j = 0; j < dimensions; j++)
      panel[j * CK_WIDE_LANES + lane] = lane < count ? rows[lane * dimensions + j] - centre[j] : 0;
}

void ck_whiten(const double *inverse, size_t dimensions, const double *panel, double *whitened) {
  level()->whiten(inverse, dimensions, panel, whitened);
}

void ck_panel_squares(const double *panel, size_t dimensions, const double *shift, const double *scale, double *squares) {
  level()->squares(panel, dimensions, shift, scale, squares);
}

void ck_add_scatter(const float *rows, size_t count, size_t dimensions, const double *centre, const double *weights, size_t step,
                    size_t first, size_t last, double *scatter, size_t width, double *scratch) {
  enum { PORTION = 16 };
  double *plain = scratch, *weighted = scratch + PORTION * width;
  memset(scratch, 0, 2 * PORTION * width * sizeof *scratch);
  for (size_t from = 0; from < count; from += PORTION) {
    size_t portion = from + PORTION < count ? PORTION : count - from;
    for (size_t row = 0; row < portion; row++) {
      const float *values = rows + (from + row) * dimensions;
      double weight = weights[(from + row) * step];
      for (size_t j = 0; j < last; j++) plain[row * width + j] = values[j] - centre[j];
      for (size_t j = first; j < last; j++) weighted[row * width + j] = weight * plain[row * width + j];
    }
    level()->scatter(plain, weighted, portion, width, first, last, scatter);
  }
}

void ck_add_deviations(const float *rows, size_t count, size_t dimensions, const double *centre, const double *weights, size_t step,
                       size_t first, size_t last, double *sums) {
  for (size_t row = 0; row < count; row++) {
    double weight = weights[row * step];
    for (size_t j = first; j < last; j++) {
      double deviation = rows[row * dimensions + j] - centre[j];
      sums[j] += weight * deviation * deviation;
    }
  }
}

double ck_softmax(double *logarithms, size_t count) {
  double largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < count; i++) largest = logarithms[i] > largest ? logarithms[i] : largest;
  for (size_t i = 0; i < count; i++) sum += logarithms[i] = exp(logarithms[i] - largest);
  for (size_t i = 0; i < count; i++) logarithms[i] /= sum;
  return largest + log(sum);
}
