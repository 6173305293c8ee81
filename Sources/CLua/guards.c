// Four of Lua's internals, replaced at link time (`ld --wrap`), because Debian 12's 5.4.4-3+deb12u1 carries bugs that a script
// can reach. A build against another version of Lua must look at them again; Tests/ScriptingTests/Data/known_5.4.4 shows each.
//
//  * luaV_concat keeps a pointer into the Lua stack across a __concat metamethod (Debian's patch 0005 is upstream 42d40581
//    without its correction 603b2c64). A metamethod that makes the stack grow leaves it dangling. Here the metamethod runs in a
//    coroutine, so that its caller's stack cannot grow, and with the collector stopped, so that it cannot shrink.
//  * An emergency collection may run while the interpreter holds a table that nothing else refers to (983bc433, fixed in 5.4.8).
//    A memory limit is what makes emergencies happen, so they are left out; budget.c collects before it comes to that.
//  * A table whose __call is itself makes a call that never begins: each turn shifts all arguments to add one more, in one
//    instruction, for minutes. So every lookup of __call is paid for.
//  * Weak keys make the collector's last step quadratic in the entries (convergeephemerons): one table of 60,000 stopped everything
//    for seven seconds. The collector is told that no table is weak; __mode is accepted and means nothing.
//
// Others are closed where the functions live: nested coroutine.close by a limit of depth (coroutines.c, upstream 1e64c139), the
// recursion in names of variables by the limits on the source and its links (run.c, 7923dbbf).
#include "internal.h"

extern void __real_luaC_fullgc(lua_State *L, int emergency);
extern void __real_luaT_tryconcatTM(lua_State *L);
INTERNAL void __wrap_luaC_fullgc(lua_State *L, int emergency);
INTERNAL void __wrap_luaT_tryconcatTM(lua_State *L);
extern const void *__real_luaT_gettmbyobj(lua_State *L, const void *object, int event);
INTERNAL const void *__wrap_luaT_gettmbyobj(lua_State *L, const void *object, int event);

extern const void *__real_luaT_gettm(void *events, int event, void *name);
INTERNAL const void *__wrap_luaT_gettm(void *events, int event, void *name);

enum { TM_MODE = 3, TM_CALL = 23 };  // ltm.h of 5.4

const void *__wrap_luaT_gettm(void *events, int event, void *name) {
  return __builtin_expect(event == TM_MODE, 0) ? NULL : __real_luaT_gettm(events, event, name);
}

void __wrap_luaC_fullgc(lua_State *L, int emergency) {
  if (!emergency) __real_luaC_fullgc(L, 0);
}

/// The caller holds a pointer into the stack, so nothing may be collected here: the limits are looked at, no more.
const void *__wrap_luaT_gettmbyobj(lua_State *L, const void *object, int event) {
  clua_state *S;
  if (__builtin_expect(event == TM_CALL, 0) && (S = state_of(L)) != NULL) {
    S->uncounted += 1 + (uint64_t)lua_gettop(L) / 8;
    if (S->uncounted >= HOOK_INTERVAL) {
      S->instructions += S->uncounted;
      S->uncounted = 0;
      budget_limits(L);
    }
  }
  return __real_luaT_gettmbyobj(L, object, event);
}

/// The operands are the two topmost values; the result takes the place of the first, and the top stays where it is. Of the five
/// slots that Lua keeps free beyond every stack, three are used.
void __wrap_luaT_tryconcatTM(lua_State *L) {
  clua_state *S = state_of(L);
  if (S == NULL) {  // an ordinary state, as the tests' oracle is
    __real_luaT_tryconcatTM(L);
    return;
  }
  bool first = luaL_getmetafield(L, -2, "__concat") != LUA_TNIL;
  if (first) lua_pop(L, 1);
  bool second = !first && luaL_getmetafield(L, -1, "__concat") != LUA_TNIL;
  if (second) lua_pop(L, 1);
  if (!first && !second) {
    __real_luaT_tryconcatTM(L);  // raises the error that names the operand
    return;
  }
  bool outermost = !in_concat(S);
  if (outermost) {
    lua_gc(L, LUA_GCSTOP);
    S->concat_frame = (uintptr_t)__builtin_frame_address(0);
  }
  charge(L, 10);  // may collect, hence only now
  lua_State *co = S->spare;
  S->spare = NULL;
  if (co) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &S->spare);
  } else {
    charge(L, HOOK_INTERVAL);
    co = lua_newthread(L);
  }
  luaL_getmetafield(L, first ? -3 : -2, "__concat");
  lua_xmove(L, co, 1);
  lua_pushvalue(L, -3);
  lua_xmove(L, co, 1);
  lua_pushvalue(L, -2);
  lua_xmove(L, co, 1);
  lua_State *outer = S->running;
  S->running = co;
  int count = 0;
  int status = lua_resume(co, L, 2, &count);
  S->running = outer;
  if (outermost) {
    S->concat_frame = 0;
    lua_gc(L, LUA_GCRESTART);
  }
  if (S->kill) raise_kill(L);
  if (status == LUA_YIELD) luaL_error(L, "attempt to yield across a __concat metamethod");
  if (status != LUA_OK) {
    lua_xmove(co, L, 1);
    lua_error(L);
  }
  if (count == 0) {
    lua_pushnil(L);
  } else {
    lua_settop(co, -count);  // the first result only
    lua_xmove(co, L, 1);
  }
  lua_settop(co, 0);
  lua_copy(L, -1, -4);
  lua_pop(L, 1);
  if (S->spare == NULL) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &S->spare);
    S->spare = co;
  } else {
    lua_pop(L, 1);
  }
}
