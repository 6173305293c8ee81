// The global functions. Left out: load, loadfile, dofile, require, collectgarbage, warn; and with them every way to bytecode.
#include <stdio.h>

#include "internal.h"

/// Runs Lua's own C function, the first upvalue, in this frame, so that its errors name the function that the script called.
int run_stock(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

bool is_frozen(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  bool frozen = lua_rawgetp(L, -1, &frozen_key) != LUA_TNIL;
  lua_pop(L, 2);
  return frozen;
}

/// Text for people, as `tostring`: asks __tostring, but shows no address, since those differ from run to run and tell where
/// memory lies; instead a number derived from it. Leaves the text on the stack.
const char *text_of(lua_State *L, int index, size_t *length) {
  index = lua_absindex(L, index);
  switch (lua_type(L, index)) {
    case LUA_TNIL: case LUA_TBOOLEAN: case LUA_TNUMBER: case LUA_TSTRING: break;
    default: {
      if (is_null(L, index)) {
        lua_pushliteral(L, "null");
        return lua_tolstring(L, -1, length);
      }
      if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        break;
      }
      int named = luaL_getmetafield(L, index, "__name");
      const char *kind = named == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, index);
      clua_state *S = state_of(L);
      uint64_t mixed = ((uint64_t)(uintptr_t)lua_topointer(L, index) ^ (uint64_t)(uintptr_t)S) * 0x9E3779B97F4A7C15u;
      char digits[16];
      snprintf(digits, sizeof digits, "%08x", (unsigned)(mixed >> 32));
      lua_pushfstring(L, "%s: %s", kind, digits);
      if (named != LUA_TNIL) lua_remove(L, -2);
      return lua_tolstring(L, -1, length);
    }
  }
  return luaL_tolstring(L, index, length);
}

static int base_tostring(lua_State *L) {
  charge(L, 1);
  luaL_checkany(L, 1);
  text_of(L, 1, NULL);
  return 1;
}

static int base_tonumber(lua_State *L) {
  charge(L, lua_type(L, 1) == LUA_TSTRING ? 1 + lua_rawlen(L, 1) : 1);
  return run_stock(L);
}

/// As Lua's, but a table with __gc is refused: finalizers run with hooks off, where no budget reaches them.
static int base_setmetatable(lua_State *L) {
  charge(L, 1);
  int type = lua_type(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
  if (type == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) {
      return luaL_error(L, "metatables with __gc are not offered: finalizers would run outside of the budget; use __close");
    }
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

static int base_rawset(lua_State *L) {
  charge(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  if (is_frozen(L, 1)) return luaL_error(L, "attempt to change a read-only table");
  open_context(L, 1);
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 1;
}

static int base_next(lua_State *L) {
  open_context(L, 1);
  return run_stock(L);
}

static int base_rawget(lua_State *L) {
  open_context(L, 1);
  return run_stock(L);
}

/// Frozen tables are empty proxies; looked at raw, they show what they stand for to nobody, so `next` finds nothing.
const member base_members[] = {
  {"assert", NULL, true}, {"error", NULL, true}, {"getmetatable", NULL, true}, {"ipairs", NULL, true}, {"next", base_next, true}, {"pairs", NULL, true},
  {"rawequal", NULL, true}, {"rawget", base_rawget, true}, {"rawlen", NULL, true}, {"select", NULL, true}, {"type", NULL, true}, {"_VERSION", NULL, true},
  {"tonumber", base_tonumber, true}, {"tostring", base_tostring, false}, {"setmetatable", base_setmetatable, false},
  {"rawset", base_rawset, false}, {"pcall", base_pcall, false}, {"xpcall", base_xpcall, false}, {NULL, NULL, false}};
