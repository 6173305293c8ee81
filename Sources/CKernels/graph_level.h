// The loops of graph.c, included once per instruction set.

typedef double GR(eight) __attribute__((ext_vector_type(8), aligned(8)));
typedef float GR(floats) __attribute__((ext_vector_type(8), aligned(4)));

#define UNROLLED _Pragma("clang loop unroll(full)")

/// ROWS rows of the matrix times VECTORS vectors: each number that is loaded is used several times.
#define DENSE(ROWS, VECTORS) \
  WIDE static void GR(dense##ROWS##VECTORS)(const float *a, size_t stride, size_t n, const double *vectors, double *products) { \
    GR(eight) sum[ROWS][VECTORS]; \
    UNROLLED for (int r = 0; r < ROWS; r++) { \
      UNROLLED for (int v = 0; v < VECTORS; v++) sum[r][v] = 0; \
    } \
    size_t j = 0; \
    for (; j + 8 <= n; j += 8) { \
      GR(eight) value[ROWS]; \
      UNROLLED for (int r = 0; r < ROWS; r++) \
        value[r] = __builtin_convertvector(*(const GR(floats) *)(a + (size_t)r * stride + j), GR(eight)); \
      UNROLLED for (int v = 0; v < VECTORS; v++) { \
        GR(eight) vector = *(const GR(eight) *)(vectors + (size_t)v * n + j); \
        UNROLLED for (int r = 0; r < ROWS; r++) sum[r][v] += value[r] * vector; \
      } \
    } \
    for (int r = 0; r < ROWS; r++) { \
      for (int v = 0; v < VECTORS; v++) { \
        double total = 0; \
        for (int lane = 0; lane < 8; lane++) total += sum[r][v][lane]; \
        for (size_t rest = j; rest < n; rest++) total += (double)a[(size_t)r * stride + rest] * vectors[(size_t)v * n + rest]; \
        products[(size_t)v * n + (size_t)r] = total; \
      } \
    } \
  }
DENSE(4, 4)
DENSE(4, 1)
DENSE(1, 4)
DENSE(1, 1)
#undef DENSE

WIDE static void GR(dense)(const float *a, size_t stride, size_t n, size_t first, size_t last, const double *vectors, size_t count,
                           double *products) {
  size_t i = first;
  for (; i + 4 <= last; i += 4) {
    size_t v = 0;
    for (; v + 4 <= count; v += 4) GR(dense44)(a + i * stride, stride, n, vectors + v * n, products + v * n + i);
    for (; v < count; v++) GR(dense41)(a + i * stride, stride, n, vectors + v * n, products + v * n + i);
  }
  for (; i < last; i++) {
    size_t v = 0;
    for (; v + 4 <= count; v += 4) GR(dense14)(a + i * stride, stride, n, vectors + v * n, products + v * n + i);
    for (; v < count; v++) GR(dense11)(a + i * stride, stride, n, vectors + v * n, products + v * n + i);
  }
}

WIDE static double GR(dot)(const double *a, const double *b, size_t count) {
  GR(eight) sum = 0, more = 0;
  size_t j = 0;
  for (; j + 16 <= count; j += 16) {
    sum += *(const GR(eight) *)(a + j) * *(const GR(eight) *)(b + j);
    more += *(const GR(eight) *)(a + j + 8) * *(const GR(eight) *)(b + j + 8);
  }
  sum += more;
  double total = 0;
  for (int i = 0; i < 8; i++) total += sum[i];
  for (; j < count; j++) total += a[j] * b[j];
  return total;
}

WIDE static void GR(add)(double *sum, const double *row, double weight, size_t count) {
  size_t j = 0;
  for (; j + 8 <= count; j += 8) *(GR(eight) *)(sum + j) += *(const GR(eight) *)(row + j) * weight;
  for (; j < count; j++) sum[j] += row[j] * weight;
}

static const struct graph GR(table) = {GR(dense), GR(dot), GR(add)};

#undef UNROLLED
#undef GR
#undef WIDE
