// The budget of a run: instructions, wall time, cancellation, and the C stack.
#include "internal.h"

#include <pthread.h>
#include <time.h>

static char kill_mark;

uint64_t monotonic_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/// The lowest address that C frames of this thread may use: half of its stack is left for what Lua's own C does without asking,
/// such as the recursion behind variable names in messages.
static uintptr_t stack_floor(void) {
  static _Thread_local uintptr_t floor;
  if (floor == 0) {
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &low, &size);
      pthread_attr_destroy(&attributes);
    }
    floor = low ? (uintptr_t)low + size / 2 : 1;
  }
  return floor;
}

/// A look starts the collector, and no instructions are counted that would lead to one: so many bytes do.
static size_t look_after(size_t limit) {
  size_t part = limit / 32;
  return part > 1 << 20 ? 1 << 20 : part < 16 << 10 ? 16 << 10 : part;
}

/// Called by the count hook, after so many instructions; or at the next instruction, because of the alarm or of a large allocation.
static void hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  clua_state *S = state_of(L);
  S->running = L;
  S->instructions += (uint64_t)lua_gethookcount(L);
  budget_look(L);
  if (!is_counting(S)) {
    lua_sethook(L, NULL, 0, 0);
    S->look_after = look_after(S->limit);
  } else if (lua_gethookcount(L) != S->interval) {
    lua_sethook(L, hook, LUA_MASKCOUNT, S->interval);
  }
}

void budget_arm(clua_state *S, int count) {
  lua_State *L = S->running;
  if (L) lua_sethook(L, hook, LUA_MASKCOUNT, count);
}

/// Keeps the time between two looks below some 40 ms, whatever one instruction costs: converting a string to a number takes about
/// 3 ns a byte, comparing strings or searching the empty end of a table about an eighth of one. Without a count hook the alarm does.
void budget_fit_interval(clua_state *S) {
  if (S->wall == 0 || !is_counting(S)) return;
  size_t interval = HOOK_INTERVAL;
  if (S->largest_string && 13000000 / S->largest_string < interval) interval = 13000000 / S->largest_string;
  if (S->largest_block && 320000000 / S->largest_block < interval) interval = 320000000 / S->largest_block;
  S->interval = interval < 1 ? 1 : (int)interval;
  if (S->running && lua_gethookcount(S->running) > S->interval) budget_arm(S, 1);
}

void budget_start(clua_state *S) {
  S->running = S->L;
  S->interval = HOOK_INTERVAL;
  S->kill = CLUA_NOT_KILLED;
  S->kill_line = 0;
  S->instructions = S->uncounted = 0;
  S->largest_string = S->largest_block = 0;
  S->since_look = 0;
  S->concat_frame = 0;
  S->close_depth = 0;
  S->peak = S->used;
  S->collected = 0;
  S->host_calls = 0;
  S->stack_floor = stack_floor();
  S->look_after = is_counting(S) ? 1 << 20 : look_after(S->limit);
  if (is_counting(S)) budget_arm(S, S->interval);
  else lua_sethook(S->L, NULL, 0, 0);
  S->started = monotonic_now();
  S->deadline = S->wall ? S->started + S->wall : 0;
}

static void kill_run(lua_State *L, int reason) {
  clua_state *S = state_of(L);
  S->kill = reason;
  lua_Debug ar;
  for (int level = 0; level < 16 && S->kill_line == 0 && lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline > 0 && in_script(S, &ar)) S->kill_line = ar.currentline;
  }
  raise_kill(L);
}

/// The error has no object of its own to allocate; that the run is lost is known from `kill`, never from the value caught.
void raise_kill(lua_State *L) {
  // Setting a hook walks over all calls, and a kill is raised again and again on its way out of deep ones.
  if (lua_gethookmask(L) == 0 || lua_gethookcount(L) != 1) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
  lua_pushlightuserdata(L, &kill_mark);
  lua_error(L);
  __builtin_unreachable();
}

/// Stops the run when one of its limits is passed.
void budget_limits(lua_State *L) {
  clua_state *S = state_of(L);
  if (S->kill) raise_kill(L);
  if (S->instruction_limit && S->instructions > S->instruction_limit) kill_run(L, CLUA_INSTRUCTIONS);
  if (S->wall) {
    uint64_t now = monotonic_now();
    if (S->deadline == 0) S->deadline = now + S->wall;  // the first look within an event of a filter
    if (now > S->deadline) kill_run(L, CLUA_DEADLINE);
  }
  if (S->context && S->host.cancelled(S->context)) kill_run(L, CLUA_CANCELLED);
}

bool clua_is_over(const clua_state *S) { return S->deadline && monotonic_now() > S->deadline; }

/// The limits, and the collection that keeps the heap within its own.
void budget_look(lua_State *L) {
  clua_state *S = state_of(L);
  budget_limits(L);
  if (S->used > S->quiet_until && !in_concat(S) && !lua_gc(L, LUA_GCISRUNNING)) lua_gc(L, LUA_GCRESTART);
  // Lua's own emergency collection is switched off (guards.c), so one is made while there is still room.
  if (S->used > S->limit / 4 * 3 && S->used > S->collected + S->limit / 32) budget_collect(L);
}

/// A full collection. Not while a __concat runs: it may shrink, and so move, the stack that its caller points into.
void budget_collect(lua_State *L) {
  clua_state *S = state_of(L);
  if (in_concat(S)) return;
  lua_gc(L, LUA_GCCOLLECT);
  S->collected = S->used;
}

void budget_settle(lua_State *L) {
  clua_state *S = state_of(L);
  S->instructions += S->uncounted;
  S->uncounted = 0;
  budget_look(L);
}

void stack_overflow(lua_State *L) { luaL_error(L, "stack overflow (calls through C functions are nested too deeply)"); }
