// Neighbourhoods and affinities: the levels, and what needs none.

#include <math.h>

#include "cgraph.h"
#include "ckernels.h"

struct graph {
  void (*dense)(const float *a, size_t stride, size_t n, size_t first, size_t last, const double *vectors, size_t count, double *products);
  double (*dot)(const double *a, const double *b, size_t count);
  void (*add)(double *sum, const double *row, double weight, size_t count);
};

#define GR(name) base_##name
#define WIDE
#include "graph_level.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define GR(name) v3_##name
#define WIDE
#include "graph_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define GR(name) v4_##name
#define WIDE __attribute__((min_vector_width(512)))
#include "graph_level.h"
#pragma clang attribute pop

static const struct graph *level(void) {
  static const struct graph *const all[] = {&base_table, &base_table, &v3_table, &v4_table};
  return all[ck_level()];
}

#else
static const struct graph *level(void) { return &base_table; }
#endif

size_t ck_add_within(const float *rows, size_t count, size_t dimensions, const double *point, const float *squares, double limit, double slack,
                     double *sum) {
  size_t within = 0;
  for (size_t i = 0; i < count; i++) {
    if (squares[i] > limit + slack) continue;
    const float *row = rows + i * dimensions;
    if (squares[i] >= limit - slack && ck_centroid_distance(row, point, dimensions) > limit) continue;
    ck_add_row(sum, row, 1, 0, dimensions);
    within++;
  }
  return within;
}

float ck_select(float *values, size_t count, size_t place) {
  // Hoare's selection, with the median of three as pivot.
  size_t low = 0, high = count - 1;
  while (low < high) {
    float a = values[low], b = values[low + (high - low) / 2], c = values[high];
    float pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
    size_t i = low, j = high;
    while (1) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i >= j) break;
      float value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    // values[low ... j] <= pivot <= values[j + 1 ... high], unless j stands on the pivot itself.
    if (i == j) {
      if (place == i) return values[i];
      if (place < i) high = i - 1;
      else low = i + 1;
    } else if (place <= j) high = j;
    else low = j + 1;
  }
  return values[low];
}

enum { SAMPLE = 4096 };

struct ck_middle ck_middle(float *values, size_t count) {
  size_t lower = (count - 1) / 2, upper = count / 2, below = 0, inside = count;
  if (count > 4 * SAMPLE) {
    // A sample tells within which bounds the middle lies, by five deviations of its rank; few values do, and they are gathered in front.
    float sample[SAMPLE];
    for (size_t i = 0; i < SAMPLE; i++) sample[i] = values[i * (count / SAMPLE)];
    float low = ck_select(sample, SAMPLE, SAMPLE / 2 - 160), high = ck_select(sample, SAMPLE, SAMPLE / 2 + 160);
    inside = 0;
    for (size_t i = 0; i < count; i++) below += values[i] < low;
    // Every value changes places, and some stay: without a branch, for on which side a value lies cannot be foretold.
    for (size_t i = 0; i < count; i++) {
      float value = values[i];
      values[i] = values[inside];
      values[inside] = value;
      inside += (value >= low) & (value <= high);
    }
    // Values in an order of their own can mislead a sample: then all are looked at.
    if (lower < below || upper >= below + inside) below = 0, inside = count;
  }
  float first = ck_select(values, inside, lower - below), second = first;
  if (upper != lower) {
    second = INFINITY;
    for (size_t i = upper - below; i < inside; i++) second = values[i] < second ? values[i] : second;
  }
  return (struct ck_middle){first, second};
}

double ck_affinities(float *row, size_t count, double gamma) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    row[i] = expf((float)(-gamma * row[i]));
    sum += row[i];
  }
  return sum;
}

void ck_dense_products(const float *a, size_t stride, size_t n, size_t first, size_t last, const double *vectors, size_t count, double *products) {
  level()->dense(a, stride, n, first, last, vectors, count, products);
}

void ck_sparse_products(const int64_t *starts, const int32_t *columns, const float *entries, size_t n, size_t first, size_t last,
                        const double *vectors, size_t count, double *products) {
  for (size_t v = 0; v < count; v++) {
    const double *vector = vectors + v * n;
    for (size_t i = first; i < last; i++) {
      double sum = 0;
      for (int64_t entry = starts[i]; entry < starts[i + 1]; entry++) sum += entries[entry] * vector[columns[entry]];
      products[v * n + i] = sum;
    }
  }
}

double ck_dot_doubles(const double *a, const double *b, size_t count) { return level()->dot(a, b, count); }

void ck_add_doubles(double *sum, const double *row, double weight, size_t count) { level()->add(sum, row, weight, count); }
