// The smallest of a list of keys, without sorting all of them.
#ifndef CK_SELECT_H
#define CK_SELECT_H

#include <stddef.h>
#include <stdint.h>

static inline void ck_swap(uint64_t *a, uint64_t *b) {
  uint64_t kept = *a;
  *a = *b;
  *b = kept;
}

static inline void ck_insertion_sort(uint64_t *keys, size_t count) {
  for (size_t i = 1; i < count; i++) {
    uint64_t key = keys[i];
    size_t j = i;
    for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

/// Brings the `wanted` smallest keys to the front, in no order (Hoare 1961, pivot of three). Keys differ from each other.
static inline void ck_select(uint64_t *keys, size_t count, size_t wanted) {
  while (count > 12 && wanted < count) {
    uint64_t *middle = keys + count / 2, *end = keys + count - 1;
    if (*middle < *keys) ck_swap(middle, keys);
    if (*end < *middle) {
      ck_swap(end, middle);
      if (*middle < *keys) ck_swap(middle, keys);
    }
    uint64_t pivot = *middle;
    size_t i = 0, j = count - 1;
    while (1) {
      while (keys[i] < pivot) i++;
      while (keys[j] > pivot) j--;
      if (i >= j) break;
      ck_swap(keys + i, keys + j);
      i++;
      j--;
    }
    // All before i are at most the pivot, all from i on at least.
    if (wanted <= i) {
      count = i;
    } else {
      keys += i;
      count -= i;
      wanted -= i;
    }
  }
  if (wanted > 0 && wanted < count) ck_insertion_sort(keys, count);
}

/// Sorts ascending: quickly for short lists, which these are.
static inline void ck_sort(uint64_t *keys, size_t count) {
  while (count > 24) {
    size_t half = count / 2;
    ck_select(keys, count, half);
    ck_sort(keys, half);
    keys += half;
    count -= half;
  }
  ck_insertion_sort(keys, count);
}

#endif
