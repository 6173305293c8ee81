// Symmetric matrices: Householder's reduction, the QL iteration, Cholesky. The story is here, the loops are in symmetric_level.h.

#include <float.h>
#include <math.h>
#include <string.h>

#include "ckernels.h"
#include "csymmetric.h"

struct loops {
  double (*dot)(const double *a, const double *b, size_t n);
  void (*add)(double *sum, const double *row, double weight, size_t n);
  double (*dot_add)(const double *row, const double *vector, double *sum, double weight, size_t n);
  void (*take_two)(double *row, const double *p, double a, const double *q, double b, size_t n);
  void (*rotate)(double *rows, size_t n, size_t last, size_t count, const struct ck_rotation *rotations, size_t first, size_t end);
};

#define SY(name) base_##name
#define WIDE
#include "symmetric_level.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define SY(name) v3_##name
#define WIDE
#include "symmetric_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define SY(name) v4_##name
#define WIDE __attribute__((min_vector_width(512)))
#include "symmetric_level.h"
#pragma clang attribute pop

static const struct loops *loops(void) {
  static const struct loops *const all[] = {&base_loops, &base_loops, &v3_loops, &v4_loops};
  return all[ck_level()];
}

#else
static const struct loops *loops(void) { return &base_loops; }
#endif

// MARK: - To three diagonals

void ck_reduce_row(double *a, size_t n, size_t row, double *beside, double *halves, double *scratch) {
  const struct loops *l = loops();
  double *u = a + row * n;
  size_t count = row;
  halves[row] = 0;
  double scale = 0;
  for (size_t k = 0; k + 1 < count; k++) scale = fmax(scale, fabs(u[k]));
  if (scale == 0) {
    beside[row] = u[count - 1];
    return;
  }
  scale = fmax(scale, fabs(u[count - 1]));
  for (size_t k = 0; k < count; k++) u[k] /= scale;
  double square = l->dot(u, u, count);
  double last = u[count - 1];
  double length = last >= 0 ? -sqrt(square) : sqrt(square);
  beside[row] = scale * length;
  double half = square - last * length;
  u[count - 1] = last - length;
  halves[row] = half;
  // p = A u / half, from the lower triangle alone; q = p - u (u.p / 2 half); A -= q u' + u q'.
  double *p = scratch;
  memset(p, 0, count * sizeof *p);
  for (size_t k = 0; k < count; k++) {
    double product = l->dot_add(a + k * n, u, p, u[k], k);
    p[k] += product + a[k * n + k] * u[k];
  }
  for (size_t k = 0; k < count; k++) p[k] /= half;
  double share = l->dot(u, p, count) / (2 * half);
  l->add(p, u, -share, count);
  for (size_t k = 0; k < count; k++) l->take_two(a + k * n, u, p[k], p, u[k], k + 1);
}

void ck_take_diagonal(double *a, size_t n, double *diagonal) {
  for (size_t i = 0; i < n; i++) diagonal[i] = a[i * n + i];
}

void ck_mirror_back(double *a, size_t n, size_t row, const double *halves, double *scratch) {
  const struct loops *l = loops();
  double *u = a + row * n;
  if (halves[row] != 0) {
    memset(scratch, 0, row * sizeof *scratch);
    for (size_t k = 0; k < row; k++) l->add(scratch, a + k * n, u[k], row);
    for (size_t k = 0; k < row; k++) l->add(a + k * n, scratch, -u[k] / halves[row], row);
  }
  for (size_t k = 0; k < row; k++) u[k] = a[k * n + row] = 0;
  u[row] = 1;
}

void ck_transpose(double *a, size_t n) {
  enum { SIDE = 16 };
  for (size_t i = 0; i < n; i += SIDE)
    for (size_t j = 0; j <= i; j += SIDE)
      for (size_t k = i; k < i + SIDE && k < n; k++)
        for (size_t m = j; m < j + SIDE && m < k; m++) {
          double value = a[k * n + m];
          a[k * n + m] = a[m * n + k];
          a[m * n + k] = value;
        }
}

// MARK: - QL

size_t ck_sweep(double *diagonal, double *beside, size_t n, size_t first, size_t *last, struct ck_rotation *rotations) {
  double *d = diagonal, *e = beside;
  size_t m = first;
  while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1]))) m++;
  if (m == first) return 0;
  *last = m;
  double g = (d[first + 1] - d[first]) / (2 * e[first]);
  double r = hypot(g, 1);
  g = d[m] - d[first] + e[first] / (g + (g >= 0 ? r : -r));
  double s = 1, c = 1, p = 0;
  size_t count = 0;
  for (size_t i = m; i-- > first;) {
    double f = s * e[i], b = c * e[i];
    r = hypot(f, g);
    e[i + 1] = r;
    if (r == 0) {
      // The matrix falls apart here: what was rotated so far counts, the rest is for the next sweep.
      d[i + 1] -= p;
      e[m] = 0;
      return count == 0 ? ck_sweep(d, e, n, first, last, rotations) : count;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    rotations[count++] = (struct ck_rotation){.cosine = c, .sine = s};
  }
  d[first] -= p;
  e[first] = g;
  e[m] = 0;
  return count;
}

void ck_rotate_rows(double *rows, size_t n, size_t last, size_t count, const struct ck_rotation *rotations, size_t first, size_t end) {
  loops()->rotate(rows, n, last, count, rotations, first, end);
}

// MARK: - Cholesky

size_t ck_cholesky(double *a, size_t n) { return ck_cholesky_rows(a, n, 0, n); }

size_t ck_cholesky_rows(double *a, size_t n, size_t first, size_t last) {
  const struct loops *l = loops();
  for (size_t i = first; i < last; i++) {
    for (size_t j = 0; j < i; j++) a[i * n + j] = (a[i * n + j] - l->dot(a + i * n, a + j * n, j)) / a[j * n + j];
    double rest = a[i * n + i] - l->dot(a + i * n, a + i * n, i);
    if (!(rest > 0)) return i;
    a[i * n + i] = sqrt(rest);
    for (size_t j = i + 1; j < n; j++) a[i * n + j] = 0;
  }
  return last;
}

void ck_invert_lower(const double *l, size_t n, double *inverse) { ck_invert_lower_rows(l, n, inverse, 0, n); }

void ck_invert_lower_rows(const double *l, size_t n, double *inverse, size_t first, size_t last) {
  const struct loops *loop = loops();
  memset(inverse + first * n, 0, (last - first) * n * sizeof *inverse);
  for (size_t i = first; i < last; i++) {
    double *row = inverse + i * n;
    for (size_t k = 0; k < i; k++) loop->add(row, inverse + k * n, -l[i * n + k], k + 1);
    double scale = 1 / l[i * n + i];
    for (size_t k = 0; k < i; k++) row[k] *= scale;
    row[i] = scale;
  }
}
