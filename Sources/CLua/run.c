// One run of a script: its chunk (compiled once), new globals, `ctx`, the call, and what is left of it.
#include "internal.h"

enum { CACHED_CHUNKS = 256, LINK_LIMIT = 1000 };

/// Whether some expression has more than LINK_LIMIT links, as `a.x.x.x…` has. When one of them is nil, 5.4.4 follows the chain
/// back to find a name for its message, in time quadratic in its length (90 ms for 30 kB), and nothing can stop it meanwhile. The
/// source is not parsed for this: whatever can stand between two links keeps the count, and anything else begins anew.
static bool has_long_chain(const uint8_t *text, size_t count) {
  int links = 0;
  for (size_t i = 0; i < count; i++) {
    uint8_t c = text[i];
    if (c == '.' || c == '[') {
      if (++links > LINK_LIMIT) return true;
    } else if (c != ']' && c != '_' && c > ' ' && !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9')) {
      links = 0;
    }
  }
  return false;
}

/// Compiles text only (bytecode can crash the interpreter). A bare expression is tried as what it would return.
static void compile(lua_State *L, const clua_request *r, bool is_module) {
  clua_state *S = state_of(L);
  const char *source = (const char *)r->source.data;
  // That a module does not compile is an error like others of the script that wants it, and may be caught.
  S->result.compiling = !is_module;
  if (r->source.count > SOURCE_LIMIT) luaL_error(L, "the source is %d bytes long; the limit is %d", (int)r->source.count, SOURCE_LIMIT);
  if (has_long_chain(r->source.data, r->source.count)) luaL_error(L, "an expression has more than %d links, as in a.b.c", LINK_LIMIT);
  lua_pushliteral(L, "=");
  lua_pushlstring(L, (const char *)r->name.data, r->name.count);
  lua_concat(L, 2);
  const char *name = lua_tostring(L, -1);
  int status = LUA_ERRSYNTAX;
  bool is_statement = r->source.count > 6 && (memcmp(source, "return", 6) == 0 || memcmp(source, "local ", 6) == 0);
  if (r->expression && !is_statement) {
    lua_pushliteral(L, "return ");
    lua_pushlstring(L, source, r->source.count);
    lua_concat(L, 2);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    status = luaL_loadbufferx(L, text, length, name, "t");
    if (status == LUA_ERRMEM) lua_error(L);
    if (status != LUA_OK) lua_pop(L, 1);
  }
  if (status != LUA_OK && luaL_loadbufferx(L, source, r->source.count, name, "t") != LUA_OK) lua_error(L);
  S->result.compiling = false;
}

/// Pushes the chunk, from the cache when it has been here before. The key is all that compiling depends on.
void push_chunk(lua_State *L, const clua_request *r, bool is_module) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &chunks_key);
  int cache = lua_gettop(L);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addchar(&b, r->expression ? 'e' : 'c');
  luaL_addlstring(&b, (const char *)r->name.data, r->name.count);
  luaL_addchar(&b, '\0');
  if (r->source.count <= SOURCE_LIMIT) luaL_addlstring(&b, (const char *)r->source.data, r->source.count);
  luaL_pushresult(&b);
  int key = lua_gettop(L);
  lua_pushvalue(L, key);
  if (lua_rawget(L, cache) == LUA_TNIL) {
    compile(L, r, is_module);
    lua_Integer count = (lua_rawgeti(L, cache, 0), lua_tointeger(L, -1));
    lua_pop(L, 1);
    if (count >= CACHED_CHUNKS) {  // begin anew: simpler than knowing which was used last, and rare
      lua_newtable(L);
      lua_pushvalue(L, -1);
      lua_rawsetp(L, LUA_REGISTRYINDEX, &chunks_key);
      lua_replace(L, cache);
      count = 0;
    }
    lua_pushinteger(L, count + 1);
    lua_rawseti(L, cache, 0);
    lua_pushvalue(L, key);
    lua_pushvalue(L, -2);
    lua_rawset(L, cache);
  }
  lua_replace(L, cache);
  lua_settop(L, cache);
}

enum { CHUNK = 1, GLOBALS = 2, CONTEXT = 3 };

/// Leaves the chunk with its new globals, and `ctx`, at their places.
static void prepare(lua_State *L, const clua_request *r) {
  push_chunk(L, r, false);
  push_environment(L);
  lua_pushvalue(L, GLOBALS);
  lua_setupvalue(L, CHUNK, 1);
  push_context(L, r);
  if (!r->batch) {
    lua_pushvalue(L, CONTEXT);
    lua_setfield(L, GLOBALS, "ctx");
  }
}

static void keep_results(lua_State *L, const clua_request *r, int first) {
  clua_state *S = state_of(L);
  buffer_clear(&S->values);
  int top = lua_gettop(L);
  for (int i = first; i <= top; i++) {
    if (r->raw) tape_append_scalar(L, i, &S->values);
    else tape_append(L, i, &S->values);
  }
  buffer_clear(&S->saved);
  if (is_closed(L, CONTEXT)) return;  // nobody has looked: it is what it was
  lua_getfield(L, CONTEXT, "state");
  tape_append(L, -1, &S->saved);
}

static int run_batch(lua_State *L, const clua_request *r) {
  lua_pushvalue(L, CHUNK);
  int count = tape_push_all(L, r->arguments);
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; i++) {
    lua_pushvalue(L, CONTEXT + 1 + i);
    lua_rawseti(L, -2, i);
  }
  lua_setfield(L, GLOBALS, "arg");
  lua_call(L, count, LUA_MULTRET);
  return CONTEXT + 1;
}

/// Whether a table holds functions by name, and so is one to choose from instead of an answer.
static bool has_functions(lua_State *L, int table) {
  lua_pushnil(L);
  while (lua_next(L, table)) {
    charge(L, 1);
    bool is_function = lua_isfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING;
    lua_pop(L, is_function ? 2 : 1);
    if (is_function) return true;
  }
  return false;
}

/// Calls the function that the chunk returned, or the one of its table that is asked for; other values are the result themselves.
static int run_entry(lua_State *L, const clua_request *r) {
  lua_pushvalue(L, CHUNK);
  lua_call(L, 0, LUA_MULTRET);
  int first = CONTEXT + 1;
  if (r->entry && lua_istable(L, first) && has_functions(L, first)) {
    lua_settop(L, first);
    lua_getfield(L, first, r->entry);
    if (lua_isnil(L, -1)) {
      lua_settop(L, CONTEXT);
      return first;
    }
    lua_replace(L, first);
  }
  if (!lua_isfunction(L, first)) return first;
  lua_settop(L, first);
  lua_pushvalue(L, CONTEXT);
  int count = tape_push_all(L, r->arguments);
  lua_call(L, count + 1, LUA_MULTRET);
  return first;
}

static int run_body(lua_State *L) {
  const clua_request *r = state_of(L)->request;
  prepare(L, r);
  keep_results(L, r, r->batch ? run_batch(L, r) : run_entry(L, r));
  return 0;
}

// MARK: Filters

static void judge(lua_State *L, clua_state *S, int result, size_t i) {
  if (!lua_isboolean(L, result)) {
    luaL_error(L, "the filter answered with %s, not with true or false", luaL_typename(L, result));
  }
  S->verdicts[i] = lua_toboolean(L, result);
  S->event_done = i + 1;
}

static int filter_body(lua_State *L) {
  clua_state *S = state_of(L);
  const clua_request *r = S->request;
  prepare(L, r);
  push_event(L);
  const int event = CONTEXT + 1, shown = event + 1, function = shown + 1, result = function + 1;
  lua_pushvalue(L, event);
  lua_setfield(L, GLOBALS, "event");
  event_set(L, event, shown, &S->events[0]);
  lua_pushvalue(L, CHUNK);
  lua_call(L, 0, 1);
  bool bare = !lua_isfunction(L, function);
  if (bare) {
    // No function: the chunk itself is asked about each event, and `event` is a global.
    lua_pushvalue(L, function);
    judge(L, S, result, 0);
    lua_pushvalue(L, CHUNK);
    lua_replace(L, function);
  }
  for (size_t i = bare; i < S->event_count; i++) {
    lua_settop(L, function);
    // Each event has the whole budget. Its clock starts at the first look, so that quick answers ask no clock at all.
    S->deadline = 0;
    if (r->instructions) S->instruction_limit = S->instructions + r->instructions;
    if (i > 0) event_set(L, event, shown, &S->events[i]);
    lua_pushvalue(L, function);
    if (bare) {
      lua_call(L, 0, 1);
    } else {
      lua_pushvalue(L, event);
      lua_pushvalue(L, CONTEXT);
      lua_call(L, 2, 1);
    }
    judge(L, S, result, i);
  }
  event_set(L, event, shown, NULL);
  return 0;
}

// MARK: Entrances

/// Before each run. The collector stands still until the run has made some garbage of its own: the libraries alone are thousands of
/// objects, and marking them for each short run would take longer than the run. `budget_look` starts it again.
static int collect_body(lua_State *L) {
  clua_state *S = state_of(L);
  if (S->used > S->limit / 8) lua_gc(L, LUA_GCCOLLECT);
  lua_gc(L, LUA_GCSTOP);
  size_t quiet = S->limit / 8 < QUIET_GROWTH ? S->limit / 8 : QUIET_GROWTH;
  S->quiet_until = S->used + quiet;
  return 0;
}

static int check_body(lua_State *L) {
  compile(L, state_of(L)->request, false);
  return 0;
}

clua_result clua_check(clua_state *S, const clua_request *request) {
  S->request = request;
  S->kill = CLUA_NOT_KILLED;
  protect(S, collect_body);
  protect(S, check_body);
  return S->result;
}

static clua_result start(clua_state *S, const clua_request *request, void *context, lua_CFunction body) {
  S->request = request;
  S->context = NULL;
  S->kill = CLUA_NOT_KILLED;
  S->limit = request->memory;
  S->wall = 0;
  S->concat_frame = 0;
  // What the last run left is not this one's to pay for.
  protect(S, collect_body);
  S->context = context;
  S->wall = request->wall;
  S->instruction_limit = request->instructions;
  buffer *results[] = {&S->values, &S->saved, &S->message, &S->traceback};
  for (size_t i = 0; i < sizeof results / sizeof *results; i++) buffer_clear(results[i]);
  S->has_modules = false;
  S->module_depth = 0;
  S->closed = NULL;
  random_seed(S, request->seed);
  bool works = false;
  clua_state *outer = request->instructions ? NULL : alarm_watch(S, &works);
  S->count_until = !works ? UINT64_MAX : body == filter_body ? 0 : COUNTED;
  budget_start(S);
  protect(S, body);
  if (!request->instructions) alarm_leave(outer);
  clua_result result = S->result;
  if (result.outcome == CLUA_KILLED) result.line = S->kill_line;
  result.kill = S->kill;
  result.instructions = S->instructions + S->uncounted;
  result.nanoseconds = monotonic_now() - S->started;
  result.peak = S->peak;
  result.host_calls = S->host_calls;
  S->context = NULL;
  S->request = NULL;
  if (S->refused) S->broken = true;  // the heap was full: the next run gets a new state
  return result;
}

clua_result clua_run(clua_state *S, const clua_request *request, void *context) { return start(S, request, context, run_body); }

clua_result clua_filter(clua_state *S, const clua_request *request, const uint8_t *block, const clua_event *events, size_t count,
                        bool *verdicts, size_t *done, void *context) {
  S->event_block = (const char *)block;
  S->events = events;
  S->event_count = count;
  S->verdicts = verdicts;
  S->event_done = 0;
  clua_result result = {.outcome = CLUA_RETURNED};
  if (count) result = start(S, request, context, filter_body);
  *done = S->event_done;
  S->events = NULL;
  return result;
}
