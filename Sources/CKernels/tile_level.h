// The tile of two panels, included once per instruction set by tiles.c with these macros defined:
//   CK(name)    the name of a function at this level
//   STRIP       rows per pass: as many as two vector registers hold floats
//   WIDE        an attribute that lets the compiler keep vectors of this level's full width
//   GROUPS(G)   G(first, count) for groups of columns that together are 0..<32: each as many as registers hold accumulators for
//   BRAIN       defined where the level multiplies bfloat16
//
// Every product is summed in its lane from the first dimension to the last, whichever of the two panels is the row: it is the same
// number for both, and, where multiply-add is fused, on every level.

typedef float CK(strip) __attribute__((ext_vector_type(STRIP), aligned(4)));
typedef bool CK(flags) __attribute__((ext_vector_type(STRIP)));

#define UNROLLED _Pragma("clang loop unroll(full)")

/// The lanes where `left > right`, as bits.
#define ABOVE(bits, left, right) \
  { \
    CK(flags) above = __builtin_convertvector((left) > (right), CK(flags)); \
    memcpy(&(bits), &above, STRIP / 8); \
  }

/// What a group of columns has come to: products out, and who wants whom.
#define ENDING(FIRST, COUNT) \
  CK(strip) half = *(const CK(strip) *)(t->halves_a + strip), bar = *(const CK(strip) *)(t->bars_a + strip); \
  UNROLLED for (int m = 0; m < COUNT; m++) { \
    uint32_t rows = 0, columns = 0; \
    *(CK(strip) *)(t->products + (FIRST + m) * CK_LANES + strip) = sum[m]; \
    ABOVE(rows, sum[m] - t->halves_b[FIRST + m], bar) \
    ABOVE(columns, sum[m] - half, (CK(strip))t->bars_b[FIRST + m]) \
    t->wanted_by_rows[FIRST + m] |= rows << strip; \
    t->wanted_by_columns[FIRST + m] |= columns << strip; \
  }

#define SINGLE(FIRST, COUNT) \
  { \
    const float *a = (const float *)t->a + strip, *b = (const float *)t->b + FIRST; \
    CK(strip) sum[COUNT]; \
    UNROLLED for (int m = 0; m < COUNT; m++) sum[m] = 0; \
    for (size_t j = 0; j < t->dimensions; j++, a += CK_LANES, b += CK_LANES) { \
      CK(strip) row = *(const CK(strip) *)a; \
      UNROLLED for (int m = 0; m < COUNT; m++) sum[m] += row * b[m]; \
    } \
    ENDING(FIRST, COUNT) \
  }

WIDE static void CK(single_tile)(const struct tile *t) {
  for (size_t strip = 0; strip < CK_LANES; strip += STRIP) { GROUPS(SINGLE) }
}

/// Minus half the squared distance, by differences: with halves of 0 it stands for the same as a product, and small distances lose nothing.
#define DIFFERENCES(FIRST, COUNT) \
  { \
    const float *a = (const float *)t->a + strip, *b = (const float *)t->b + FIRST; \
    CK(strip) sum[COUNT]; \
    UNROLLED for (int m = 0; m < COUNT; m++) sum[m] = 0; \
    for (size_t j = 0; j < t->dimensions; j++, a += CK_LANES, b += CK_LANES) { \
      CK(strip) row = *(const CK(strip) *)a; \
      UNROLLED for (int m = 0; m < COUNT; m++) { \
        CK(strip) difference = row - b[m]; \
        sum[m] += difference * difference; \
      } \
    } \
    UNROLLED for (int m = 0; m < COUNT; m++) sum[m] *= -0.5f; \
    ENDING(FIRST, COUNT) \
  }

WIDE static void CK(differences_tile)(const struct tile *t) {
  for (size_t strip = 0; strip < CK_LANES; strip += STRIP) { GROUPS(DIFFERENCES) }
}

#ifdef BRAIN
/// Two dimensions at a time: a lane of 32 bits holds both numbers of a row.
#define PAIRS(FIRST, COUNT) \
  { \
    const char *a = t->a; \
    const int32_t *b = (const int32_t *)t->b + FIRST; \
    __m512 low[COUNT], high[COUNT]; \
    UNROLLED for (int m = 0; m < COUNT; m++) low[m] = high[m] = _mm512_setzero_ps(); \
    for (size_t j = 0; j < t->dimensions; j += 2, a += 4 * CK_LANES, b += CK_LANES) { \
      __m512bh left = (__m512bh)_mm512_loadu_si512(a), right = (__m512bh)_mm512_loadu_si512(a + 64); \
      UNROLLED for (int m = 0; m < COUNT; m++) { \
        __m512bh other = (__m512bh)_mm512_set1_epi32(b[m]); \
        low[m] = _mm512_dpbf16_ps(low[m], left, other); \
        high[m] = _mm512_dpbf16_ps(high[m], right, other); \
      } \
    } \
    CK(strip) sum[COUNT]; \
    UNROLLED for (int m = 0; m < COUNT; m++) { \
      memcpy(&sum[m], &low[m], 64); \
      memcpy((char *)&sum[m] + 64, &high[m], 64); \
    } \
    ENDING(FIRST, COUNT) \
  }

WIDE static void CK(brain_tile)(const struct tile *t) {
  const size_t strip = 0;
  GROUPS(PAIRS)
}
#undef PAIRS
#endif

#undef SINGLE
#undef DIFFERENCES
#undef ENDING
#undef ABOVE
#undef UNROLLED
#undef CK
#undef STRIP
#undef WIDE
#undef GROUPS
#undef BRAIN
