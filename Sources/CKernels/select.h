// The smallest of a list of keys, without sorting all of them.
#ifndef CK_SELECT_H
#define CK_SELECT_H

#include <stddef.h>
#include <stdint.h>

static inline void ck_insertion_sort(uint64_t *keys, size_t count) {
  for (size_t i = 1; i < count; i++) {
    uint64_t key = keys[i];
    size_t j = i;
    for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

/// Brings what is below the median of three of the keys (more than 2, all different) to the front; answers how many those are, never none nor all.
///
/// After Lomuto (Bentley 1984), without a branch that could be guessed wrong: every key changes places with the first that is not below.
static inline size_t ck_part(uint64_t *keys, size_t count) {
  uint64_t a = keys[0], b = keys[count / 2], c = keys[count - 1];
  uint64_t low = a < b ? a : b, high = a < b ? b : a, pivot = c < low ? low : c < high ? c : high;
  size_t below = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t key = keys[i];
    keys[i] = keys[below];
    keys[below] = key;
    below += key < pivot;
  }
  return below;
}

/// Brings the smallest keys to the front, in no order: at least `least` and at most `most` of them; answers how many (Hoare 1961). Keys differ
/// from each other.
static inline size_t ck_select(uint64_t *keys, size_t count, size_t least, size_t most) {
  if (count <= most) return count;
  uint64_t *first = keys;
  while (count > 12) {
    size_t below = ck_part(first, count), front = (size_t)(first - keys) + below;
    if (front > most) {
      count = below;
    } else if (front < least) {
      first += below;
      count -= below;
    } else {
      return front;
    }
  }
  ck_insertion_sort(first, count);
  return least;
}

/// Sorts ascending: quickly for short lists, which these are. Keys differ from each other.
static inline void ck_sort(uint64_t *keys, size_t count) {
  while (count > 24) {
    size_t below = ck_part(keys, count);
    ck_sort(keys, below);
    keys += below;
    count -= below;
  }
  ck_insertion_sort(keys, count);
}

#endif
