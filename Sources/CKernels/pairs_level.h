// Kernels over pairs, included once per instruction set by pairs.c with these macros defined:
//   PA(name)  the name of a function at this level
//   STRIP     rows per pass: as many as two vector registers hold floats
//   WIDE      an attribute that lets the compiler keep vectors of this level's full width

typedef float PA(strip) __attribute__((ext_vector_type(STRIP), aligned(4)));
typedef int32_t PA(istrip) __attribute__((ext_vector_type(STRIP), aligned(4)));
typedef double PA(wide) __attribute__((ext_vector_type(STRIP / 2), aligned(8)));

#define UNROLLED _Pragma("clang loop unroll(full)")
#define EACH(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)

#define PRODUCTS(M) \
  WIDE static void PA(products##M)(const float *panel, const float *tile, size_t dimensions, int add, float *result) { \
    PA(strip) sum[M]; \
    UNROLLED for (int m = 0; m < M; m++) sum[m] = add ? *(PA(strip) *)(result + m * CK_LANES) : (PA(strip))0; \
    for (size_t j = 0; j < dimensions; j++, tile += M) { \
      PA(strip) row = *(const PA(strip) *)(panel + j * CK_LANES); \
      UNROLLED for (int m = 0; m < M; m++) sum[m] += row * tile[m]; \
    } \
    UNROLLED for (int m = 0; m < M; m++) *(PA(strip) *)(result + m * CK_LANES) = sum[m]; \
  }
EACH(PRODUCTS)
#undef PRODUCTS

WIDE static void PA(products)(const float *panel, const float *tiles, size_t count, size_t groups, size_t dimensions, int add, float *products) {
  size_t index = 0;
  for (size_t group = 0; group < groups; group++) {
    size_t size = ck_group_size(count, groups, group);
    for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
      float *result = products + index * CK_LANES + strip;
#define CASE(M) \
  case M: \
    PA(products##M)(panel + strip, tiles + index * dimensions, dimensions, add, result); \
    break;
      switch (size) { EACH(CASE) }
#undef CASE
    }
    index += size;
  }
}

/// Two to the n times a polynomial of what is left of x ln 2 (Cody, Waite 1980, 6): within two units in the last place, 0 below -87.
WIDE static void PA(exponentials)(const float *x, float *result) {
  PA(strip) value = *(const PA(strip) *)x;
  value = value < -87.0f ? (PA(strip))-87.0f : value;
  PA(strip) shifted = value * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: the sum has no room for a fraction
  PA(strip) n = shifted - 12582912.0f;
  PA(strip) r = value - n * 0.693359375f + n * 2.12194440e-4f;
  PA(strip) sum = r * 1.9875691500e-4f + 1.3981999507e-3f;
  sum = sum * r + 8.3334519073e-3f;
  sum = sum * r + 4.1665795894e-2f;
  sum = sum * r + 1.6666665459e-1f;
  sum = sum * r + 5.0000001201e-1f;
  sum = sum * r * r + r + 1.0f;
  PA(istrip) power = (__builtin_convertvector(n, PA(istrip)) + 127) << 23;
  *(PA(strip) *)result = sum * (PA(strip))power;
}

/// Kernel values of `count` points' products with 32 rows, in place: see `ck_kernel_values`.
WIDE static void PA(values)(float *products, size_t count, long rows, long ahead, const float *row_norms, const float *point_norms, int kind,
                            float gamma, float *lanes, double *point_sums) {
  for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
    const PA(strip) norms = *(const PA(strip) *)(row_norms + strip);
    PA(strip) all = 0;
    for (size_t i = 0; i < count; i++) {
      PA(strip) *value = (PA(strip) *)(products + i * CK_LANES + strip);
      PA(strip) square = norms + point_norms[i] - 2 * *value;
      square = square > 0 ? square : (PA(strip))0;
      if (kind == CK_DISTANCE) {
        *value = -__builtin_elementwise_sqrt(square);
      } else {
        square *= -gamma;
        PA(exponentials)((const float *)&square, (float *)value);
      }
      // Only blocks on the diagonal and the last rows have pairs to leave out.
      long last = ahead + (long)i < rows ? ahead + (long)i : rows;
      for (long lane = last > (long)strip ? last : (long)strip; lane < (long)(strip + STRIP); lane++) products[i * CK_LANES + (size_t)lane] = 0;
      all += *value;
      // Halved and added until one number is left.
      float halves[STRIP] __attribute__((aligned(64)));
      *(PA(strip) *)halves = *value;
      UNROLLED for (int width = STRIP / 2; width > 0; width /= 2) {
        UNROLLED for (int j = 0; j < width; j++) halves[j] += halves[j + width];
      }
      point_sums[i] += halves[0];
    }
    *(PA(strip) *)(lanes + strip) = all;
  }
}

/// What 16 ways to sign four points make of their values, for all rows: table[code * 32 + lane]. Two points at a time, so that nothing is
/// added twice.
WIDE static void PA(sign_table)(const float *values, float *table) {
  for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
    PA(strip) value[4], first[4], second[4];
    UNROLLED for (int i = 0; i < 4; i++) value[i] = *(const PA(strip) *)(values + i * CK_LANES + strip);
    first[3] = value[0] + value[1];
    first[1] = value[0] - value[1];
    second[3] = value[2] + value[3];
    second[1] = value[2] - value[3];
    first[0] = -first[3];
    first[2] = -first[1];
    second[0] = -second[3];
    second[2] = -second[1];
    UNROLLED for (int code = 0; code < 16; code++) *(PA(strip) *)(table + code * CK_LANES + strip) = first[code & 3] + second[code >> 2];
  }
}

/// Codes are read for so many vectors at a time, in one go: as many as registers hold accumulators for.
#define VECTORS (STRIP == 8 ? 4 : 8)

#define SIGNED(M) \
  WIDE static void PA(signed##M)(const float *tables, const uint8_t *codes, size_t groups, size_t vectors, float *sums) { \
    PA(strip) sum[M]; \
    UNROLLED for (int m = 0; m < M; m++) sum[m] = 0; \
    for (size_t group = 0; group < groups; group++, codes += vectors, tables += 16 * CK_LANES) { \
      uint64_t some = 0; \
      memcpy(&some, codes, M); \
      UNROLLED for (int m = 0; m < M; m++) sum[m] += *(const PA(strip) *)(tables + (some >> 8 * m & 0xff) * (CK_LANES / 16)); \
    } \
    UNROLLED for (int m = 0; m < M; m++) *(PA(strip) *)(sums + m * CK_LANES) += sum[m]; \
  }
SIGNED(1)
SIGNED(2)
SIGNED(4)
SIGNED(8)
#undef SIGNED

WIDE static void PA(add_signed)(const float *values, size_t groups, const uint8_t *codes, size_t vectors, float *sums) {
  // Tables of 64 points stay in the first-level cache.
  float tables[16 * 16 * CK_LANES] __attribute__((aligned(64)));
  for (size_t first = 0; first < groups; first += 16) {
    size_t some = groups - first < 16 ? groups - first : 16;
    for (size_t group = 0; group < some; group++) PA(sign_table)(values + (first + group) * 4 * CK_LANES, tables + group * 16 * CK_LANES);
    const uint8_t *own = codes + first * vectors;
    for (size_t strip = 0; strip < CK_LANES; strip += STRIP) {
      size_t v = 0;
#define SOME(M) for (; v + M <= vectors; v += M) PA(signed##M)(tables + strip, own + v, some, vectors, sums + v * CK_LANES + strip);
      if (VECTORS == 8) SOME(8)
      SOME(4) SOME(2) SOME(1)
#undef SOME
    }
  }
}
#undef VECTORS

// MARK: - Second moments

#define WIDTH (STRIP / 2)

/// Four columns against two vectors of columns: sums over all rows in registers.
WIDE static void PA(moments)(const double *centred, size_t count, size_t dimensions, size_t i, size_t j, double *sum) {
  PA(wide) total[4][2] = {0};
  for (size_t row = 0; row < count; row++) {
    const double *x = centred + row * dimensions;
    PA(wide) a = *(const PA(wide) *)(x + j), b = *(const PA(wide) *)(x + j + WIDTH);
    UNROLLED for (int m = 0; m < 4; m++) {
      total[m][0] += a * x[i + m];
      total[m][1] += b * x[i + m];
    }
  }
  UNROLLED for (int m = 0; m < 4; m++) {
    *(PA(wide) *)(sum + (i + m) * dimensions + j) += total[m][0];
    *(PA(wide) *)(sum + (i + m) * dimensions + j + WIDTH) += total[m][1];
  }
}

WIDE static void PA(add_moments)(const double *centred, size_t count, size_t dimensions, size_t first, size_t last, double *sum) {
  size_t i = first;
  for (; i + 4 <= last; i += 4) {
    size_t j = i;
    for (; j + 2 * WIDTH <= dimensions; j += 2 * WIDTH) PA(moments)(centred, count, dimensions, i, j, sum);
    for (size_t m = i; m < i + 4; m++)
      for (size_t k = j > m ? j : m; k < dimensions; k++)
        for (size_t row = 0; row < count; row++) sum[m * dimensions + k] += centred[row * dimensions + m] * centred[row * dimensions + k];
  }
  for (; i < last; i++)
    for (size_t k = i; k < dimensions; k++)
      for (size_t row = 0; row < count; row++) sum[i * dimensions + k] += centred[row * dimensions + i] * centred[row * dimensions + k];
}

/// Four rows against two vectors of basis columns.
WIDE static void PA(project_block)(const double *centred, size_t dimensions, const double *basis, size_t width, double *result) {
  PA(wide) total[4][2] = {0};
  for (size_t j = 0; j < dimensions; j++) {
    PA(wide) a = *(const PA(wide) *)(basis + j * width), b = *(const PA(wide) *)(basis + j * width + WIDTH);
    UNROLLED for (int m = 0; m < 4; m++) {
      total[m][0] += a * centred[m * dimensions + j];
      total[m][1] += b * centred[m * dimensions + j];
    }
  }
  UNROLLED for (int m = 0; m < 4; m++) {
    *(PA(wide) *)(result + m * width) = total[m][0];
    *(PA(wide) *)(result + m * width + WIDTH) = total[m][1];
  }
}

WIDE static void PA(project)(const double *centred, size_t count, size_t dimensions, const double *basis, size_t width, double *result) {
  size_t k = 0;
  for (; k + 2 * WIDTH <= width; k += 2 * WIDTH) {
    size_t row = 0;
    for (; row + 4 <= count; row += 4) PA(project_block)(centred + row * dimensions, dimensions, basis + k, width, result + row * width + k);
    for (; row < count; row++) {
      PA(wide) total[2] = {0};
      for (size_t j = 0; j < dimensions; j++) {
        total[0] += *(const PA(wide) *)(basis + j * width + k) * centred[row * dimensions + j];
        total[1] += *(const PA(wide) *)(basis + j * width + k + WIDTH) * centred[row * dimensions + j];
      }
      *(PA(wide) *)(result + row * width + k) = total[0];
      *(PA(wide) *)(result + row * width + k + WIDTH) = total[1];
    }
  }
  for (; k < width; k++)
    for (size_t row = 0; row < count; row++) {
      double total = 0;
      for (size_t j = 0; j < dimensions; j++) total += basis[j * width + k] * centred[row * dimensions + j];
      result[row * width + k] = total;
    }
}

WIDE static void PA(add_outer)(const double *centred, const double *products, size_t count, size_t dimensions, size_t width, size_t first,
                               size_t last, double *image) {
  for (size_t j = first; j < last; j++) {
    double *restrict sum = image + j * width;
    for (size_t row = 0; row < count; row++) {
      double factor = centred[row * dimensions + j];
      for (size_t k = 0; k < width; k++) sum[k] += factor * products[row * width + k];
    }
  }
}

static const struct pairs PA(pairs) = {
    .products = PA(products),
    .values = PA(values),
    .add_signed = PA(add_signed),
    .add_moments = PA(add_moments),
    .project = PA(project),
    .add_outer = PA(add_outer),
};

#undef WIDTH
#undef UNROLLED
#undef EACH
#undef PA
#undef STRIP
#undef WIDE
