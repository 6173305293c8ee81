// The blocks' kernels, included once per instruction set by blocks.c with these macros defined:
//   BL(name)  the name of a function at this level
//   STRIP     rows per pass: as many as two vector registers hold floats
//   GROUP     points per pass, a divisor of 96
//   WIDE      an attribute that lets the compiler keep vectors of this level's full width

typedef float BL(strip) __attribute__((ext_vector_type(STRIP), aligned(4)));
typedef float BL(lane) __attribute__((ext_vector_type(16), aligned(4)));
typedef int32_t BL(ilane) __attribute__((ext_vector_type(16), aligned(4)));
typedef double BL(wide) __attribute__((ext_vector_type(16), aligned(8)));

#define UNROLLED _Pragma("clang loop unroll(full)")

/// The sums of products of STRIP rows with GROUP points, or of squared differences.
#define PRODUCTS(SUM, TERM) \
  BL(strip) SUM[GROUP]; \
  UNROLLED for (int m = 0; m < GROUP; m++) SUM[m] = 0; \
  for (size_t j = 0; j < dimensions; j++, tile += GROUP) { \
    BL(strip) row = *(const BL(strip) *)(panel + j * CK_LANES); \
    UNROLLED for (int m = 0; m < GROUP; m++) { TERM } \
  }

WIDE static void BL(squares)(const float *panels, const float *row_norms, const float *points, const float *point_norms, size_t dimensions,
                             float *block) {
  for (size_t group = 0; group < CK_BLOCK; group += GROUP) {
    for (size_t strip = 0; strip < CK_BLOCK; strip += STRIP) {
      const float *panel = panels + strip / CK_LANES * CK_LANES * dimensions + strip % CK_LANES;
      const float *tile = points + group * dimensions;
      PRODUCTS(sum, sum[m] += row * tile[m];)
      BL(strip) norms = *(const BL(strip) *)(row_norms + strip);
      UNROLLED for (int m = 0; m < GROUP; m++) {
        BL(strip) square = sum[m] * -2 + (norms + point_norms[group + m]);
        *(BL(strip) *)(block + (group + m) * CK_BLOCK + strip) = square > 0 ? square : 0;
      }
    }
  }
}

WIDE static void BL(differences)(const float *panels, const float *points, size_t dimensions, float *block) {
  for (size_t group = 0; group < CK_BLOCK; group += GROUP) {
    for (size_t strip = 0; strip < CK_BLOCK; strip += STRIP) {
      const float *panel = panels + strip / CK_LANES * CK_LANES * dimensions + strip % CK_LANES;
      const float *tile = points + group * dimensions;
      PRODUCTS(sum, BL(strip) difference = row - tile[m]; sum[m] += difference * difference;)
      UNROLLED for (int m = 0; m < GROUP; m++) *(BL(strip) *)(block + (group + m) * CK_BLOCK + strip) = sum[m];
    }
  }
}

WIDE static size_t BL(spoilt)(const float *line, const float *row_norms, float point_norm, size_t count) {
  size_t i = 0, found = 0;
  BL(ilane) near = 0;
  for (; i + 16 <= count; i += 16) near += *(const BL(lane) *)(line + i) * 16 < *(const BL(lane) *)(row_norms + i) + point_norm;
  for (int lane = 0; lane < 16; lane++) found -= (size_t)near[lane];
  for (; i < count; i++) found += line[i] * 16 < row_norms[i] + point_norm;
  return found;
}

WIDE static void BL(roots)(float *block) {
  for (size_t i = 0; i < CK_BLOCK * CK_BLOCK; i += 16)
    *(BL(lane) *)(block + i) = __builtin_elementwise_sqrt(*(BL(lane) *)(block + i));
}

WIDE static void BL(add_points)(const float *block, size_t first, size_t last, double *sums) {
  for (size_t i = 0; i < CK_BLOCK; i += 16) {
    BL(lane) sum = 0;
    for (size_t point = first; point < last; point++) sum += *(const BL(lane) *)(block + point * CK_BLOCK + i);
    *(BL(wide) *)(sums + i) += __builtin_convertvector(sum, BL(wide));
  }
}

WIDE static void BL(add_rows)(const float *block, size_t points, size_t first, size_t last, double *sums) {
  for (size_t i = 0; i < points; i++) {
    const float *line = block + i * CK_BLOCK;
    BL(lane) parts = 0;
    size_t row = first;
    for (; row + 16 <= last; row += 16) parts += *(const BL(lane) *)(line + row);
    for (int lane = 0; row < last; row++, lane++) parts[lane] += line[row];
    float sum = 0;
    for (int lane = 0; lane < 16; lane++) sum += parts[lane];
    sums[i] += sum;
  }
}

static const struct ck_blocks BL(blocks) = {
    .group = GROUP,
    .squares = BL(squares),
    .differences = BL(differences),
    .spoilt = BL(spoilt),
    .roots = BL(roots),
    .add_points = BL(add_points),
    .add_rows = BL(add_rows),
};

#undef PRODUCTS
#undef UNROLLED
#undef BL
#undef STRIP
#undef GROUP
#undef WIDE
