// Rounds of joins, included by rounds.c once per instruction set with these macros defined:
//   RO(name)    the name of a function at this level
//   WIDE        an attribute that lets the compiler keep vectors of this level's full width
//   COMPRESSES  defined where the level moves the chosen lanes of a vector together
//
// `linkage` is a constant wherever these are called, so that each rule becomes loops of its own.

typedef float RO(lanes) __attribute__((ext_vector_type(16), aligned(4)));

#define ALWAYS WIDE static inline __attribute__((always_inline))

/// The columns of the pairs from `first` on, for a row that stands for `size` members.
ALWAYS void RO(columns)(const struct ck_round *round, int linkage, size_t first, float size, float *restrict row) {
  const int32_t *earlier = round->earlier, *later = round->later;
  for (size_t p = first; p < round->pairs; p++) row[later[p]] = joined(round, linkage, p, row[earlier[p]], row[later[p]], size);
}

/// Moves the columns that stay together. The next row is asked for meanwhile: the pairs' columns are met in no order that could be foreseen.
WIDE static void RO(keep)(const struct ck_round *round, float *row, const float *next) {
  float *target = row;
  for (size_t i = 0; i < round->clusters; i += 16) {
    unsigned kept = round->kept[i / 16];
    __builtin_prefetch(next + i, 1, 2);
#ifdef COMPRESSES
    if (i + 16 <= round->clusters) {
      __m512 together = _mm512_maskz_compress_ps((__mmask16)kept, _mm512_loadu_ps(row + i));
      _mm512_storeu_ps(target, together);  // never beyond what was read
      target += __builtin_popcount(kept);
      continue;
    }
#endif
    size_t last = i + 16 < round->clusters ? 16 : round->clusters - i;
    for (size_t j = 0; j < last; j++) {
      *target = row[i + j];
      target += kept >> j & 1;
    }
  }
}

ALWAYS void RO(one)(const struct ck_round *round, int linkage, size_t own, float *row, const float *next) {
  RO(columns)(round, linkage, 0, size_of(round, own), row);
  RO(keep)(round, row, next);
}

WIDE static void RO(row)(const struct ck_round *round, size_t own, float *row, const float *next) {
  switch (round->linkage) {
    case CK_JOIN_COMPLETE: return RO(one)(round, CK_JOIN_COMPLETE, own, row, next);
    case CK_JOIN_AVERAGE: return RO(one)(round, CK_JOIN_AVERAGE, own, row, next);
    default: return RO(one)(round, CK_JOIN_WARD, own, row, next);
  }
}

ALWAYS void RO(two)(const struct ck_round *round, int linkage, size_t pair, float *earlier, float *later, const float *next, float *scratch) {
  size_t a = (size_t)round->earlier[pair], b = (size_t)round->later[pair];
  float a_size = size_of(round, a), b_size = size_of(round, b), made = size_made(round, pair);
  for (size_t p = 0; p < pair; p++) {
    size_t x = (size_t)round->earlier[p], y = (size_t)round->later[p];
    float from_a = joined(round, linkage, p, earlier[x], earlier[y], a_size), from_b = joined(round, linkage, p, later[x], later[y], b_size);
    scratch[p] = joined(round, linkage, pair, from_a, from_b, size_made(round, p));
  }
  size_t i = 0;
  const float weight = linkage == CK_JOIN_COMPLETE ? 0 : round->earlier_weight[pair];
  const float other = linkage == CK_JOIN_COMPLETE ? 0 : round->later_weight[pair];
  for (; i + 16 <= round->clusters; i += 16) {
    RO(lanes) x = *(const RO(lanes) *)(earlier + i), y = *(RO(lanes) *)(later + i), result;
    if (linkage == CK_JOIN_COMPLETE) {
      result = x > y ? x : y;
    } else if (linkage == CK_JOIN_AVERAGE) {
      result = x * weight + y * other;
    } else {
      RO(lanes) size = *(const RO(lanes) *)(round->sizes + i), scale = 1 / (weight + other + size);
      result = (weight + size) * scale * x + (other + size) * scale * y - size * scale * round->between[pair];
    }
    *(RO(lanes) *)(later + i) = result;
  }
  for (; i < round->clusters; i++) later[i] = joined(round, linkage, pair, earlier[i], later[i], size_of(round, i));
  for (size_t p = 0; p < pair; p++) later[round->later[p]] = scratch[p];
  RO(columns)(round, linkage, pair + 1, made, later);
  later[b] = INFINITY;
  RO(keep)(round, later, next);
}

WIDE static void RO(pair)(const struct ck_round *round, size_t pair, float *earlier, float *later, const float *next, float *scratch) {
  switch (round->linkage) {
    case CK_JOIN_COMPLETE: return RO(two)(round, CK_JOIN_COMPLETE, pair, earlier, later, next, scratch);
    case CK_JOIN_AVERAGE: return RO(two)(round, CK_JOIN_AVERAGE, pair, earlier, later, next, scratch);
    default: return RO(two)(round, CK_JOIN_WARD, pair, earlier, later, next, scratch);
  }
}

static const struct rounds RO(rounds) = {RO(row), RO(pair)};

#undef ALWAYS
#undef RO
#undef WIDE
#undef COMPRESSES
