// Rows that merge: the plain definitions, the levels, and what needs none.

#include <math.h>

#include "cchain.h"
#include "ckernels.h"

// MARK: - The definitions

// Once for each precision: what the loops of chain_level.h are tested against.
#define DEFINITIONS(NUMBER, CH) \
  struct CH(loops) { \
    size_t (*least)(const NUMBER *row, const NUMBER *barrier, size_t count, NUMBER *value); \
    void (*complete)(const NUMBER *a, NUMBER *b, size_t count); \
    void (*average)(const NUMBER *a, NUMBER *b, size_t count, NUMBER a_size, NUMBER b_size); \
    void (*ward)(const NUMBER *a, NUMBER *b, size_t count, NUMBER a_size, NUMBER b_size, NUMBER between, const NUMBER *sizes); \
  }; \
  static size_t CH(plain_least)(const NUMBER *row, const NUMBER *barrier, size_t count, NUMBER *value) { \
    size_t best = 0; \
    *value = INFINITY; \
    for (size_t i = 0; i < count; i++) \
      if (row[i] + barrier[i] < *value) *value = row[best = i]; \
    return best; \
  } \
  static void CH(plain_complete)(const NUMBER *a, NUMBER *b, size_t count) { \
    for (size_t i = 0; i < count; i++) b[i] = a[i] > b[i] ? a[i] : b[i]; \
  } \
  static void CH(plain_average)(const NUMBER *a, NUMBER *b, size_t count, NUMBER a_size, NUMBER b_size) { \
    for (size_t i = 0; i < count; i++) b[i] = (a_size * a[i] + b_size * b[i]) / (a_size + b_size); \
  } \
  static void CH(plain_ward)(const NUMBER *a, NUMBER *b, size_t count, NUMBER a_size, NUMBER b_size, NUMBER between, \
                             const NUMBER *sizes) { \
    for (size_t i = 0; i < count; i++) { \
      NUMBER all = a_size + b_size + sizes[i]; \
      b[i] = (a_size + sizes[i]) / all * a[i] + (b_size + sizes[i]) / all * b[i] - sizes[i] / all * between; \
    } \
  } \
  static const struct CH(loops) CH(plain) = {CH(plain_least), CH(plain_complete), CH(plain_average), CH(plain_ward)};

#define FLOATS(name) float_##name
#define DOUBLES(name) double_##name
DEFINITIONS(float, FLOATS)
DEFINITIONS(double, DOUBLES)

// MARK: - The levels

#define NUMBER float
#define INDEX int32_t
#define LOOPS float_loops
#define CH(name) float_base_##name
#define LANES 4
#define WIDE
#include "chain_level.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CH(name) float_v3_##name
#define LANES 8
#define WIDE
#include "chain_level.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define CH(name) float_v4_##name
#define LANES 16
#define WIDE __attribute__((min_vector_width(512)))
#include "chain_level.h"
#pragma clang attribute pop
#endif
#undef NUMBER
#undef INDEX
#undef LOOPS

#define NUMBER double
#define INDEX int64_t
#define LOOPS double_loops
#define CH(name) double_base_##name
#define LANES 2
#define WIDE
#include "chain_level.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CH(name) double_v3_##name
#define LANES 4
#define WIDE
#include "chain_level.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define CH(name) double_v4_##name
#define LANES 8
#define WIDE __attribute__((min_vector_width(512)))
#include "chain_level.h"
#pragma clang attribute pop
#endif
#undef NUMBER
#undef INDEX
#undef LOOPS

#if defined(__x86_64__)
static const struct float_loops *const floats[] = {&float_plain, &float_base_table, &float_v3_table, &float_v4_table};
static const struct double_loops *const doubles[] = {&double_plain, &double_base_table, &double_v3_table, &double_v4_table};
#else
static const struct float_loops *const floats[] = {&float_plain, &float_base_table, &float_base_table, &float_base_table};
static const struct double_loops *const doubles[] = {&double_plain, &double_base_table, &double_base_table, &double_base_table};
#endif

size_t ck_least_float(const float *row, const float *barrier, size_t count, float *least) {
  return floats[ck_level()]->least(row, barrier, count, least);
}
size_t ck_least_double(const double *row, const double *barrier, size_t count, double *least) {
  return doubles[ck_level()]->least(row, barrier, count, least);
}

void ck_merge_complete_float(const float *a, float *b, size_t count) { floats[ck_level()]->complete(a, b, count); }
void ck_merge_complete_double(const double *a, double *b, size_t count) { doubles[ck_level()]->complete(a, b, count); }

void ck_merge_average_float(const float *a, float *b, size_t count, float a_size, float b_size) {
  floats[ck_level()]->average(a, b, count, a_size, b_size);
}
void ck_merge_average_double(const double *a, double *b, size_t count, double a_size, double b_size) {
  doubles[ck_level()]->average(a, b, count, a_size, b_size);
}

void ck_merge_ward_float(const float *a, float *b, size_t count, float a_size, float b_size, float between, const float *sizes) {
  floats[ck_level()]->ward(a, b, count, a_size, b_size, between, sizes);
}
void ck_merge_ward_double(const double *a, double *b, size_t count, double a_size, double b_size, double between, const double *sizes) {
  doubles[ck_level()]->ward(a, b, count, a_size, b_size, between, sizes);
}

// MARK: - Without a level

// Each entry lies in a cache line of its own: many are asked for at once.
#define REFRESH \
  for (size_t i = 0; i < count; i++) { \
    if (i + 24 < count) __builtin_prefetch(matrix + (size_t)columns[i + 24] * stride + row); \
    matrix[row * stride + (size_t)columns[i]] = matrix[(size_t)columns[i] * stride + row]; \
  }

void ck_refresh_floats(float *matrix, size_t stride, size_t row, const int32_t *columns, size_t count) { REFRESH }
void ck_refresh_doubles(double *matrix, size_t stride, size_t row, const int32_t *columns, size_t count) { REFRESH }

double ck_merge_means(const double *a, double *b, size_t dimensions, double a_size, double b_size) {
  typedef double four __attribute__((ext_vector_type(4), aligned(8)));
  double total = a_size + b_size, square = 0;
  four squares = 0;
  size_t j = 0;
  for (; j + 4 <= dimensions; j += 4) {
    four x = *(const four *)(a + j), y = *(four *)(b + j);
    squares += (x - y) * (x - y);
    *(four *)(b + j) = (x * a_size + y * b_size) / total;
  }
  for (; j < dimensions; j++) {
    square += (a[j] - b[j]) * (a[j] - b[j]);
    b[j] = (a[j] * a_size + b[j] * b_size) / total;
  }
  for (int i = 0; i < 4; i++) square += squares[i];
  return square;
}
