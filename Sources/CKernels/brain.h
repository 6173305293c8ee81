// Numbers of bfloat16, the upper half of a float, and panels of them.
#ifndef CK_BRAIN_H
#define CK_BRAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ckernels.h"

/// The nearest bfloat16, ties to even.
static inline uint16_t ck_brain(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float ck_widened(uint16_t brain) {
  uint32_t bits = (uint32_t)brain << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// What memory holds as 32 bits or as 16, whatever it was written as.
typedef uint32_t __attribute__((may_alias)) ck_word;
typedef uint16_t __attribute__((may_alias)) ck_halfword;

/// Makes 32 rows of words, one after the other, the lanes of a panel: panel[i * 32 + lane]. A word holds a float, or two numbers of bfloat16.
static inline void ck_turn_words(const void *from, size_t words, void *to) {
  typedef uint32_t four __attribute__((ext_vector_type(4), aligned(4), may_alias));
  const ck_word *rows = from;
  ck_word *panel = to;
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    for (size_t lane = 0; lane < CK_LANES; lane += 4) {
      four a = *(const four *)(rows + lane * words + i), b = *(const four *)(rows + (lane + 1) * words + i);
      four c = *(const four *)(rows + (lane + 2) * words + i), d = *(const four *)(rows + (lane + 3) * words + i);
      four low = __builtin_shufflevector(a, b, 0, 4, 1, 5), high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      four low2 = __builtin_shufflevector(c, d, 0, 4, 1, 5), high2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      ck_word *target = panel + i * CK_LANES + lane;
      *(four *)target = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
      *(four *)(target + CK_LANES) = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
      *(four *)(target + 2 * CK_LANES) = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
      *(four *)(target + 3 * CK_LANES) = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
    }
  }
  for (; i < words; i++)
    for (size_t lane = 0; lane < CK_LANES; lane++) panel[i * CK_LANES + lane] = rows[lane * words + i];
}

#endif
