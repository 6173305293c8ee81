// The loops of gauss.c, included once per instruction set: sixteen rows or columns at a time.

typedef double GA(lanes) __attribute__((ext_vector_type(16), aligned(8)));

#define UNROLLED _Pragma("clang loop unroll(full)")

#define WHITEN(M) \
  WIDE static void GA(whiten##M)(const double *inverse, size_t dimensions, size_t last, const double *panel, double *whitened) { \
    GA(lanes) sum[M]; \
    UNROLLED for (int m = 0; m < M; m++) sum[m] = 0; \
    for (size_t j = 0; j < last; j++) { \
      GA(lanes) value = *(const GA(lanes) *)(panel + j * CK_WIDE_LANES); \
      UNROLLED for (int m = 0; m < M; m++) sum[m] += value * inverse[(size_t)m * dimensions + j]; \
    } \
    UNROLLED for (int m = 0; m < M; m++) *(GA(lanes) *)(whitened + m * CK_WIDE_LANES) = sum[m]; \
  }
WHITEN(1)
WHITEN(4)
#undef WHITEN

WIDE static void GA(whiten)(const double *inverse, size_t dimensions, const double *panel, double *whitened) {
  size_t i = 0;
  // Above the diagonal are zeros, so a group of rows may go as far as its longest.
  for (; i + 4 <= dimensions; i += 4) GA(whiten4)(inverse + i * dimensions, dimensions, i + 4, panel, whitened + i * CK_WIDE_LANES);
  for (; i < dimensions; i++) GA(whiten1)(inverse + i * dimensions, dimensions, i + 1, panel, whitened + i * CK_WIDE_LANES);
}

WIDE static void GA(squares)(const double *panel, size_t dimensions, const double *shift, const double *scale, double *squares) {
  GA(lanes) sum = 0;
  for (size_t j = 0; j < dimensions; j++) {
    GA(lanes) value = *(const GA(lanes) *)(panel + j * CK_WIDE_LANES) - (shift == NULL ? 0 : shift[j]);
    sum += value * value * (scale == NULL ? 1 : scale[j]);
  }
  *(GA(lanes) *)squares = sum;
}

/// scatter[i][j...] += the sum over rows of weighted[row][i] * plain[row][j...], for four i at a time.
WIDE static void GA(scatter)(const double *plain, const double *weighted, size_t rows, size_t width, size_t first, size_t last,
                             double *scatter) {
  for (size_t i = first; i < last; i += 4) {
    for (size_t j = 0; j < i + 4; j += 16) {
      GA(lanes) sum[4];
      UNROLLED for (int m = 0; m < 4; m++) sum[m] = *(const GA(lanes) *)(scatter + (i + (size_t)m) * width + j);
      for (size_t row = 0; row < rows; row++) {
        GA(lanes) value = *(const GA(lanes) *)(plain + row * width + j);
        UNROLLED for (int m = 0; m < 4; m++) sum[m] += value * weighted[row * width + i + (size_t)m];
      }
      UNROLLED for (int m = 0; m < 4; m++) *(GA(lanes) *)(scatter + (i + (size_t)m) * width + j) = sum[m];
    }
  }
}

static const struct gauss GA(table) = {GA(whiten), GA(squares), GA(scatter)};

#undef UNROLLED
#undef GA
#undef WIDE
