// The loops of symmetric.c, included once per instruction set: eight columns at a time, or what the set makes of eight.

typedef double SY(eight) __attribute__((ext_vector_type(8), aligned(8)));

WIDE static double SY(dot)(const double *a, const double *b, size_t n) {
  SY(eight) sum = 0, more = 0;
  size_t j = 0;
  for (; j + 16 <= n; j += 16) {
    sum += *(const SY(eight) *)(a + j) * *(const SY(eight) *)(b + j);
    more += *(const SY(eight) *)(a + j + 8) * *(const SY(eight) *)(b + j + 8);
  }
  sum += more;
  double total = 0;
  for (int i = 0; i < 8; i++) total += sum[i];
  for (; j < n; j++) total += a[j] * b[j];
  return total;
}

/// sum += row * weight.
WIDE static void SY(add)(double *sum, const double *row, double weight, size_t n) {
  size_t j = 0;
  for (; j + 8 <= n; j += 8) *(SY(eight) *)(sum + j) += *(const SY(eight) *)(row + j) * weight;
  for (; j < n; j++) sum[j] += row[j] * weight;
}

/// Answers row . vector, and adds row * weight to `sum`, in one pass over the row.
WIDE static double SY(dot_add)(const double *row, const double *vector, double *sum, double weight, size_t n) {
  SY(eight) products = 0;
  size_t j = 0;
  for (; j + 8 <= n; j += 8) {
    SY(eight) values = *(const SY(eight) *)(row + j);
    products += values * *(const SY(eight) *)(vector + j);
    *(SY(eight) *)(sum + j) += values * weight;
  }
  double total = 0;
  for (int i = 0; i < 8; i++) total += products[i];
  for (; j < n; j++) {
    total += row[j] * vector[j];
    sum[j] += row[j] * weight;
  }
  return total;
}

/// row -= a * p + b * q.
WIDE static void SY(take_two)(double *row, const double *p, double a, const double *q, double b, size_t n) {
  size_t j = 0;
  for (; j + 8 <= n; j += 8) *(SY(eight) *)(row + j) -= *(const SY(eight) *)(p + j) * a + *(const SY(eight) *)(q + j) * b;
  for (; j < n; j++) row[j] -= p[j] * a + q[j] * b;
}

WIDE static void SY(rotate)(double *rows, size_t n, size_t last, size_t count, const struct ck_rotation *rotations, size_t first, size_t end) {
  size_t j = first;
  for (; j + 8 <= end; j += 8) {
    double *row = rows + last * n + j;
    SY(eight) upper = *(SY(eight) *)row;
    for (size_t k = 0; k < count; k++, row -= n) {
      SY(eight) lower = *(SY(eight) *)(row - n);
      *(SY(eight) *)row = lower * rotations[k].sine + upper * rotations[k].cosine;
      upper = lower * rotations[k].cosine - upper * rotations[k].sine;
    }
    *(SY(eight) *)row = upper;
  }
  for (; j < end; j++) {
    double *entry = rows + last * n + j;
    double upper = *entry;
    for (size_t k = 0; k < count; k++, entry -= n) {
      double lower = entry[-(ptrdiff_t)n];
      *entry = lower * rotations[k].sine + upper * rotations[k].cosine;
      upper = lower * rotations[k].cosine - upper * rotations[k].sine;
    }
    *entry = upper;
  }
}

static const struct loops SY(loops) = {SY(dot), SY(add), SY(dot_add), SY(take_two), SY(rotate)};

#undef SY
#undef WIDE
