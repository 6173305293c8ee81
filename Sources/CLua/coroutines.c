// Coroutines and protected calls that a kill passes through: whatever catches an error looks whether the run is lost, and if so
// raises again. Hooks belong to a coroutine each, so making one pays a whole interval and resuming one pays a little; otherwise
// work split over many short coroutines would never be counted, nor looked at.
#include "internal.h"

enum { CLOSE_DEPTH = 16 };

/// After something caught an error: go on raising when the run is lost, and look at the clock, because building an error message
/// can be slow.
void caught(lua_State *L, int status) {
  clua_state *S = state_of(L);
  if (S->kill) raise_kill(L);
  // An error between the steps of a __concat left the collector stopped.
  if (S->concat_frame && !in_concat(S)) {
    S->concat_frame = 0;
    lua_gc(L, LUA_GCRESTART);
  }
  if (status == LUA_ERRMEM) budget_collect(L);
  charge(L, 50);
  budget_look(L);
}

static int resume_status(lua_State *L, lua_State *co, int arguments, int *results) {
  clua_state *S = state_of(L);
  charge(L, 20);
  if (!lua_checkstack(co, arguments)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, arguments);
  lua_State *outer = S->running;
  S->running = co;
  if (is_counting(S) && lua_gethookcount(co) != S->interval) budget_arm(S, S->interval);
  int status = lua_resume(co, L, arguments, results);
  S->running = outer;
  if (status != LUA_OK && status != LUA_YIELD) {
    caught(L, status);
    lua_xmove(co, L, 1);
    return status;
  }
  if (S->kill) raise_kill(L);
  if (!lua_checkstack(L, *results + 1)) {
    lua_pop(co, *results);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, *results);
  return LUA_OK;
}

static lua_State *check_coroutine(lua_State *L, int index) {
  lua_State *co = lua_tothread(L, index);
  luaL_argexpected(L, co, index, "coroutine");
  return co;
}

static int co_resume(lua_State *L) {
  lua_State *co = check_coroutine(L, 1);
  int results = 0;
  int status = resume_status(L, co, lua_gettop(L) - 1, &results);
  lua_pushboolean(L, status == LUA_OK);
  if (status != LUA_OK) results = 1;
  lua_insert(L, -(results + 1));
  return results + 1;
}

static int co_create(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  charge(L, HOOK_INTERVAL);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

/// Closes a coroutine; its pending __close handlers run on it. 1e64c139: 5.4.4 does not count C calls here, so we do.
static int close_status(lua_State *L, lua_State *co) {
  clua_state *S = state_of(L);
  charge(L, 20);
  if (S->close_depth >= CLOSE_DEPTH) luaL_error(L, "coroutines are closed from within %d other closings: nested too deeply", CLOSE_DEPTH);
  lua_State *outer = S->running;
  S->running = co;
  S->close_depth++;
  int status = lua_resetthread(co);
  S->close_depth--;
  S->running = outer;
  if (S->kill) raise_kill(L);
  return status;
}

static int wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int results = 0;
  int status = resume_status(L, co, lua_gettop(L), &results);
  if (status == LUA_OK) return results;
  if (status > 0) {
    int now = lua_status(co);
    if (now != LUA_OK && now != LUA_YIELD) {
      lua_xmove(L, co, 1);  // closing looks for the error there
      close_status(L, co);
      lua_xmove(co, L, 1);
    }
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int co_wrap(lua_State *L) {
  co_create(L);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}

static int co_close(lua_State *L) {
  lua_State *co = check_coroutine(L, 1);
  lua_Debug ar;
  int status = lua_status(co);
  bool suspended = status == LUA_YIELD || (status == LUA_OK && co != L && lua_getstack(co, 0, &ar) == 0);
  if (!suspended && (status == LUA_OK || status == LUA_YIELD)) {
    return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
  }
  status = close_status(L, co);
  if (status == LUA_OK) {
    lua_pushboolean(L, true);
    return 1;
  }
  caught(L, status);
  lua_pushboolean(L, false);
  lua_xmove(co, L, 1);
  return 2;
}

// MARK: Protected calls

static int finish(lua_State *L, int status, lua_KContext extra) {
  if (status != LUA_OK && status != LUA_YIELD) {
    caught(L, status);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
  }
  if (state_of(L)->kill) raise_kill(L);
  return lua_gettop(L) - (int)extra;
}

int base_pcall(lua_State *L) {
  charge(L, 1);
  luaL_checkany(L, 1);
  lua_pushboolean(L, true);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish);
  return finish(L, status, 0);
}

/// Stands before the script's own message handler: a kill is not for it to see.
static int guarded_handler(lua_State *L) {
  charge(L, 1);
  if (state_of(L)->kill) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

int base_xpcall(lua_State *L) {
  charge(L, 1);
  int top = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, true);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);
  int status = lua_pcallk(L, top - 2, LUA_MULTRET, 2, 2, finish);
  return finish(L, status, 2);
}

const member coroutine_members[] = {{"create", co_create, false}, {"resume", co_resume, false}, {"wrap", co_wrap, false}, {"close", co_close, false},
                                    {"yield", NULL, true}, {"status", NULL, true}, {"running", NULL, true}, {"isyieldable", NULL, true},
                                    {NULL, NULL, false}};
