// The table library, written anew: every element costs, so no loop in C outruns the budget, and a length comes from the table
// itself, never from a __len that lies.
#include "internal.h"

/// A table whose contents may be changed and whose length is its own.
void check_table(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  if (!lua_getmetatable(L, index)) return;
  if (lua_rawgetp(L, -1, &frozen_key) != LUA_TNIL) luaL_error(L, "attempt to change a read-only table");
  lua_pushliteral(L, "__len");
  if (lua_rawget(L, -3) != LUA_TNIL) luaL_argerror(L, index, "tables with __len are not accepted here");
  lua_pop(L, 3);
}

static lua_Integer length_of(lua_State *L, int index) {
  charge(L, 1);
  check_table(L, index);
  return (lua_Integer)lua_rawlen(L, index);
}

static int tab_insert(lua_State *L) {
  lua_Integer end = length_of(L, 1) + 1, at = end;
  switch (lua_gettop(L)) {
    case 2: break;
    case 3:
      at = luaL_checkinteger(L, 2);
      luaL_argcheck(L, (lua_Unsigned)at - 1u < (lua_Unsigned)end, 2, "position out of bounds");
      for (lua_Integer i = end; i > at; i--) {
        charge(L, 1);
        lua_geti(L, 1, i - 1);
        lua_seti(L, 1, i);
      }
      break;
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  lua_seti(L, 1, at);
  return 0;
}

static int tab_remove(lua_State *L) {
  lua_Integer size = length_of(L, 1);
  lua_Integer at = luaL_optinteger(L, 2, size);
  if (lua_gettop(L) > 1) luaL_argcheck(L, (lua_Unsigned)at - 1u <= (lua_Unsigned)size, 2, "position out of bounds");
  lua_geti(L, 1, at);
  for (; at < size; at++) {
    charge(L, 1);
    lua_geti(L, 1, at + 1);
    lua_seti(L, 1, at);
  }
  lua_pushnil(L);
  lua_seti(L, 1, at);
  return 1;
}

static int tab_move(lua_State *L) {
  lua_Integer from = luaL_checkinteger(L, 2), end = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4);
  int target = lua_isnoneornil(L, 5) ? 1 : 5;
  charge(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, target, LUA_TTABLE);
  if (is_frozen(L, target)) return luaL_error(L, "attempt to change a read-only table");
  if (end >= from) {
    luaL_argcheck(L, from > 0 || end < LUA_MAXINTEGER + from, 3, "too many elements to move");
    lua_Integer count = end - from + 1;
    luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
    bool forward = to > end || to <= from || (target != 1 && !lua_rawequal(L, 1, target));
    for (lua_Integer i = 0; i < count; i++) {
      lua_Integer step = forward ? i : count - 1 - i;
      charge(L, 1);
      lua_geti(L, 1, from + step);
      lua_seti(L, target, to + step);
    }
  }
  lua_pushvalue(L, target);
  return 1;
}

static int tab_concat(lua_State *L) {
  lua_Integer size = length_of(L, 1);
  size_t separator;
  const char *between = luaL_optlstring(L, 2, "", &separator);
  lua_Integer from = luaL_optinteger(L, 3, 1), to = luaL_optinteger(L, 4, size);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (lua_Integer i = from; i <= to; i++) {
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1)) return luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
    charge(L, 1 + lua_rawlen(L, -1) / 64 + separator / 64);
    luaL_addvalue(&b);
    if (i == to) break;  // `to` may be the largest integer
    luaL_addlstring(&b, between, separator);
  }
  luaL_pushresult(&b);
  return 1;
}

static int tab_pack(lua_State *L) {
  int n = lua_gettop(L);
  charge(L, 1 + (uint64_t)n / 4);
  lua_createtable(L, n, 1);
  lua_insert(L, 1);
  for (int i = n; i >= 1; i--) lua_seti(L, 1, i);
  lua_pushinteger(L, n);
  lua_setfield(L, 1, "n");
  return 1;
}

static int tab_unpack(lua_State *L) {
  lua_Integer from = luaL_optinteger(L, 2, 1);
  lua_Integer to = lua_isnoneornil(L, 3) ? length_of(L, 1) : luaL_checkinteger(L, 3);
  if (from > to) return 0;
  lua_Unsigned count = (lua_Unsigned)to - (lua_Unsigned)from;
  if (count >= 1000000 || !lua_checkstack(L, (int)count + 1)) return luaL_error(L, "too many results to unpack");
  for (lua_Unsigned i = 0; i <= count; i++) {
    charge(L, 1);
    lua_geti(L, 1, (lua_Integer)((lua_Unsigned)from + i));
  }
  return (int)count + 1;
}

// MARK: Sorting

/// Whether element at `a` (stack index) goes before the one at `b`.
static bool precedes(lua_State *L, int a, int b) {
  // A comparison reads long strings to their end, and so may an order function written in C.
  uint64_t bytes = (lua_type(L, a) == LUA_TSTRING ? lua_rawlen(L, a) : 0) + (lua_type(L, b) == LUA_TSTRING ? lua_rawlen(L, b) : 0);
  charge(L, 2 + bytes / 16);
  if (lua_isnil(L, 2)) return lua_compare(L, a, b, LUA_OPLT);
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  bool result = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return result;
}

/// Lets the value on the top sink from `hole` in the heap 1...size, and pops it. Bottom-up: the hole goes to a leaf by the larger
/// children, then the value rises (Wegener, "Bottom-up heapsort", TCS 118, 1993), nearly halving the comparisons.
static void sink(lua_State *L, lua_Integer hole, lua_Integer size) {
  lua_Integer root = hole;
  for (lua_Integer child; (child = 2 * hole) <= size; hole = child) {
    lua_geti(L, 1, child);
    if (child < size) {
      lua_geti(L, 1, child + 1);
      if (precedes(L, -2, -1)) {
        lua_remove(L, -2);
        child++;
      } else {
        lua_pop(L, 1);
      }
    }
    lua_seti(L, 1, hole);
  }
  for (; hole > root; hole /= 2) {
    lua_geti(L, 1, hole / 2);
    if (!precedes(L, -1, -2)) {
      lua_pop(L, 1);
      break;
    }
    lua_seti(L, 1, hole);
  }
  lua_seti(L, 1, hole);
}

/// Heapsort: n log n comparisons whatever the order function answers, and no recursion. Not stable, as Lua's is not.
static int tab_sort(lua_State *L) {
  lua_Integer size = length_of(L, 1);
  luaL_argcheck(L, size < (1 << 24), 1, "array too big");
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  luaL_checkstack(L, 16, NULL);
  for (lua_Integer i = size / 2; i >= 1; i--) {
    lua_geti(L, 1, i);
    sink(L, i, size);
  }
  for (lua_Integer last = size; last > 1; last--) {
    lua_geti(L, 1, last);
    lua_geti(L, 1, 1);
    lua_seti(L, 1, last);
    sink(L, 1, last - 1);
  }
  return 0;
}

const member table_members[] = {{"insert", tab_insert, false}, {"remove", tab_remove, false}, {"move", tab_move, false},
                                {"concat", tab_concat, false}, {"pack", tab_pack, false}, {"unpack", tab_unpack, false},
                                {"sort", tab_sort, false}, {NULL, NULL, false}};
