// The list of what a script can reach. What is not put here does not exist for it.
//
// Every run gets a new, empty table of globals; what it does not find there it reads from the shared ones, which it cannot name and
// so cannot change. Libraries are empty proxies before private tables: reading works, writing raises, and rawset, table.insert and
// their like refuse them by their mark.
#include <stdlib.h>

#include "internal.h"

char frozen_key, environment_key, chunks_key;

static int refuse_write(lua_State *L) { return luaL_error(L, "attempt to change a read-only table"); }

static int frozen_next(lua_State *L) {
  charge(L, 1);
  lua_settop(L, 2);
  return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

static int frozen_pairs(lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, frozen_next, 1);
  lua_insert(L, 1);
  return 2;
}

/// Replaces the table on the top by a read-only proxy. With a path, a name it lacks is an error that suggests another.
static void freeze(lua_State *L, const char *path) {
  if (path) {
    lua_createtable(L, 0, 1);
    push_missing_member(L, path);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
  }
  lua_newtable(L);
  lua_createtable(L, 0, 6);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, frozen_pairs, 1);
  lua_setfield(L, -2, "__pairs");
  lua_pushboolean(L, true);
  lua_rawsetp(L, -2, &frozen_key);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

void freeze_table(lua_State *L) { freeze(L, NULL); }

static void set_library(lua_State *L, const char *name) {
  freeze(L, NULL);
  lua_setfield(L, -2, name);
}

/// Strings find their methods in our library, keep Lua's arithmetic, and hide their metatable.
static void harden_strings(lua_State *L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

/// Puts a function at the end of its dotted path below the table on the top, making the tables on the way.
static void put(lua_State *L, const clua_function *f) {
  int top = lua_gettop(L);
  const char *name = f->path;
  lua_pushvalue(L, -1);
  for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
    lua_pushlstring(L, name, (size_t)(dot - name));
    if (lua_rawget(L, -2) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushlstring(L, name, (size_t)(dot - name));
      lua_newtable(L);
      lua_pushvalue(L, -1);
      lua_insert(L, -3);
      lua_rawset(L, -4);
    }
    lua_remove(L, -2);
  }
  push_host_function(L, f);
  lua_setfield(L, -2, name);
  lua_settop(L, top);
}

/// Freezes the tables inside the table on the top, from the inside outwards. Values that are replaced keep `lua_next` in step.
static void freeze_members(lua_State *L, const char *path) {
  luaL_checkstack(L, 12, NULL);
  int table = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      lua_pushfstring(L, "%s%s%s", path, *path ? "." : "", lua_tostring(L, -2));
      lua_insert(L, -2);
      freeze_members(L, lua_tostring(L, -2));
      freeze(L, lua_tostring(L, -2));
      lua_pushvalue(L, -3);
      lua_insert(L, -2);
      lua_rawset(L, table);
    }
    lua_settop(L, table + 1);
  }
}

static void set_metatable_slot(lua_State *L, void *slot, const char *shown) {
  // The table on the top becomes __index of a locked metatable that is kept in the registry.
  lua_createtable(L, 0, 2);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
  if (shown) lua_pushstring(L, shown);
  else lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, slot);
}

/// The functions of `ctx` and `t` are found through those tables alone, not by a global name.
static void take_methods(lua_State *L, const char *name, void *slot) {
  lua_getfield(L, -1, name);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
  }
  set_metatable_slot(L, slot, NULL);
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

void build_sandbox(lua_State *L, const clua_function *functions, size_t count) {
  open_documents(L);
  open_vectors(L);
  lua_newtable(L);
  set_metatable_slot(L, &array_key, "array");

  open_base(L);
  open_coroutines(L);
  set_library(L, "coroutine");
  open_strings(L);
  harden_strings(L);
  set_library(L, "string");
  open_tables(L);
  set_library(L, "table");
  open_math(L);
  set_library(L, "math");
  lua_newtable(L);
  static const char *const utf8[] = {"char", "charpattern", "codepoint", "codes", "len", "offset", NULL};
  pick(L, luaopen_utf8, utf8);
  set_library(L, "utf8");

  lua_newtable(L);
  for (size_t i = 0; i < count; i++) put(L, &functions[i]);
  take_methods(L, "ctx", &context_key);
  take_methods(L, "t", &test_key);
  freeze_members(L, "");
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -5);
  }
  lua_pop(L, 1);
  set_metatable_slot(L, &environment_key, NULL);

  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &chunks_key);
  // What Lua's own openers left behind.
  lua_newtable(L);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

/// A new table of globals.
void push_environment(lua_State *L) {
  lua_createtable(L, 0, 4);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
}

// MARK: Listing

static void list(lua_State *L, const char *prefix, buffer *out) {
  luaL_checkstack(L, 10, NULL);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    const char *path = lua_pushfstring(L, "%s%s: %s\n", prefix, lua_tostring(L, -2), luaL_typename(L, -1));
    buffer_add(L, out, path, strlen(path));
    lua_pop(L, 1);
    if (is_frozen(L, -1)) {
      lua_getmetatable(L, -1);
      lua_getfield(L, -1, "__index");
      const char *inner = lua_pushfstring(L, "%s%s.", prefix, lua_tostring(L, -4));
      lua_insert(L, -2);
      list(L, inner, out);
      lua_pop(L, 3);
    }
    lua_pop(L, 1);
  }
}

static int list_all(lua_State *L) {
  clua_state *S = state_of(L);
  S->text.count = 0;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
  lua_getfield(L, -1, "__index");
  list(L, "", &S->text);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key);
  lua_getfield(L, -1, "__index");
  list(L, "ctx:", &S->text);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &test_key);
  lua_getfield(L, -1, "__index");
  list(L, "t:", &S->text);
  return 0;
}

char *clua_listing(clua_state *S) {
  protect(S, list_all);
  return strndup((const char *)S->text.data, S->text.count);
}
