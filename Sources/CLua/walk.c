// From Lua outwards: one walk over a value, written as a tape or as JSON text. It looks at tables raw, so no script runs meanwhile;
// members come in the order of their keys, so that equal values give equal bytes.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

typedef struct {
  lua_State *L;
  buffer *out;
  bool json;
  const void *path[DEPTH_LIMIT];
} walker;

typedef struct {
  const char *text;
  size_t length;
} key;

static void add(walker *w, const void *data, size_t count) { buffer_add(w->L, w->out, data, count); }
static void add_byte(walker *w, uint8_t byte) { add(w, &byte, 1); }

/// A value takes the host more bytes than it takes here: one table in another, many times, would be hundreds of megabytes there.
static void count_values(walker *w, size_t count) {
  if (w->json) return;
  if ((w->out->values += count) > VALUE_LIMIT) luaL_error(w->L, "value too large: at most %d values cross between a script and the host", VALUE_LIMIT);
}

static void add_number(walker *w, uint8_t tag, const void *value, uint32_t size) {
  add_byte(w, tag);
  add(w, value, size);
}

static size_t add_count(walker *w, uint8_t tag, uint32_t count) {
  add_number(w, tag, &count, sizeof count);
  return w->out->count - sizeof count;
}

/// The length of the well-formed sequence at `s` (Unicode 15, table 3-7), or 0.
static size_t sequence(const uint8_t *s, const uint8_t *end) {
  static const struct { uint8_t low, high, second_low, second_high, length; } forms[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (*s < forms[i].low || *s > forms[i].high) continue;
    if ((size_t)(end - s) < forms[i].length || s[1] < forms[i].second_low || s[1] > forms[i].second_high) return 0;
    for (size_t k = 2; k < forms[i].length; k++) {
      if ((s[k] & 0xC0) != 0x80) return 0;
    }
    return forms[i].length;
  }
  return 0;
}

bool utf8_valid(const char *text, size_t length, size_t *bad) {
  const uint8_t *s = (const uint8_t *)text, *end = s + length;
  while (s < end) {
    size_t n = *s < 0x80 ? 1 : sequence(s, end);
    if (n == 0) {
      *bad = (size_t)(s - (const uint8_t *)text);
      return false;
    }
    s += n;
  }
  return true;
}

static void add_json_text(walker *w, const char *text, size_t length) {
  add_byte(w, '"');
  size_t from = 0;
  for (size_t i = 0; i < length; i++) {
    uint8_t c = (uint8_t)text[i];
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    add(w, text + from, i - from);
    from = i + 1;
    char escape[8];
    const char *named = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;
    if (named == NULL) snprintf(escape, sizeof escape, "\\u%04x", c);
    add(w, named ? named : escape, strlen(named ? named : escape));
  }
  add(w, text + from, length - from);
  add_byte(w, '"');
}

static void add_text(walker *w, const char *text, size_t length, bool tagged) {
  size_t bad;
  charge(w->L, 1 + length / 16);
  if (!utf8_valid(text, length, &bad)) {
    luaL_error(w->L, "a string with the byte 0x%s at position %d is not valid UTF-8 and cannot become JSON",
               lua_pushfstring(w->L, "%c%c", "0123456789abcdef"[(uint8_t)text[bad] >> 4], "0123456789abcdef"[text[bad] & 15]), (int)bad + 1);
  }
  if (w->json) {
    add_json_text(w, text, length);
    return;
  }
  uint32_t count = (uint32_t)length;
  if (tagged) add_byte(w, CLUA_STRING);
  add(w, &count, sizeof count);
  add(w, text, length);
}

/// The shortest decimal that reads back as the same number; with a point or an exponent, so that it stays a float.
static void add_json_double(walker *w, double value) {
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text - 2, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  if (!strpbrk(text, ".e")) strcat(text, ".0");
  add(w, text, strlen(text));
}

static void walk(walker *w, int index, int depth);

static void walk_array(walker *w, int table, lua_Integer size, int depth) {
  if (w->json) add_byte(w, '[');
  else add_count(w, CLUA_ARRAY, (uint32_t)size);
  for (lua_Integer i = 1; i <= size; i++) {
    if (w->json && i > 1) add_byte(w, ',');
    lua_rawgeti(w->L, table, i);
    walk(w, -1, depth + 1);
    lua_pop(w->L, 1);
  }
  if (w->json) add_byte(w, ']');
}

static int compare_keys(const void *a, const void *b) {
  const key *x = a, *y = b;
  size_t shorter = x->length < y->length ? x->length : y->length;
  int order = memcmp(x->text, y->text, shorter);
  return order ? order : (x->length > y->length) - (x->length < y->length);
}

static void walk_object(walker *w, int table, size_t size, int depth) {
  lua_State *L = w->L;
  key *keys = lua_newuserdatauv(L, size * sizeof(key), 0);
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    keys[count].text = lua_tolstring(L, -1, &keys[count].length);
    count++;
  }
  charge(L, size * 2);
  qsort(keys, count, sizeof(key), compare_keys);
  if (w->json) add_byte(w, '{');
  else add_count(w, CLUA_OBJECT, (uint32_t)count);
  for (size_t i = 0; i < count; i++) {
    if (w->json && i > 0) add_byte(w, ',');
    add_text(w, keys[i].text, keys[i].length, false);
    if (w->json) add_byte(w, ':');
    lua_pushlstring(L, keys[i].text, keys[i].length);
    lua_rawget(L, table);
    walk(w, -1, depth + 1);
    lua_pop(L, 1);
  }
  if (w->json) add_byte(w, '}');
  lua_pop(L, 1);
}

static bool is_array_table(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

static void walk_table(walker *w, int table, int depth) {
  lua_State *L = w->L;
  const void *identity = lua_topointer(L, table);
  for (int i = 0; i < depth; i++) {
    if (w->path[i] == identity) luaL_error(L, "a table that contains itself has no JSON form");
  }
  if (depth == DEPTH_LIMIT) luaL_error(L, "a table nested deeper than %d has no JSON form", DEPTH_LIMIT);
  w->path[depth] = identity;
  if (is_frozen(L, table)) luaL_error(L, "a library table has no JSON form");
  open_context(L, table);
  lua_Integer length = (lua_Integer)lua_rawlen(L, table);
  size_t size = 0, positions = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    charge(L, 1);
    size++;
    if (lua_isinteger(L, -1)) {
      lua_Integer at = lua_tointeger(L, -1);
      positions += at >= 1 && at <= length;
    } else if (lua_type(L, -1) != LUA_TSTRING) {
      luaL_error(L, "a table key of type %s has no JSON form: use strings, or positions 1..n", luaL_typename(L, -1));
    }
  }
  if (positions == size && (size_t)length == size && (size > 0 || is_array_table(L, table))) {
    walk_array(w, table, length, depth);
    return;
  }
  // Looked at once more only to name the key that is in the way.
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (lua_isinteger(L, -1)) {
      luaL_error(L, "a table with the key %I beside names or gaps has no JSON form: use strings only, or positions 1..n",
                 (LUAI_UACINT)lua_tointeger(L, -1));
    }
  }
  walk_object(w, table, size, depth);
}

/// The shortest decimals that read back as the same float32 cross as doubles, so that 0.1 stays 0.1.
static void walk_vector(walker *w, const float *numbers, size_t count) {
  charge(w->L, count);
  count_values(w, count);
  if (w->json) add_byte(w, '[');
  else add_count(w, CLUA_ARRAY, (uint32_t)count);
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(numbers[i])) luaL_error(w->L, "the number %f has no JSON form", (lua_Number)numbers[i]);
    char text[32];
    double value = numbers[i];
    for (int digits = 6; digits <= 9; digits++) {
      snprintf(text, sizeof text, "%.*g", digits, (double)numbers[i]);
      value = strtod(text, NULL);
      if ((float)value == numbers[i]) break;
    }
    if (w->json && i > 0) add_byte(w, ',');
    w->json ? add_json_double(w, value) : add_number(w, CLUA_NUMBER, &value, sizeof value);
  }
  if (w->json) add_byte(w, ']');
}

static void walk(walker *w, int index, int depth) {
  lua_State *L = w->L;
  index = lua_absindex(L, index);
  luaL_checkstack(L, 8, "value nested too deeply");
  charge(L, 1);
  count_values(w, 1);
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      w->json ? add(w, "null", 4) : add_byte(w, CLUA_NIL);
      return;
    case LUA_TBOOLEAN: {
      bool truth = lua_toboolean(L, index);
      w->json ? add(w, truth ? "true" : "false", truth ? 4 : 5) : add_byte(w, truth ? CLUA_TRUE : CLUA_FALSE);
      return;
    }
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        lua_Integer value = lua_tointeger(L, index);
        char text[24];
        if (w->json) add(w, text, (size_t)snprintf(text, sizeof text, LUA_INTEGER_FMT, value));
        else add_number(w, CLUA_INTEGER, &value, sizeof value);
      } else {
        double value = lua_tonumber(L, index);
        if (!isfinite(value)) luaL_error(L, "the number %f has no JSON form", value);
        w->json ? add_json_double(w, value) : add_number(w, CLUA_NUMBER, &value, sizeof value);
      }
      return;
    case LUA_TSTRING: {
      size_t length;
      const char *text = lua_tolstring(L, index, &length);
      add_text(w, text, length, true);
      return;
    }
    case LUA_TTABLE: walk_table(w, index, depth); return;
    default: break;
  }
  size_t count;
  const float *numbers = vector_values(L, index, &count);
  if (numbers) {
    walk_vector(w, numbers, count);
  } else if (is_null(L, index)) {
    w->json ? add(w, "null", 4) : add_byte(w, CLUA_NULL);
  } else if (push_document_table(L, index)) {
    walk(w, -1, depth);
    lua_pop(L, 1);
  } else {
    luaL_error(L, "a value of type %s has no JSON form", luaL_typename(L, index));
  }
}

void tape_append(lua_State *L, int index, buffer *out) {
  walker w = {.L = L, .out = out};
  walk(&w, index, 0);
}

void json_append(lua_State *L, int index, buffer *out) {
  walker w = {.L = L, .out = out, .json = true};
  walk(&w, index, 0);
}

/// Scalars byte for byte; what is not one becomes nil.
void tape_append_scalar(lua_State *L, int index, buffer *out) {
  walker w = {.L = L, .out = out};
  if (lua_type(L, index) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    add_count(&w, CLUA_STRING, (uint32_t)length);
    add(&w, text, length);
  } else if (lua_isnumber(L, index) && !lua_isinteger(L, index)) {
    double value = lua_tonumber(L, index);
    add_number(&w, CLUA_NUMBER, &value, sizeof value);
  } else if (lua_type(L, index) == LUA_TBOOLEAN || lua_type(L, index) == LUA_TNUMBER) {
    walk(&w, index, 0);
  } else {
    add_byte(&w, CLUA_NIL);
  }
}
