// The allocator: it counts, it refuses, and it makes the hook look sooner after large allocations, because one instruction on a
// large value (a comparison, a concatenation, a conversion) takes as long as thousands on small ones.
#include <stdlib.h>

#include "internal.h"

void *allocate(void *ud, void *block, size_t old, size_t size) {
  clua_state *S = ud;
  // Without a block, `old` is the kind of object that is made, not a size.
  size_t before = block ? old : 0;
  if (size == 0) {
    free(block);
    S->used -= before;
    return NULL;
  }
  if (size > before) {
    size_t growth = size - before;
    size_t limit = S->kill || S->refused ? S->limit + OVERDRAFT : S->limit;
    if (S->fail_after >= 0 && S->fail_after-- == 0) {
      S->refused = true;
      return NULL;
    }
    if (size > BLOCK_LIMIT || growth > limit || S->used > limit - growth) {
      S->refused = true;
      return NULL;
    }
  }
  void *result = realloc(block, size);
  if (result == NULL) {
    // Lua relies on shrinking to succeed; the old block is large enough.
    if (size <= before) return block;
    S->refused = true;
    return NULL;
  }
  S->used = S->used - before + size;
  if (S->used > S->peak) S->peak = S->used;
  if (size > before) {
    S->since_look += size - before;
    if (__builtin_expect(size >= 32 << 10, 0)) {
      bool string = block == NULL && old == LUA_TSTRING;
      size_t *largest = string ? &S->largest_string : &S->largest_block;
      if (size > *largest) {
        *largest = size;
        budget_fit_interval(S);
      }
    }
    if (__builtin_expect(S->since_look >= S->look_after, 0)) {
      S->since_look = 0;
      budget_arm(S, 1);
    }
  }
  return result;
}

bool buffer_append(buffer *b, const void *data, size_t count) {
  if (count > BLOCK_LIMIT || b->count + count > BLOCK_LIMIT) return false;
  if (b->count + count > b->capacity) {
    size_t capacity = b->capacity ? b->capacity * 2 : 256;
    while (capacity < b->count + count) capacity *= 2;
    uint8_t *grown = realloc(b->data, capacity);
    if (grown == NULL) return false;
    b->data = grown;
    b->capacity = capacity;
  }
  if (count) memcpy(b->data + b->count, data, count);
  b->count += count;
  return true;
}

void buffer_add(lua_State *L, buffer *b, const void *data, size_t count) {
  if (!buffer_append(b, data, count)) luaL_error(L, "value too large: at most %d MiB cross between a script and the host", BLOCK_LIMIT >> 20);
}

size_t clua_memory(const clua_state *S) { return S->used; }

int64_t clua_fail_after(clua_state *S, int64_t allocations) {
  int64_t left = S->fail_after;
  S->fail_after = allocations;
  return left;
}
