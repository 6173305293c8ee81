#pragma once
// The shape of JSON text: where strings and values end. It checks no more than that takes, so that what a script does not look at costs
// little; the hot path of filters, hence inline.
#include "internal.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define HAS_LANES 1
enum { LANES = 16, LANE_BITS = 1 };
typedef __m128i lanes;
static inline lanes load_lanes(const char *at) { return _mm_loadu_si128((const __m128i *)at); }
static inline lanes lanes_equal(lanes all, char c) { return _mm_cmpeq_epi8(all, _mm_set1_epi8(c)); }
static inline lanes lanes_and(lanes a, lanes b) { return _mm_and_si128(a, b); }
static inline lanes lanes_or(lanes a, lanes b) { return _mm_or_si128(a, b); }
static inline lanes lanes_with(lanes all, char bits) { return _mm_or_si128(all, _mm_set1_epi8(bits)); }
static inline uint64_t lane_bits(lanes found) { return (unsigned)_mm_movemask_epi8(found); }
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#define HAS_LANES 1
enum { LANES = 16, LANE_BITS = 4 };
typedef uint8x16_t lanes;
static inline lanes load_lanes(const char *at) { return vld1q_u8((const uint8_t *)at); }
static inline lanes lanes_equal(lanes all, char c) { return vceqq_u8(all, vdupq_n_u8((uint8_t)c)); }
static inline lanes lanes_and(lanes a, lanes b) { return vandq_u8(a, b); }
static inline lanes lanes_or(lanes a, lanes b) { return vorrq_u8(a, b); }
static inline lanes lanes_with(lanes all, char bits) { return vorrq_u8(all, vdupq_n_u8((uint8_t)bits)); }
/// Four bits of each byte come through, of which the first is kept.
static inline uint64_t lane_bits(lanes found) {
  return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(found), 4)), 0) & 0x1111111111111111u;
}
#else
enum { LANES = 1, LANE_BITS = 1 };
#endif

/// Bit 7 of every byte that is zero, and perhaps of some behind it; exact up to the first (after Mycroft's test for a zero byte).
static inline uint64_t zero_bytes(uint64_t x) { return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u; }

static inline bool json_is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static inline const char *json_space(const char *at, const char *end) {
  // Everything that is not a space lies above it, but for control characters, which are rare.
  if (__builtin_expect(at < end && (unsigned char)*at > ' ', 1)) return at;
  while (at < end && json_is_space(*at)) at++;
  return at;
}

/// The first quote, backslash or control character, or the end. Eight bytes at a time.
static inline const char *json_text_end(const char *at, const char *end) {
  while (end - at >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t control = (word - 0x2020202020202020u) & ~word & 0x8080808080808080u;
    uint64_t found = zero_bytes(word ^ 0x2222222222222222u) | zero_bytes(word ^ 0x5C5C5C5C5C5C5C5Cu) | control;
    if (found) return at + __builtin_ctzll(found) / 8;
    at += 8;
  }
  while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) at++;
  return at;
}

/// The first quote or backslash, or the end: where a string is passed over, nothing else matters in it.
static inline const char *json_quote(const char *at, const char *end) {
  while (end - at >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t found = zero_bytes(word ^ 0x2222222222222222u) | zero_bytes(word ^ 0x5C5C5C5C5C5C5C5Cu);
    if (found) return at + __builtin_ctzll(found) / 8;
    at += 8;
  }
  while (at < end && *at != '"' && *at != '\\') at++;
  return at;
}

/// Behind the closing quote of the string whose opening quote has been read; beyond `end` when it has none.
static inline const char *json_text_skip(const char *at, const char *end) {
  for (;;) {
    at = json_quote(at, end);
    if (at >= end) return end + 1;
    if (*at == '"') return at + 1;
    at += 2;
  }
}

static inline bool json_is_bracket(char c) { return (c | 0x20) == '{' || (c | 0x20) == '}'; }

/// The first quote or bracket, or the end. Large letters differ from small ones by a bit, and so do square brackets from curly ones.
static inline const char *json_bracket(const char *at, const char *end) {
#ifdef HAS_LANES
  for (; end - at >= LANES; at += LANES) {
    lanes text = load_lanes(at), folded = lanes_with(text, 0x20);
    uint64_t found = lane_bits(lanes_or(lanes_equal(text, '"'), lanes_or(lanes_equal(folded, '{'), lanes_equal(folded, '}'))));
    if (found) return at + __builtin_ctzll(found) / LANE_BITS;
  }
#endif
  while (at < end && *at != '"' && !json_is_bracket(*at)) at++;
  return at;
}

static const char *json_nested_skip(const char *at, const char *end) {
  int depth = 0;
  do {
    char c = *at++;
    if (c == '"') at = json_text_skip(at, end);
    else depth += c == '{' || c == '[' ? 1 : -1;
    if (depth > 0 && at < end) at = json_bracket(at, end);
  } while (depth > 0 && at < end);
  return at;
}

/// The place behind the value at `at`, which is not checked further than needed to find its end.
static inline const char *json_skip(lua_State *L, const char *text, const char *at, const char *end) {
  const char *from = at;
  char c = at < end ? *at : ',';
  if (c == '"') {
    at = json_text_skip(at + 1, end);
  } else if (c == '{' || c == '[') {
    at = json_nested_skip(at, end);
  } else {
    while (at < end && *at != ',' && *at != '}' && *at != ']') at++;
  }
  if (__builtin_expect(at > end, 0)) luaL_error(L, "malformed JSON at byte %d: expected the end of a string", (int)(end - text));
  if (at - from >= 256) charge(L, (uint64_t)(at - from) / 64);
  return at;
}
