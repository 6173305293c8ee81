// Functions that call a function of the script in the middle of a talk with the host: `test`, and `transaction`.
#include "internal.h"

char test_key;

/// `test(name, function(t) … end)`: the host is told of each test, and says which is to be run now.
int call_test(lua_State *L) {
  clua_state *S = state_of(L);
  luaL_checktype(L, 1, LUA_TSTRING);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  buffer_clear(&S->arguments);
  tape_append(L, 1, &S->arguments);
  ask(L, function_id(L));
  lua_settop(L, 3);
  if (!lua_toboolean(L, 3)) return 0;
  lua_pushvalue(L, 2);
  lua_newtable(L);
  push_methods(L, &test_key);
  lua_setmetatable(L, -2);
  lua_call(L, 1, 0);
  return 0;
}

static void tell(lua_State *L, const char *word) {
  clua_state *S = state_of(L);
  int top = lua_gettop(L);
  lua_pushstring(L, word);
  buffer_clear(&S->arguments);
  tape_append(L, -1, &S->arguments);
  ask(L, function_id(L));
  lua_settop(L, top);
}

/// All of the function's writes are committed when it returns, and none when it fails. When the run is killed in the middle, nobody says
/// "commit", and the host forgets what it gathered.
int call_transaction(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  tell(L, "begin");
  lua_pushvalue(L, 1);
  int status = lua_pcall(L, 0, LUA_MULTRET, 0);
  if (status != LUA_OK) {
    caught(L, status);
    tell(L, "rollback");
    return lua_error(L);
  }
  tell(L, "commit");
  return lua_gettop(L) - 1;
}
