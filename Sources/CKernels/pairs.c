// Kernels over pairs of rows and over columns. What profits from wide vectors is in pairs_level.h; the plain table here is its definition.

#include "cpairs.h"

#include <math.h>
#include <string.h>

#include "table.h"

struct pairs {
  void (*products)(const float *panel, const float *tiles, size_t count, size_t groups, size_t dimensions, int add, float *products);
  void (*values)(float *products, size_t count, long rows, long ahead, const float *row_norms, const float *point_norms, int kind, float gamma,
                 float *lanes, double *point_sums);
  void (*add_signed)(const float *values, size_t groups, const uint8_t *codes, size_t vectors, float *sums);
  void (*add_moments)(const double *centred, size_t count, size_t dimensions, size_t first, size_t last, double *sum);
  void (*project)(const double *centred, size_t count, size_t dimensions, const double *basis, size_t width, double *result);
  void (*add_outer)(const double *centred, const double *products, size_t count, size_t dimensions, size_t width, size_t first, size_t last,
                    double *image);
};

// MARK: - The definitions

static void plain_products(const float *panel, const float *tiles, size_t count, size_t groups, size_t dimensions, int add, float *products) {
  (void)groups;
  for (size_t i = 0; i < count; i++)
    for (size_t lane = 0; lane < CK_LANES; lane++) {
      float sum = add ? products[i * CK_LANES + lane] : 0;
      for (size_t j = 0; j < dimensions; j++) sum = fmaf(panel[j * CK_LANES + lane], tiles[i * dimensions + j], sum);
      products[i * CK_LANES + lane] = sum;
    }
}

static void plain_values(float *products, size_t count, long rows, long ahead, const float *row_norms, const float *point_norms, int kind,
                         float gamma, float *lanes, double *point_sums) {
  for (size_t i = 0; i < count; i++) {
    float sum = 0;
    for (long lane = 0; lane < CK_LANES; lane++) {
      float *value = products + i * CK_LANES + lane, square = fmaxf(0, row_norms[lane] + point_norms[i] - 2 * *value);
      *value = lane >= rows || lane >= ahead + (long)i ? 0 : kind == CK_DISTANCE ? -sqrtf(square) : expf(-gamma * square);
      lanes[lane] += *value;
      sum += *value;
    }
    point_sums[i] += sum;
  }
}

static void plain_add_signed(const float *values, size_t groups, const uint8_t *codes, size_t vectors, float *sums) {
  for (size_t v = 0; v < vectors; v++)
    for (size_t point = 0; point < 4 * groups; point++)
      for (size_t lane = 0; lane < CK_LANES; lane++)
        sums[v * CK_LANES + lane] += codes[point / 4 * vectors + v] >> (4 + point % 4) & 1 ? values[point * CK_LANES + lane] : -values[point * CK_LANES + lane];
}

static void plain_add_moments(const double *centred, size_t count, size_t dimensions, size_t first, size_t last, double *sum) {
  for (size_t i = first; i < last; i++)
    for (size_t j = i; j < dimensions; j++)
      for (size_t row = 0; row < count; row++) sum[i * dimensions + j] += centred[row * dimensions + i] * centred[row * dimensions + j];
}

static void plain_project(const double *centred, size_t count, size_t dimensions, const double *basis, size_t width, double *result) {
  for (size_t row = 0; row < count; row++)
    for (size_t k = 0; k < width; k++) {
      double sum = 0;
      for (size_t j = 0; j < dimensions; j++) sum += centred[row * dimensions + j] * basis[j * width + k];
      result[row * width + k] = sum;
    }
}

static void plain_add_outer(const double *centred, const double *products, size_t count, size_t dimensions, size_t width, size_t first,
                            size_t last, double *image) {
  for (size_t j = first; j < last; j++)
    for (size_t row = 0; row < count; row++)
      for (size_t k = 0; k < width; k++) image[j * width + k] += centred[row * dimensions + j] * products[row * width + k];
}

static const struct pairs plain_pairs = {plain_products, plain_values, plain_add_signed, plain_add_moments, plain_project, plain_add_outer};

// MARK: - The levels

#define PA(name) base_##name
#define STRIP 8
#define WIDE
#include "pairs_level.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define PA(name) v3_##name
#define STRIP 16
#define WIDE
#include "pairs_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define PA(name) v4_##name
#define STRIP 32
#define WIDE __attribute__((min_vector_width(512)))
#include "pairs_level.h"
#pragma clang attribute pop

static const struct pairs *const levels[] = {&plain_pairs, &base_pairs, &v3_pairs, &v4_pairs};

#else
static const struct pairs *const levels[] = {&plain_pairs, &base_pairs, &base_pairs, &base_pairs};
#endif

void ck_products(const float *panel, const float *tiles, size_t count, size_t dimensions, int add, float *products) {
  levels[ck_level()]->products(panel, tiles, count, ck_group_count(count), dimensions, add, products);
}

void ck_add_moments(const double *centred, size_t count, size_t dimensions, size_t first, size_t last, double *sum) {
  levels[ck_level()]->add_moments(centred, count, dimensions, first, last, sum);
}

void ck_project(const double *centred, size_t count, size_t dimensions, const double *basis, size_t width, double *result) {
  levels[ck_level()]->project(centred, count, dimensions, basis, width, result);
}

void ck_add_outer(const double *centred, const double *products, size_t count, size_t dimensions, size_t width, size_t first, size_t last,
                  double *image) {
  levels[ck_level()]->add_outer(centred, products, count, dimensions, width, first, last, image);
}

// MARK: - Kernel values

void ck_kernel_values(float *products, size_t count, size_t rows, long ahead, const float *row_norms, const float *point_norms, int kind,
                      float gamma, double *row_sums, double *point_sums) {
  float lanes[CK_LANES] = {0};
  levels[ck_level()]->values(products, count, (long)rows, ahead, row_norms, point_norms, kind, gamma, lanes, point_sums);
  for (int lane = 0; lane < CK_LANES; lane++) row_sums[lane] += lanes[lane];
}

/// SplitMix64, as Basics has it.
static uint64_t draw(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void ck_draw_signs(uint64_t seed, size_t count, size_t chosen, int32_t *scratch, int8_t *signs) {
  for (size_t i = 0; i < count; i++) scratch[i] = (int32_t)i;
  memset(signs, -1, count);
  // The first cards of a deck being shuffled. The high half of a product is even to within count / 2^32 (Lemire 2019, without rejection).
  for (size_t i = 0; i < chosen; i++) {
    size_t place = i + (size_t)(((draw(&seed) >> 32) * (uint64_t)(count - i)) >> 32);
    int32_t card = scratch[place];
    scratch[place] = scratch[i];
    signs[card] = 1;
  }
}

void ck_pack_signs(const int8_t *signs, size_t stride, size_t vectors, size_t first, size_t count, uint8_t *codes) {
  for (size_t group = 0; group * 4 < count; group++)
    for (size_t v = 0; v < vectors; v++) {
      const int8_t *four = signs + v * stride + first + group * 4;
      uint8_t code = 0;
      for (size_t i = 0; i < 4 && group * 4 + i < count; i++) code |= (uint8_t)((four[i] > 0) << (4 + i));
      codes[group * vectors + v] = code;
    }
}

void ck_add_signed(const float *values, size_t count, const uint8_t *codes, size_t vectors, float *sums) {
  levels[ck_level()]->add_signed(values, (count + 3) / 4, codes, vectors, sums);
}

void ck_add_forms(const float *products, const int8_t *signs, size_t stride, size_t vectors, size_t first, size_t rows, double *forms) {
  for (size_t v = 0; v < vectors; v++) {
    const float *product = products + v * CK_LANES;
    const int8_t *sign = signs + v * stride + first;
    double sum = 0;
    for (size_t lane = 0; lane < rows; lane++) sum += (double)product[lane] * sign[lane];
    forms[v] += sum;
  }
}

void ck_add_numbers(double *sum, const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += values[i];
}

double ck_signed_sum(const double *values, const int8_t *signs, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i] * signs[i];
  return sum;
}

// MARK: - The lowest few

void ck_keep_lowest(const float *products, size_t count, const float *norms, float scale, int32_t first, size_t keep, float *values,
                    int32_t *indices) {
  float limits[CK_LANES];
  for (size_t lane = 0; lane < CK_LANES; lane++) limits[lane] = values[lane * keep + keep - 1];
  for (size_t i = 0; i < count; i++) {
    const float *product = products + i * CK_LANES;
    int any = 0;
    for (int lane = 0; lane < CK_LANES; lane++) any |= norms[i] + scale * product[lane] < limits[lane];
    if (!any) continue;
    for (size_t lane = 0; lane < CK_LANES; lane++) {
      float value = norms[i] + scale * product[lane];
      if (!(value < limits[lane])) continue;
      float *list = values + lane * keep;
      int32_t *numbers = indices + lane * keep;
      size_t place = keep - 1;
      for (; place > 0 && value < list[place - 1]; place--) {
        list[place] = list[place - 1];
        numbers[place] = numbers[place - 1];
      }
      list[place] = value;
      numbers[place] = first + (int32_t)i;
      limits[lane] = list[keep - 1];
    }
  }
}

double ck_direction(const float *row, size_t dimensions, float *result) {
  double square = ck_dot(row, row, dimensions);
  double scale = square > 0 ? 1 / sqrt(square) : 0;
  for (size_t j = 0; j < dimensions; j++) result[j] = (float)(row[j] * scale);
  return square;
}

void ck_merge_nearest(const float *low, const float *next, const int32_t *label, int32_t first, float *best, float *second, int32_t *numbers) {
  for (int lane = 0; lane < CK_LANES; lane++) {
    if (low[lane] < best[lane]) {
      second[lane] = best[lane] < next[lane] ? best[lane] : next[lane];
      best[lane] = low[lane];
      numbers[lane] = first + label[lane];
    } else if (low[lane] < second[lane]) {
      second[lane] = low[lane];
    }
  }
}

// MARK: - Columns

void ck_centre_rows(const float *rows, size_t count, size_t dimensions, const double *mean, double *centred) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < dimensions; j++) centred[i * dimensions + j] = rows[i * dimensions + j] - mean[j];
}

void ck_blend(const double *x, double a, const double *y, double b, double *result, size_t count) {
  for (size_t i = 0; i < count; i++) result[i] = a * x[i] + b * y[i];
}

void ck_solve_factored(const double *factor, size_t size, double *vector) {
  for (size_t i = 0; i < size; i++) {
    double sum = vector[i];
    for (size_t j = 0; j < i; j++) sum -= factor[i * size + j] * vector[j];
    vector[i] = sum / factor[i * size + i];
  }
  // Row by row upwards: each solved entry is taken out of all those above it, so that memory is read in order.
  for (size_t i = size; i-- > 0;) {
    vector[i] /= factor[i * size + i];
    for (size_t j = 0; j < i; j++) vector[j] -= factor[i * size + j] * vector[i];
  }
}

double ck_wide_dot(const float *row, const double *vector, size_t dimensions) {
  double sum = 0;
  for (size_t j = 0; j < dimensions; j++) sum += row[j] * vector[j];
  return sum;
}

void ck_widen(const float *values, size_t count, double *result) {
  for (size_t i = 0; i < count; i++) result[i] = values[i];
}

void ck_mirror(const double *upper, size_t size, double divisor, double *result) {
  for (size_t i = 0; i < size; i++)
    for (size_t j = i; j < size; j++) result[i * size + j] = result[j * size + i] = upper[i * size + j] / divisor;
}

void ck_add_squares(const float *rows, size_t count, size_t dimensions, const double *mean, double *sums) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < dimensions; j++) sums[j] += (rows[i * dimensions + j] - mean[j]) * (rows[i * dimensions + j] - mean[j]);
}

void ck_orthonormalise(double *basis, size_t dimensions, size_t width) {
  // Gram, Schmidt, each column twice: once leaves what rounding made of nearly equal columns (Giraud, Langou 2002).
  for (size_t k = 0; k < width; k++) {
    double before = 0, after = 0;
    for (size_t j = 0; j < dimensions; j++) before += basis[j * width + k] * basis[j * width + k];
    for (int pass = 0; pass < 2; pass++)
      for (size_t other = 0; other < k; other++) {
        double product = 0;
        for (size_t j = 0; j < dimensions; j++) product += basis[j * width + k] * basis[j * width + other];
        for (size_t j = 0; j < dimensions; j++) basis[j * width + k] -= product * basis[j * width + other];
      }
    for (size_t j = 0; j < dimensions; j++) after += basis[j * width + k] * basis[j * width + k];
    double scale = after > before * 1e-26 && after > 0 ? 1 / sqrt(after) : 0;
    for (size_t j = 0; j < dimensions; j++) basis[j * width + k] *= scale;
  }
}

void ck_combine(const double *basis, size_t dimensions, size_t width, const double *weights, double *result) {
  for (size_t j = 0; j < dimensions; j++) {
    result[j] = 0;
    for (size_t k = 0; k < width; k++) result[j] += basis[j * width + k] * weights[k];
  }
}

void ck_fill_random(uint64_t seed, double *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = (double)(int64_t)draw(&seed) * 0x1p-63;
}

void ck_narrow(const double *values, size_t count, float *result) {
  for (size_t i = 0; i < count; i++) result[i] = (float)values[i];
}

void ck_take_column(const float *rows, size_t count, size_t dimensions, size_t column, float *values) {
  for (size_t i = 0; i < count; i++) values[i] = rows[i * dimensions + column];
}

/// A float as an integer of the same order: negative ones turned over, the sign bit set on the others.
static inline uint32_t ordered(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

void ck_sort(float *values, size_t count, float *scratch) {
  // By digits of 11 bits, lowest first: three passes, whatever the order.
  float *from = values, *to = scratch;
  for (int shift = 0; shift < 33; shift += 11) {
    size_t places[2048] = {0}, next = 0;
    for (size_t i = 0; i < count; i++) places[(ordered(from[i]) >> shift) & 2047]++;
    for (size_t digit = 0; digit < 2048; digit++) {
      size_t size = places[digit];
      places[digit] = next;
      next += size;
    }
    for (size_t i = 0; i < count; i++) to[places[(ordered(from[i]) >> shift) & 2047]++] = from[i];
    float *other = from;
    from = to;
    to = other;
  }
  memcpy(values, scratch, count * sizeof *values);
}

struct ck_comparison ck_compare_sorted(const float *a, size_t a_count, const float *b, size_t b_count) {
  struct ck_comparison result = {0, 0};
  size_t i = 0, j = 0;
  double before = 0, gap = 0;
  for (int started = 0; i < a_count || j < b_count; started = 1) {
    double value = i == a_count ? b[j] : j == b_count ? a[i] : a[i] < b[j] ? a[i] : b[j];
    if (started) result.area += gap * (value - before);
    while (i < a_count && a[i] <= value) i++;
    while (j < b_count && b[j] <= value) j++;
    gap = fabs((double)i / (double)a_count - (double)j / (double)b_count);
    result.distance = fmax(result.distance, gap);
    before = value;
  }
  return result;
}

double ck_ranked_above(const float *a, size_t a_count, const float *b, size_t b_count) {
  size_t below = 0, upTo = 0;
  double sum = 0;
  for (size_t j = 0; j < b_count; j++) {
    while (below < a_count && a[below] < b[j]) below++;
    if (upTo < below) upTo = below;
    while (upTo < a_count && a[upTo] <= b[j]) upTo++;
    sum += (double)below + 0.5 * (double)(upTo - below);
  }
  return sum / ((double)a_count * (double)b_count);
}
