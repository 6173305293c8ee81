// What a value says of itself in a message when nobody wrote one: its fields, in an order of their own, and never an address.
#include <stdio.h>

#include "internal.h"

enum { SHOWN_FIELDS = 16, SHOWN_BYTES = 80, SHOWN_LEVELS = 2 };

/// A key that is shown: whole numbers first, ascending, then texts by their bytes.
typedef struct {
  const char *text;  // NULL for a number; the table that has the key holds it
  size_t length;
  lua_Integer number;
} field;

static void put(buffer *b, const char *text, size_t count) {
  size_t room = b->count < MESSAGE_LIMIT ? MESSAGE_LIMIT - b->count : 0;
  buffer_append(b, text, count < room ? count : room);
}

static void put_text(buffer *b, const char *text) { put(b, text, strlen(text)); }

static void put_quoted(buffer *b, const char *text, size_t length) {
  size_t shown = length < SHOWN_BYTES ? length : SHOWN_BYTES;
  // Not in the middle of a character of UTF-8.
  while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80) shown--;
  put(b, "\"", 1);
  for (size_t i = 0; i < shown; i++) {
    unsigned char c = (unsigned char)text[i];
    char escaped[8];
    if (c == '"' || c == '\\') put(b, (char[]){'\\', (char)c}, 2);
    else if (c == '\n') put(b, "\\n", 2);
    else if (c < 0x20 || c == 0x7F) put(b, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\%03d", c));
    else put(b, text + i, 1);
  }
  put_text(b, shown < length ? "…\"" : "\"");
}

static int compare(const field *a, const field *b) {
  if (a->text == NULL || b->text == NULL)
    return a->text == NULL && b->text == NULL ? (a->number > b->number) - (a->number < b->number) : a->text == NULL ? -1 : 1;
  int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/// Finds the first keys in order; answers with how many fields there are. Walking is paid for: a table may have millions.
static size_t first_fields(lua_State *L, int table, field *fields, size_t *kept) {
  size_t all = 0;
  *kept = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    charge(L, 1);
    all++;
    field next = {NULL, 0, 0};
    if (lua_type(L, -2) == LUA_TSTRING) next.text = lua_tolstring(L, -2, &next.length);
    else if (lua_isinteger(L, -2)) next.number = lua_tointeger(L, -2);
    else continue;
    if (*kept == SHOWN_FIELDS && compare(&next, &fields[SHOWN_FIELDS - 1]) > 0) continue;
    size_t place = *kept < SHOWN_FIELDS ? (*kept)++ : SHOWN_FIELDS - 1;
    for (; place > 0 && compare(&next, &fields[place - 1]) < 0; place--) fields[place] = fields[place - 1];
    fields[place] = next;
  }
  return all;
}

static bool is_name(const field *f) {
  if (f->length == 0 || f->length > SHOWN_BYTES || (f->text[0] >= '0' && f->text[0] <= '9')) return false;
  for (size_t i = 0; i < f->length; i++) {
    char c = f->text[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

static void put_value(lua_State *L, buffer *b, int index, int level);

static void put_table(lua_State *L, buffer *b, int table, int level) {
  if (level == SHOWN_LEVELS) {
    put_text(b, "{…}");
    return;
  }
  field fields[SHOWN_FIELDS];
  size_t kept, all = first_fields(L, table, fields, &kept);
  put(b, "{", 1);
  for (size_t i = 0; i < kept && b->count < MESSAGE_LIMIT; i++) {
    if (i > 0) put(b, ", ", 2);
    if (fields[i].text == NULL) {
      char number[32];
      // A list says its places by their order.
      if (fields[i].number != (lua_Integer)i + 1)
        put(b, number, (size_t)snprintf(number, sizeof number, "[" LUA_INTEGER_FMT "] = ", fields[i].number));
      lua_rawgeti(L, table, fields[i].number);
    } else {
      if (is_name(&fields[i])) {
        put(b, fields[i].text, fields[i].length);
      } else {
        put(b, "[", 1);
        put_quoted(b, fields[i].text, fields[i].length);
        put(b, "]", 1);
      }
      put(b, " = ", 3);
      lua_pushlstring(L, fields[i].text, fields[i].length);
      lua_rawget(L, table);
    }
    put_value(L, b, lua_gettop(L), level + 1);
    lua_pop(L, 1);
  }
  if (all > kept) put_text(b, kept > 0 ? ", …" : "…");
  put(b, "}", 1);
}

static void put_value(lua_State *L, buffer *b, int index, int level) {
  size_t length;
  switch (lua_type(L, index)) {
    case LUA_TNIL: put_text(b, "nil"); break;
    case LUA_TBOOLEAN: put_text(b, lua_toboolean(L, index) ? "true" : "false"); break;
    case LUA_TNUMBER: {
      lua_pushvalue(L, index);
      const char *text = lua_tolstring(L, -1, &length);
      put(b, text, length);
      lua_pop(L, 1);
      break;
    }
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, index, &length);
      put_quoted(b, text, length);
      break;
    }
    case LUA_TTABLE: put_table(L, b, index, level); break;
    default: put_text(b, is_null(L, index) ? "null" : luaL_typename(L, index));
  }
}

/// Adds a value to a message, up to MESSAGE_LIMIT bytes of it in all: a table by its first fields, two levels deep. No metamethod is asked,
/// the walk is paid for, and the same value says the same in every run: nothing of it depends on where it lies in memory.
void describe(lua_State *L, int index, buffer *into) {
  luaL_checkstack(L, 4 * (SHOWN_LEVELS + 2), NULL);
  put_value(L, into, lua_absindex(L, index), 0);
}
