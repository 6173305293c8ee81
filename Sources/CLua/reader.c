// JSON text into Lua values (RFC 8259), for json.decode and for documents that a filter reads lazily.
#include <math.h>
#include <stdlib.h>

#include "internal.h"
#include "scan.h"

typedef struct {
  lua_State *L;
  const char *text, *at, *end;
  bool keep_null;
} reader;

static _Noreturn void malformed(const reader *r, const char *expected) {
  luaL_error(r->L, "malformed JSON at byte %d: expected %s", (int)(r->at - r->text), expected);
  __builtin_unreachable();
}

static void expect(reader *r, char c, const char *expected) {
  r->at = json_space(r->at, r->end);
  if (r->at == r->end || *r->at != c) malformed(r, expected);
  r->at++;
}

static uint32_t read_hex(reader *r) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++, r->at++) {
    int c = r->at < r->end ? (unsigned char)*r->at : 0;
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (digit < 0) malformed(r, "four hexadecimal digits");
    value = value << 4 | (uint32_t)digit;
  }
  return value;
}

static void add_scalar(luaL_Buffer *b, uint32_t u) {
  if (u < 0x80) {
    luaL_addchar(b, (char)u);
    return;
  }
  int extra = u < 0x800 ? 1 : u < 0x10000 ? 2 : 3;
  luaL_addchar(b, (char)((0xFF00 >> (extra + 1) & 0xFF) | u >> 6 * extra));
  while (extra-- > 0) luaL_addchar(b, (char)(0x80 | (u >> 6 * extra & 0x3F)));
}

static void push_escaped(reader *r, const char *from) {
  luaL_Buffer b;
  luaL_buffinit(r->L, &b);
  luaL_addlstring(&b, from, (size_t)(r->at - from));
  for (;;) {
    if (r->at == r->end || (unsigned char)*r->at < 0x20) malformed(r, "the end of a string");
    char c = *r->at++;
    if (c == '"') break;
    if (c != '\\') {
      luaL_addchar(&b, c);
      continue;
    }
    char escape = r->at < r->end ? *r->at++ : 0;
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *named = escape ? strchr(names, escape) : NULL;
    if (named) {
      luaL_addchar(&b, values[named - names]);
    } else if (escape == 'u') {
      uint32_t u = read_hex(r);
      if (u >= 0xD800 && u < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        uint32_t low = read_hex(r);
        u = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00) : 0xD800;
      }
      if (u >= 0xD800 && u < 0xE000) malformed(r, "a pair of surrogates");
      add_scalar(&b, u);
    } else {
      malformed(r, "an escape such as \\n or \\u00e9");
    }
  }
  luaL_pushresult(&b);
}

/// Pushes the string whose opening quote has been read.
static void push_string(reader *r) {
  const char *from = r->at;
  r->at = json_text_end(from, r->end);
  if (r->at - from >= 64) charge(r->L, (uint64_t)(r->at - from) / 16);
  if (r->at < r->end && *r->at == '"') {
    lua_pushlstring(r->L, from, (size_t)(r->at - from));
    r->at++;
  } else {
    push_escaped(r, from);
  }
}

static bool digits(reader *r) {
  const char *from = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
  return r->at > from;
}

/// A number with a point and no exponent, of at most 18 digits: where the digits fit 53 bits and the power of ten is exact, one
/// division gives the nearest double (Clinger, "How to read floating point numbers accurately", PLDI 1990). False: not that simple.
static bool push_decimal(reader *r, const char *first, const char *end, bool negative) {
  static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  uint64_t digits = 0;
  int places = -1;
  if (end - first > 19) return false;
  for (; first < end; first++) {
    if (*first == '.') {
      places = 0;
    } else {
      digits = digits * 10 + (uint64_t)(*first - '0');
      places += places >= 0;
    }
  }
  if (digits > 1ull << 53) return false;
  double value = (double)digits / powers[places];
  lua_pushnumber(r->L, negative ? -value : value);
  return true;
}

/// At most 18 digits, which 64 bits hold.
static void push_integer(reader *r, const char *first, const char *end, bool negative) {
  lua_Integer value = 0;
  for (; first < end; first++) value = value * 10 + (*first - '0');
  lua_pushinteger(r->L, negative ? -value : value);
}

static void push_number(reader *r) {
  const char *from = r->at;
  bool negative = *r->at == '-', integer = true, exponent = false;
  r->at += negative;
  const char *first = r->at;
  if (!digits(r) || (*first == '0' && r->at - first > 1)) malformed(r, "a value");
  const char *last = r->at;
  if (r->at < r->end && *r->at == '.') {
    integer = false;
    r->at++;
    if (!digits(r)) malformed(r, "digits after the point");
  }
  if (r->at < r->end && (*r->at | 32) == 'e') {
    integer = false;
    exponent = true;
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
    if (!digits(r)) malformed(r, "digits in the exponent");
  }
  if (integer && last - first <= 18) {
    push_integer(r, first, last, negative);
    return;
  }
  if (!integer && !exponent && push_decimal(r, first, r->at, negative)) return;
  charge(r->L, (uint64_t)(r->at - from) / 4);
  // A copy with an end; Lua's own reading keeps integers that fit and makes the others floats.
  const char *copy = lua_pushlstring(r->L, from, (size_t)(r->at - from));
  if (!lua_stringtonumber(r->L, copy) || !isfinite(lua_tonumber(r->L, -1))) {
    r->at = from;
    malformed(r, "a number that a double can hold");
  }
  lua_remove(r->L, -2);
}

static void push_value(reader *r, int depth);

static void push_array(reader *r, int depth) {
  push_array_table(r->L, 0);
  r->at = json_space(r->at, r->end);
  if (r->at < r->end && *r->at == ']') {
    r->at++;
    return;
  }
  for (lua_Integer i = 1;; i++) {
    charge(r->L, 1);
    push_value(r, depth + 1);
    if (lua_isnil(r->L, -1)) {
      lua_pop(r->L, 1);
      push_null(r->L);
    }
    lua_rawseti(r->L, -2, i);
    r->at = json_space(r->at, r->end);
    if (r->at < r->end && *r->at == ',') {
      r->at++;
      continue;
    }
    expect(r, ']', "',' or ']'");
    return;
  }
}

static void push_object(reader *r, int depth) {
  lua_newtable(r->L);
  r->at = json_space(r->at, r->end);
  if (r->at < r->end && *r->at == '}') {
    r->at++;
    return;
  }
  for (;;) {
    charge(r->L, 1);
    expect(r, '"', "a key in quotes");
    push_string(r);
    expect(r, ':', "':'");
    push_value(r, depth + 1);
    lua_rawset(r->L, -3);
    r->at = json_space(r->at, r->end);
    if (r->at < r->end && *r->at == ',') {
      r->at++;
      continue;
    }
    expect(r, '}', "',' or '}'");
    return;
  }
}

static bool word(reader *r, const char *name) {
  size_t length = strlen(name);
  if ((size_t)(r->end - r->at) < length || memcmp(r->at, name, length) != 0) return false;
  r->at += length;
  return true;
}

static void push_value(reader *r, int depth) {
  lua_State *L = r->L;
  r->at = json_space(r->at, r->end);
  switch (r->at < r->end ? *r->at : 0) {
    case '{': case '[':
      if (depth == DEPTH_LIMIT) luaL_error(L, "JSON nested deeper than %d", DEPTH_LIMIT);
      luaL_checkstack(L, 6, "JSON nested too deeply");
      charge(L, 1);
      if (*r->at++ == '{') push_object(r, depth);
      else push_array(r, depth);
      return;
    case '"': r->at++; push_string(r); return;
    case 't': if (word(r, "true")) { lua_pushboolean(L, true); return; } break;
    case 'f': if (word(r, "false")) { lua_pushboolean(L, false); return; } break;
    case 'n':
      if (!word(r, "null")) break;
      if (r->keep_null) push_null(L);
      else lua_pushnil(L);
      return;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': push_number(r); return;
    default: break;
  }
  malformed(r, "a value");
}

/// Pushes the value at `at` and gives the place behind it. `text` is the start, for the offsets in messages. With `keep_null`, null
/// is `json.null` everywhere; else it is nil where a member may be missing.
const char *json_push(lua_State *L, const char *text, const char *at, const char *end, bool keep_null) {
  reader r = {L, text, at, end, keep_null};
  push_value(&r, 0);
  return r.at;
}

/// Pushes the value at `at` if that takes one look and cannot fail: a text without escapes, a number without an exponent, true or false.
bool json_push_plain(lua_State *L, const char *at, const char *end) {
  reader r = {L, at, at, end, false};
  char c = at < end ? *at : 0;
  if (c == '"') {
    const char *stop = json_text_end(at + 1, end);
    if (stop == end || *stop != '"') return false;
    if (stop - at >= 64) charge(L, (uint64_t)(stop - at) / 16);
    lua_pushlstring(L, at + 1, (size_t)(stop - at - 1));
    return true;
  }
  if (c == 't' || c == 'f') {
    if (!word(&r, c == 't' ? "true" : "false")) return false;
    lua_pushboolean(L, c == 't');
    return true;
  }
  bool negative = c == '-';
  r.at += negative;
  const char *first = r.at;
  if (!digits(&r) || r.at - first > 18 || (*first == '0' && r.at - first > 1)) return false;
  bool fraction = r.at < end && *r.at == '.';
  if (fraction) {
    r.at++;
    if (!digits(&r)) return false;
  }
  if (r.at == end || (*r.at != ',' && *r.at != '}')) return false;
  if (fraction) return push_decimal(&r, first, r.at, negative);
  push_integer(&r, first, r.at, negative);
  return true;
}
