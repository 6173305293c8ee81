// `ctx`: fields that come with the request, methods, and fields that the host is asked for when a script looks at the first of them.
#include "internal.h"

char closed_key;

/// Asks the host for the rest of the fields. From then on the table is like any other `ctx`.
static void open_fields(lua_State *L, int ctx) {
  ctx = lua_absindex(L, ctx);
  int top = lua_gettop(L);
  luaL_checkstack(L, 8, NULL);
  if (ask(L, CLUA_REST) != 1 || !lua_istable(L, top + 1)) luaL_error(L, "the host gave no fields of ctx");
  for (lua_pushnil(L); lua_next(L, top + 1);) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, ctx);
  }
  lua_pushliteral(L, "state");
  if (lua_rawget(L, ctx) == LUA_TNIL) {
    lua_newtable(L);
    lua_pushliteral(L, "state");
    lua_insert(L, -2);
    lua_rawset(L, ctx);
  }
  push_methods(L, &context_key);
  lua_setmetatable(L, ctx);
  // Only now: whatever failed before is tried again at the next look.
  state_of(L)->closed = NULL;
  lua_settop(L, top);
}

/// The run holds `ctx` on its stack, so no other table has its address.
bool is_closed(lua_State *L, int index) {
  const void *closed = state_of(L)->closed;
  return __builtin_expect(closed != NULL, 0) && lua_topointer(L, index) == closed;
}

/// For whatever looks into a table without asking its metatable.
void open_context(lua_State *L, int index) {
  if (is_closed(L, index)) open_fields(L, index);
}

/// Methods are there without the fields.
static int closed_index(lua_State *L) {
  charge(L, 1);
  push_methods(L, &context_key);
  lua_getfield(L, -1, "__index");
  lua_pushvalue(L, 2);
  if (lua_gettable(L, -2) != LUA_TNIL) return 1;
  open_context(L, 1);
  lua_settop(L, 2);
  lua_rawget(L, 1);
  return 1;
}

static int closed_newindex(lua_State *L) {
  charge(L, 1);
  open_context(L, 1);
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 0;
}

static int closed_pairs(lua_State *L) {
  charge(L, 1);
  open_context(L, 1);
  push_member(L, &base_library, "next", strlen("next"));
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/// Pushes the metatable of a `ctx` whose fields are not all there yet.
static void push_closed(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &closed_key) != LUA_TNIL) return;
  lua_pop(L, 1);
  static const luaL_Reg members[] = {{"__index", closed_index}, {"__newindex", closed_newindex}, {"__pairs", closed_pairs}, {NULL, NULL}};
  luaL_newlib(L, members);
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &closed_key);
}

/// Pushes `ctx`: the fields of the context, `state`, and the methods.
void push_context(lua_State *L, const clua_request *r) {
  int top = lua_gettop(L), ctx = top + 1;
  if (r->context.count == 0 || tape_push_all(L, r->context) != 1 || !lua_istable(L, -1)) {
    lua_settop(L, top);
    lua_newtable(L);
  }
  if (r->asks_rest) {
    push_closed(L);
    lua_setmetatable(L, ctx);
    state_of(L)->closed = lua_topointer(L, ctx);
    return;
  }
  if (r->state.count) tape_push_all(L, r->state);
  if (lua_gettop(L) == ctx || lua_isnil(L, -1)) lua_newtable(L);
  lua_setfield(L, ctx, "state");
  lua_settop(L, ctx);
  push_methods(L, &context_key);
  lua_setmetatable(L, ctx);
}

/// Whether a value is `ctx` or `t`: what stands before the colon of a method.
bool is_context(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) return false;
  bool same = false;
  char *const kinds[] = {&context_key, &closed_key, &test_key};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !same; i++) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, kinds[i]);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return same;
}
