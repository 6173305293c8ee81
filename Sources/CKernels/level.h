// The fast kernels, included once per instruction set by kernels.c with these macros defined:
//   CK(name)  the name of a function at this level
//   STRIP     rows per pass: as many as two vector registers hold floats
//   GROUP     most centroids per pass: two accumulators each, and the rows and a broadcast value must also find registers
//   WIDE      an attribute that lets the compiler keep vectors of this level's full width
//
// Every sum over dimensions stays in its row's lane and runs from the first dimension to the last, as in the plain
// definition; where multiply-add is fused the results are therefore equal to its results, whatever the tail.

typedef float CK(strip) __attribute__((ext_vector_type(STRIP), aligned(4)));
typedef int32_t CK(istrip) __attribute__((ext_vector_type(STRIP), aligned(4)));
typedef float CK(half) __attribute__((ext_vector_type(STRIP / 2), aligned(4)));
typedef double CK(wide) __attribute__((ext_vector_type(STRIP / 2), aligned(8)));

#define UNROLLED _Pragma("clang loop unroll(full)")

// Group by group over all tiles, with the right unrolled function for the group's size.
#define CASE(CALL, M) \
  case M: \
    CALL(M); \
    break;
#if GROUP == 12
#define EACH(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)
#define CASES(C) \
  CASE(C, 1) CASE(C, 2) CASE(C, 3) CASE(C, 4) CASE(C, 5) CASE(C, 6) CASE(C, 7) CASE(C, 8) CASE(C, 9) CASE(C, 10) CASE(C, 11) CASE(C, 12)
#else
#define EACH(F) F(1) F(2) F(3) F(4) F(5) F(6)
#define CASES(C) CASE(C, 1) CASE(C, 2) CASE(C, 3) CASE(C, 4) CASE(C, 5) CASE(C, 6)
#endif

// MARK: - Nearest: products, with the smallest two and the label kept beside the accumulators

#define NEAREST(M) \
  WIDE static void CK(nearest##M)(const float *panel, const float *tile, const float *norms, size_t dimensions, const float *ahead, \
                                  int32_t index, int32_t *labels, float *best, float *second) { \
    CK(strip) sum[M]; \
    UNROLLED for (int m = 0; m < M; m++) sum[m] = 0; \
    for (size_t j = 0; j < dimensions; j++, tile += M) { \
      __builtin_prefetch(ahead + j * 16, 0, 2); \
      CK(strip) row = *(const CK(strip) *)(panel + j * CK_LANES); \
      UNROLLED for (int m = 0; m < M; m++) sum[m] += row * tile[m]; \
    } \
    CK(strip) low = *(CK(strip) *)best, runner_up = *(CK(strip) *)second; \
    CK(istrip) label = *(CK(istrip) *)labels; \
    UNROLLED for (int m = 0; m < M; m++) { \
      CK(strip) value = sum[m] + norms[m]; \
      CK(istrip) lower = value < low; \
      CK(strip) rest = lower ? low : value; \
      low = lower ? value : low; \
      label = lower ? (CK(istrip))(index + m) : label; \
      runner_up = rest < runner_up ? rest : runner_up; \
    } \
    *(CK(strip) *)best = low; \
    *(CK(strip) *)second = runner_up; \
    *(CK(istrip) *)labels = label; \
  }
EACH(NEAREST)
#undef NEAREST

WIDE static void CK(nearest)(const float *panel, const float *tiles, const float *norms, size_t count, size_t dimensions, const float *next,
                             int32_t *labels, float *best, float *second) {
  for (int lane = 0; lane < CK_LANES; lane++) {
    labels[lane] = 0;
    best[lane] = second[lane] = INFINITY;
  }
  size_t groups = ck_groups(count, GROUP), index = 0;
  for (size_t group = 0; group < groups; group++) {
    size_t size = ck_group_size(count, groups, group);
    // A panel is 2 * dimensions cache lines: half of the next one is asked for during the first group, half during the second.
    const float *ahead = (next == NULL ? panel : next) + (group & 1) * dimensions * 16;
    for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
#define CALL(M) \
  CK(nearest##M)(panel + strip, tiles + index * dimensions, norms + index, dimensions, ahead, (int32_t)index, labels + strip, \
                 best + strip, second + strip)
      switch (size) { CASES(CALL) }
#undef CALL
    }
    index += size;
  }
}

// MARK: - Squared distances, by differences: no cancellation, and 0 between equal rows

#define DISTANCES(M) \
  WIDE static void CK(distances##M)(const float *panel, const float *tile, size_t dimensions, float *result) { \
    CK(strip) sum[M]; \
    UNROLLED for (int m = 0; m < M; m++) sum[m] = 0; \
    for (size_t j = 0; j < dimensions; j++, tile += M) { \
      CK(strip) row = *(const CK(strip) *)(panel + j * CK_LANES); \
      UNROLLED for (int m = 0; m < M; m++) { \
        CK(strip) difference = row - tile[m]; \
        sum[m] += difference * difference; \
      } \
    } \
    UNROLLED for (int m = 0; m < M; m++) *(CK(strip) *)(result + m * CK_LANES) = sum[m]; \
  }
EACH(DISTANCES)
#undef DISTANCES

/// One group of `size` points against all 32 rows: result[m * 32 + lane].
WIDE static void CK(distances)(const float *panel, const float *tile, size_t size, size_t dimensions, float *result) {
  for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
#define CALL(M) CK(distances##M)(panel + strip, tile, dimensions, result + strip)
    switch (size) { CASES(CALL) }
#undef CALL
  }
}

WIDE static void CK(all_distances)(const float *panel, const float *tiles, size_t count, size_t dimensions, float *squares) {
  size_t groups = ck_groups(count, GROUP), index = 0;
  for (size_t group = 0; group < groups; group++) {
    size_t size = ck_group_size(count, groups, group);
    CK(distances)(panel, tiles + index * dimensions, size, dimensions, squares + index * CK_LANES);
    index += size;
  }
}

WIDE static void CK(add_distances)(const float *panel, const float *tiles, size_t count, size_t dimensions, double *sums) {
  float block[GROUP * CK_LANES] __attribute__((aligned(64)));
  size_t groups = ck_groups(count, GROUP), index = 0;
  for (size_t group = 0; group < groups; group++) {
    size_t size = ck_group_size(count, groups, group);
    CK(distances)(panel, tiles + index * dimensions, size, dimensions, block);
    // The points one after the other, as the definition adds them; the lanes side by side.
    for (size_t m = 0; m < size; m++)
      for (int lane = 0; lane < CK_LANES; lane++) sums[lane] += sqrtf(block[m * CK_LANES + lane]);
    index += size;
  }
}

// MARK: - Squared distances, by products: half the work, and good as long as no row is near a point

#define SQUARES(M) \
  WIDE static size_t CK(squares##M)(const float *panel, const float *norms, const float *tile, const float *tile_norms, size_t dimensions, \
                                    float *result) { \
    CK(strip) sum[M]; \
    UNROLLED for (int m = 0; m < M; m++) sum[m] = 0; \
    for (size_t j = 0; j < dimensions; j++, tile += M) { \
      CK(strip) row = *(const CK(strip) *)(panel + j * CK_LANES); \
      UNROLLED for (int m = 0; m < M; m++) sum[m] += row * tile[m]; \
    } \
    CK(istrip) near = 0; \
    UNROLLED for (int m = 0; m < M; m++) { \
      CK(strip) lengths = *(const CK(strip) *)norms + tile_norms[m]; \
      CK(strip) square = sum[m] * -2 + lengths; \
      near += square * 16 < lengths; \
      *(CK(strip) *)(result + m * CK_LANES) = square; \
    } \
    size_t found = 0; \
    for (int lane = 0; lane < STRIP; lane++) found -= (size_t)near[lane]; \
    return found; \
  }
EACH(SQUARES)
#undef SQUARES

WIDE static size_t CK(squares)(const float *panel, const float *norms, const float *tiles, const float *tile_norms, size_t count,
                               size_t dimensions, float *result) {
  size_t groups = ck_groups(count, GROUP), index = 0, found = 0;
  for (size_t group = 0; group < groups; group++) {
    size_t size = ck_group_size(count, groups, group);
    for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
#define CALL(M) \
  found += CK(squares##M)(panel + strip, norms + strip, tiles + index * dimensions, tile_norms + index, dimensions, \
                          result + index * CK_LANES + strip)
      switch (size) { CASES(CALL) }
#undef CALL
    }
    index += size;
  }
  return found;
}

// MARK: - Rows in double precision

#define WIDENED(pointer) __builtin_convertvector(*(const CK(half) *)(pointer), CK(wide))

/// total = the lanes of sum, in order. (A function would pass a vector by value, which no two instruction sets do alike.)
#define TOTAL(total, sum) \
  double total = 0; \
  for (int i = 0; i < STRIP / 2; i++) total += (sum)[i];

WIDE static double CK(dot)(const float *a, const float *b, size_t dimensions) {
  CK(wide) sum = 0;
  size_t j = 0;
  for (; j + STRIP / 2 <= dimensions; j += STRIP / 2) sum += WIDENED(a + j) * WIDENED(b + j);
  TOTAL(total, sum)
  for (; j < dimensions; j++) total += (double)a[j] * b[j];
  return total;
}

WIDE static double CK(squared_distance)(const float *a, const float *b, size_t dimensions) {
  CK(wide) sum = 0;
  size_t j = 0;
  for (; j + STRIP / 2 <= dimensions; j += STRIP / 2) {
    CK(wide) difference = WIDENED(a + j) - WIDENED(b + j);
    sum += difference * difference;
  }
  TOTAL(total, sum)
  for (; j < dimensions; j++) total += ((double)a[j] - b[j]) * ((double)a[j] - b[j]);
  return total;
}

WIDE static double CK(centroid_distance)(const float *row, const double *centroid, size_t dimensions) {
  CK(wide) sum = 0;
  size_t j = 0;
  for (; j + STRIP / 2 <= dimensions; j += STRIP / 2) {
    CK(wide) difference = WIDENED(row + j) - *(const CK(wide) *)(centroid + j);
    sum += difference * difference;
  }
  TOTAL(total, sum)
  for (; j < dimensions; j++) total += (row[j] - centroid[j]) * (row[j] - centroid[j]);
  return total;
}

WIDE static void CK(add_row)(double *sum, const float *row, double weight, size_t first, size_t last) {
  size_t j = first;
  for (; j + STRIP / 2 <= last; j += STRIP / 2) *(CK(wide) *)(sum + j) += WIDENED(row + j) * weight;
  for (; j < last; j++) sum[j] += row[j] * weight;
}

static const struct ck_table CK(table) = {
    .group = GROUP,
    .nearest = CK(nearest),
    .squares = CK(squares),
    .distances = CK(all_distances),
    .add_distances = CK(add_distances),
    .dot = CK(dot),
    .squared_distance = CK(squared_distance),
    .centroid_distance = CK(centroid_distance),
    .add_row = CK(add_row),
};

#undef WIDENED
#undef TOTAL
#undef UNROLLED
#undef CASE
#undef CASES
#undef EACH
#undef CK
#undef STRIP
#undef GROUP
#undef WIDE
