// The life of a state, and the one way in: nothing of Lua is touched outside of `protect`.
#include <stdlib.h>

#include "internal.h"

/// Lua calls this when an error finds no protected call; it must not return. The state is not trusted again.
static int panic(lua_State *L) {
  clua_state *S = state_of(L);
  S->broken = true;
  if (S->panic) longjmp(*S->panic, 1);
  return 0;
}

/// Two protected calls, one in the other: when describing an error fails for want of memory, that failure has a handler too.
static int guarded(lua_State *L) {
  clua_state *S = state_of(L);
  lua_CFunction body = *(lua_CFunction *)lua_touserdata(L, 1);
  lua_settop(L, 0);
  lua_pushcfunction(L, error_handler);
  lua_pushcfunction(L, body);
  int status = lua_pcall(L, 0, 0, 1);
  if (status == LUA_OK && !S->kill) return 0;
  S->result.outcome = S->kill ? CLUA_KILLED : status == LUA_ERRMEM ? CLUA_OUT_OF_MEMORY : CLUA_FAILED;
  buffer_clear(&S->message);
  if (S->kill) return 0;
  lua_pushcfunction(L, error_describe);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK && S->kill) S->result.outcome = CLUA_KILLED;
  return 0;
}

void protect(clua_state *S, lua_CFunction body) {
  jmp_buf here;
  S->result = (clua_result){.outcome = CLUA_BROKEN};
  if (S->broken) return;
  S->panic = &here;
  if (setjmp(here) == 0) {
    lua_State *L = S->L;
    S->result.outcome = CLUA_RETURNED;
    // Neither push allocates: a function without upvalues and a pointer are plain values.
    lua_pushcfunction(L, guarded);
    lua_pushlightuserdata(L, &body);
    int status = lua_pcall(L, 1, 0, 0);
    if (status != LUA_OK) S->result.outcome = S->kill ? CLUA_KILLED : status == LUA_ERRMEM ? CLUA_OUT_OF_MEMORY : CLUA_FAILED;
    lua_settop(L, 0);
  } else {
    S->result.outcome = S->kill ? CLUA_KILLED : CLUA_BROKEN;
  }
  S->panic = NULL;
  S->running = NULL;
}

static int open_all(lua_State *L) {
  // These texts exist from now on, so that the errors which use them allocate nothing.
  static const char *const texts[] = {"error in error handling", "C stack overflow", "__concat", NULL};
  for (const char *const *text = texts; *text; text++) {
    lua_pushstring(L, *text);
    luaL_ref(L, LUA_REGISTRYINDEX);
  }
  build_sandbox(L);
  return 0;
}

static bool keep_functions(clua_state *S, const clua_function *functions, size_t count) {
  S->functions = malloc((count ? count : 1) * sizeof *S->functions);
  if (S->functions == NULL) return false;
  for (size_t i = 0; i < count; i++) S->functions[i] = (host_function){functions[i], strlen(functions[i].path)};
  S->function_count = count;
  return true;
}

clua_state *clua_open(const clua_function *functions, size_t count, const clua_host *host, size_t memory, int64_t fail_after) {
  clua_state *S = load_stock() ? calloc(1, sizeof *S) : NULL;
  if (S == NULL) return NULL;
  S->limit = memory;
  S->interval = HOOK_INTERVAL;
  S->fail_after = fail_after;
  S->host = *host;
  S->look_after = 1 << 20;
  S->L = keep_functions(S, functions, count) ? lua_newstate(allocate, S) : NULL;
  if (S->L == NULL) {
    free(S->functions);
    free(S);
    return NULL;
  }
  *(clua_state **)lua_getextraspace(S->L) = S;
  lua_atpanic(S->L, panic);
  lua_gc(S->L, LUA_GCINC, 130, 200, 0);
  protect(S, open_all);
  if (S->result.outcome != CLUA_RETURNED) {
    clua_close(S);
    return NULL;
  }
  return S;
}

size_t clua_close(clua_state *S) {
  if (S == NULL) return 0;
  jmp_buf here;
  S->panic = &here;
  S->running = NULL;
  S->kill = CLUA_NOT_KILLED;
  // Objects have no finalizers that run Lua; should closing panic all the same, their memory is lost but nothing else.
  if (setjmp(here) == 0) lua_close(S->L);
  buffer *buffers[] = {&S->arguments, &S->reply, &S->values, &S->saved, &S->message, &S->traceback, &S->text};
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) free(buffers[i]->data);
  free(S->functions);
  size_t left = S->used;
  free(S);
  return left;
}

bool clua_usable(const clua_state *S) { return !S->broken; }
clua_bytes clua_values(const clua_state *S) { return (clua_bytes){S->values.data, S->values.count}; }
clua_bytes clua_saved(const clua_state *S) { return (clua_bytes){S->saved.data, S->saved.count}; }
clua_bytes clua_message(const clua_state *S) { return (clua_bytes){S->message.data, S->message.count}; }
clua_bytes clua_traceback(const clua_state *S) { return (clua_bytes){S->traceback.data, S->traceback.count}; }
clua_bytes clua_arguments(const clua_state *S) { return (clua_bytes){S->arguments.data, S->arguments.count}; }

void clua_reply(clua_state *S, const uint8_t *data, size_t count) {
  if (!buffer_append(&S->reply, data, count)) S->reply_lost = true;
}
