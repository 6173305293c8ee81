// Distances of any power, row by row: no product of matrices gives them.

#include "cminkowski.h"

#include <math.h>

/// Differences that are raised together.
enum { CHUNK = 32 };

static double largest(const float *a, const float *b, size_t dimensions) {
  double most = 0;
  for (size_t i = 0; i < dimensions; i++) {
    double difference = fabs((double)a[i] - (double)b[i]);
    most = difference > most ? difference : most;
  }
  return most;
}

/// The sum of (|a - b| * scale)^p over a chunk. Whole powers, which are what is asked for, by squaring.
static double raised(const float *a, const float *b, size_t count, double p, double scale) {
  double base[CHUNK], power[CHUNK], sum = 0;
  for (size_t i = 0; i < count; i++) base[i] = fabs((double)a[i] - (double)b[i]) * scale;
  if (p != floor(p) || p > 64) {
    for (size_t i = 0; i < count; i++) sum += pow(base[i], p);
    return sum;
  }
  for (size_t i = 0; i < count; i++) power[i] = 1;
  for (unsigned left = (unsigned)p; left != 0; left >>= 1) {
    if (left & 1)
      for (size_t i = 0; i < count; i++) power[i] *= base[i];
    for (size_t i = 0; i < count; i++) base[i] *= base[i];
  }
  for (size_t i = 0; i < count; i++) sum += power[i];
  return sum;
}

double ck_minkowski(const float *a, const float *b, size_t dimensions, double p, double limit) {
  if (p == 1) {
    double sum = 0;
    for (size_t first = 0; first < dimensions && sum <= limit; first += CHUNK) {
      size_t last = first + CHUNK < dimensions ? first + CHUNK : dimensions;
      for (size_t i = first; i < last; i++) sum += fabs((double)a[i] - (double)b[i]);
    }
    return sum;
  }
  // The distance is at least the largest difference.
  const double most = largest(a, b, dimensions);
  if (most == 0 || most > limit || isinf(p)) return most;
  double sum = 0;
  for (size_t first = 0; first < dimensions; first += CHUNK)
    sum += raised(a + first, b + first, first + CHUNK < dimensions ? CHUNK : dimensions - first, p, 1 / most);
  // Never below the largest difference, whatever rounding does: answers are the same with every limit.
  return fmax(most, most * pow(sum, 1 / p));
}

size_t ck_minkowski_near(const float *rows, size_t dimensions, int32_t row, double p, double radius, const int32_t *others, size_t first,
                         size_t last, size_t enough, uint8_t *near) {
  const float *own = rows + (size_t)row * dimensions;
  size_t found = 0;
  for (size_t i = first; i < last && found < enough; i++) {
    near[i] = ck_minkowski(own, rows + (size_t)others[i] * dimensions, dimensions, p, radius) <= radius;
    found += near[i];
  }
  return found;
}

double ck_minkowski_core(const float *rows, size_t count, size_t dimensions, int32_t row, double p, size_t k, double *heap) {
  const float *own = rows + (size_t)row * dimensions;
  size_t held = 0;
  for (size_t other = 0; other < count; other++) {
    if (other == (size_t)row) continue;
    double bound = held < k ? INFINITY : heap[0];
    double distance = ck_minkowski(own, rows + other * dimensions, dimensions, p, bound);
    size_t place;
    if (held < k) {
      // Up from the end, the greater above the smaller.
      for (place = held++; place > 0 && heap[(place - 1) / 2] < distance; place = (place - 1) / 2) heap[place] = heap[(place - 1) / 2];
    } else if (distance < bound) {
      // Down from the top, whose place it takes.
      for (place = 0;;) {
        size_t child = 2 * place + 1;
        if (child >= k) break;
        if (child + 1 < k && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= distance) break;
        heap[place] = heap[child];
        place = child;
      }
    } else {
      continue;
    }
    heap[place] = distance;
  }
  return heap[0];
}
