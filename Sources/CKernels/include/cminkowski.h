// Minkowski's distances, for those who ask for another power than Euclid's.
#ifndef CMINKOWSKI_H
#define CMINKOWSKI_H

#include <stddef.h>
#include <stdint.h>

/// The p-th root of the sum of |a[i] - b[i]|^p, p >= 1; the largest difference for infinite p. Where the distance is beyond `limit`, the
/// answer is any number beyond it, found sooner. No sum overflows: differences are taken as shares of the largest.
double ck_minkowski(const float *a, const float *b, size_t dimensions, double p, double limit);

/// Notes in near[i] whether others[i] lies within `radius` of the row, for first <= i < last; stops when `enough` do. Answers with how many.
size_t ck_minkowski_near(const float *rows, size_t dimensions, int32_t row, double p, double radius, const int32_t *others, size_t first,
                         size_t last, size_t enough, uint8_t *near);

/// The distance of the row to the k-th nearest of the `count` - 1 others, 1 <= k < count; `heap` has room for k numbers.
double ck_minkowski_core(const float *rows, size_t count, size_t dimensions, int32_t row, double p, size_t k, double *heap);

#endif
