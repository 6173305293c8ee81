// `require`: modules that the host keeps. Each runs once in a run, with globals of its own, and what it returns cannot be changed.
#include "internal.h"

enum { MODULE_DEPTH = 16, MODULES = 100 };

char loaded_key;

/// The table of what this run has loaded: a value by name, or true while its module is still at work.
static void push_loaded(lua_State *L) {
  clua_state *S = state_of(L);
  if (!S->has_modules) {
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
    S->has_modules = true;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
}

static clua_bytes bytes_of(lua_State *L, int index) {
  size_t length;
  const char *text = luaL_checklstring(L, index, &length);
  return (clua_bytes){(const uint8_t *)text, length};
}

enum { NAME = 1, LOADED = 2, REPLY = 3, MODULE_NAME = 4, SOURCE = 5, CHUNK = 6 };

int call_require(lua_State *L) {
  clua_state *S = state_of(L);
  luaL_checktype(L, NAME, LUA_TSTRING);
  lua_settop(L, NAME);
  charge(L, 5);
  push_loaded(L);
  lua_pushvalue(L, NAME);
  int kept = lua_rawget(L, LOADED);
  if (kept == LUA_TBOOLEAN) return luaL_error(L, "module '%s' requires itself, by way of others or directly", lua_tostring(L, NAME));
  if (kept != LUA_TNIL) return 1;
  if (S->module_depth >= MODULE_DEPTH) return luaL_error(L, "modules require one another more than %d deep", MODULE_DEPTH);
  if (lua_rawlen(L, LOADED) >= MODULES) return luaL_error(L, "a script may use %d modules", MODULES);
  lua_settop(L, LOADED);
  buffer_clear(&S->arguments);
  tape_append(L, NAME, &S->arguments);
  ask(L, function_id(L));
  lua_settop(L, REPLY);
  if (!lua_istable(L, REPLY)) return luaL_error(L, "the host gave no module");
  lua_getfield(L, REPLY, "name");
  lua_getfield(L, REPLY, "source");
  clua_request request = {.source = bytes_of(L, SOURCE), .name = bytes_of(L, MODULE_NAME)};
  push_chunk(L, &request, true);
  push_environment(L);
  lua_setupvalue(L, CHUNK, 1);
  lua_pushvalue(L, NAME);
  lua_pushboolean(L, true);
  lua_rawset(L, LOADED);
  // Counted by position, too, so that the number of modules is known.
  lua_pushvalue(L, NAME);
  lua_rawseti(L, LOADED, (lua_Integer)lua_rawlen(L, LOADED) + 1);
  int depth = S->module_depth++;
  lua_pushvalue(L, CHUNK);
  lua_pushvalue(L, NAME);
  int status = lua_pcall(L, 1, 1, 0);
  S->module_depth = depth;
  if (status != LUA_OK) {
    caught(L, status);
    lua_pushvalue(L, NAME);
    lua_pushnil(L);
    lua_rawset(L, LOADED);
    return lua_error(L);
  }
  if (lua_isnil(L, -1)) return luaL_error(L, "module '%s' returned nothing: let it end in `return {…}`", lua_tostring(L, NAME));
  if (lua_isboolean(L, -1)) return luaL_error(L, "module '%s' returned a boolean: let it end in `return {…}`", lua_tostring(L, NAME));
  if (lua_istable(L, -1) && !is_frozen(L, -1)) {
    if (lua_getmetatable(L, -1)) lua_pop(L, 1);
    else freeze_table(L);
  }
  lua_pushvalue(L, NAME);
  lua_pushvalue(L, -2);
  lua_rawset(L, LOADED);
  return 1;
}
