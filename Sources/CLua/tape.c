// From the host's tape into Lua. The host writes tapes itself, so they are well formed; a cut one is answered all the same.
#include "internal.h"

static char null_mark;
char array_key;

void push_null(lua_State *L) { lua_pushlightuserdata(L, &null_mark); }
bool is_null(lua_State *L, int index) { return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == &null_mark; }

/// What marks a table as an array.
void push_array_metatable(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key) != LUA_TNIL) return;
  lua_pop(L, 1);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "array");
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
}

/// A new table that stays an array in JSON even when it is empty.
void push_array_table(lua_State *L, int size) {
  lua_createtable(L, size, 0);
  push_array_metatable(L);
  lua_setmetatable(L, -2);
}

static const uint8_t *need(lua_State *L, const uint8_t *at, const uint8_t *end, size_t count) {
  if ((size_t)(end - at) < count) luaL_error(L, "a value from the host was cut short");
  return at;
}

static uint32_t read_count(lua_State *L, const uint8_t **at, const uint8_t *end) {
  uint32_t count;
  memcpy(&count, need(L, *at, end, sizeof count), sizeof count);
  *at += sizeof count;
  return count;
}

static const uint8_t *push_text(lua_State *L, const uint8_t *at, const uint8_t *end) {
  uint32_t count = read_count(L, &at, end);
  lua_pushlstring(L, (const char *)need(L, at, end, count), count);
  return at + count;
}

/// Null is nil on its own and as a member (the member is missing), and `json.null` in an array, where it keeps its place.
static const uint8_t *push_value(lua_State *L, const uint8_t *at, const uint8_t *end, int depth, bool in_array) {
  if (depth > 4 * DEPTH_LIMIT) luaL_error(L, "a value from the host is nested too deeply");
  luaL_checkstack(L, 6, "value nested too deeply");
  uint8_t tag = *need(L, at, end, 1);
  at++;
  switch (tag) {
    case CLUA_NULL:
      if (in_array) push_null(L);
      else lua_pushnil(L);
      return at;
    case CLUA_FALSE: case CLUA_TRUE: lua_pushboolean(L, tag == CLUA_TRUE); return at;
    case CLUA_INTEGER: {
      lua_Integer value;
      memcpy(&value, need(L, at, end, sizeof value), sizeof value);
      lua_pushinteger(L, value);
      return at + sizeof value;
    }
    case CLUA_NUMBER: {
      double value;
      memcpy(&value, need(L, at, end, sizeof value), sizeof value);
      lua_pushnumber(L, value);
      return at + sizeof value;
    }
    case CLUA_STRING: return push_text(L, at, end);
    case CLUA_ARRAY: {
      uint32_t count = read_count(L, &at, end);
      push_array_table(L, count < 1 << 16 ? (int)count : 1 << 16);
      for (uint32_t i = 1; i <= count; i++) {
        at = push_value(L, at, end, depth + 1, true);
        lua_rawseti(L, -2, i);
      }
      return at;
    }
    case CLUA_OBJECT: {
      uint32_t count = read_count(L, &at, end);
      lua_createtable(L, 0, count < 1 << 16 ? (int)count : 1 << 16);
      for (uint32_t i = 0; i < count; i++) {
        at = push_text(L, at, end);
        at = push_value(L, at, end, depth + 1, false);
        lua_rawset(L, -3);
      }
      return at;
    }
    case CLUA_DOCUMENT: {
      uint32_t count = read_count(L, &at, end);
      push_document(L, (const char *)need(L, at, end, count), count);
      return at + count;
    }
    default: lua_pushnil(L); return at;
  }
}

/// Pushes each of the values that follow one another; gives their number.
int tape_push_all(lua_State *L, clua_bytes tape) {
  const uint8_t *at = tape.data, *end = at + tape.count;
  int count = 0;
  for (; at < end; count++) {
    charge(L, 1);
    at = push_value(L, at, end, 0, false);
  }
  return count;
}
