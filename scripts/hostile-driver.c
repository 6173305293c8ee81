// Runs hostile scripts in the shim alone, without Swift, so that it can be built with AddressSanitizer and UndefinedBehaviorSanitizer
// in seconds; or (with RECIPE) in the host that is usually written: an allow-listed _ENV, a count hook, text-only loading.
//     hostile-driver [-c] FILE…   prints a line each: name, outcome, milliseconds; with -c instructions are counted and limited
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The sanitizers make everything some ten times slower.
#if __has_feature(address_sanitizer)
#define WALL_MS 4000
#else
#define WALL_MS 200
#endif
enum { MEMORY = 16 << 20 };
static uint64_t instructions;

static double thread_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char *slurp(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  char *data = NULL;
  *size = 0;
  for (size_t got = 1; got;) {
    data = realloc(data, *size + 65537);
    got = fread(data + *size, 1, 65536, file);
    *size += got;
  }
  fclose(file);
  data[*size] = 0;
  return data;
}

#ifdef RECIPE
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

static size_t used;
static double deadline;
static bool dead;

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud;
  if (!block) old = 0;
  if (size == 0) {
    used -= old;
    free(block);
    return NULL;
  }
  if (used - old + size > MEMORY) return NULL;
  void *made = realloc(block, size);
  if (made) used += size - old;
  return made;
}

static void hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  if (thread_ms() > deadline) {
    dead = true;
    luaL_error(L, "killed");
  }
}

static int echo(lua_State *L) { return lua_gettop(L); }
static int fail(lua_State *L) { return luaL_error(L, "the host function failed"); }
static int add(lua_State *L) {
  lua_pushinteger(L, luaL_checkinteger(L, 1) + luaL_checkinteger(L, 2));
  return 1;
}
static int big(lua_State *L) {
  size_t size = (size_t)luaL_checkinteger(L, 1);
  luaL_Buffer b;
  memset(luaL_buffinitsize(L, &b, size), 'x', size);
  luaL_pushresultsize(&b, size);
  return 1;
}

static const char *run(const char *name, const char *source, size_t size, char *text, size_t room) {
  used = 0;
  dead = false;
  lua_State *L = lua_newstate(allocate, NULL);
  luaL_openlibs(L);
  static const luaL_Reg host[] = {{"echo", echo}, {"fail", fail}, {"add", add}, {"big", big}, {NULL, NULL}};
  const char *outcome = "error";
  lua_newtable(L);
  static const char *const allowed[] = {"assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset",
                                        "select", "setmetatable", "tonumber", "tostring", "type", "xpcall", "coroutine", "math", "string", "table", "utf8", NULL};
  for (const char *const *one = allowed; *one; one++) {
    lua_getglobal(L, *one);
    lua_setfield(L, -2, *one);
  }
  luaL_newlib(L, host);
  lua_setfield(L, -2, "host");
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  if (luaL_loadbufferx(L, source, size, name, "t") == LUA_OK) {
    lua_insert(L, -2);
    lua_setupvalue(L, -2, 1);
    deadline = thread_ms() + WALL_MS;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1000);
    int status = lua_pcall(L, 0, 1, 0);
    if (status == LUA_OK) {
      snprintf(text, room, "%s", lua_istable(L, -1) ? "table" : luaL_tolstring(L, -1, NULL));
      outcome = text;
    } else {
      outcome = dead ? "killed" : status == LUA_ERRMEM ? "memory error" : "error";
    }
  }
  lua_sethook(L, NULL, 0, 0);
  lua_close(L);
  return outcome;
}
#else
#include "clua.h"

static clua_state *S;

static int32_t answer(const uint8_t *data, size_t count, bool failed) {
  clua_reply(S, data, count);
  return failed;
}

static int32_t call(void *context, int32_t id) {
  (void)context;
  clua_bytes a = clua_arguments(S);
  static const char no[] = "the host function failed, as it always does";
  int64_t x, y;
  switch (id) {
    case 0: {  // the arguments are the answer
      uint8_t *copy = malloc(a.count + 1);
      memcpy(copy, a.data, a.count);
      answer(copy, a.count, false);
      free(copy);
      return 0;
    }
    case 2:
      if (a.count < 18 || a.data[0] != CLUA_INTEGER || a.data[9] != CLUA_INTEGER) break;
      memcpy(&x, a.data + 1, 8);
      memcpy(&y, a.data + 10, 8);
      x = (int64_t)((uint64_t)x + (uint64_t)y);
      uint8_t sum[9] = {CLUA_INTEGER};
      memcpy(sum + 1, &x, 8);
      return answer(sum, sizeof sum, false);
    case 3: {
      if (a.count < 9 || a.data[0] != CLUA_INTEGER) break;
      memcpy(&x, a.data + 1, 8);
      if (x < 0 || x > 64 << 20) break;
      uint32_t size = (uint32_t)x;
      uint8_t *text = malloc((size_t)size + 5);
      text[0] = CLUA_STRING;
      memcpy(text + 1, &size, 4);
      memset(text + 5, 'x', size);
      answer(text, (size_t)size + 5, false);
      free(text);
      return 0;
    }
    case 10: return 0;
    default: break;
  }
  return answer((const uint8_t *)no, sizeof no - 1, true);
}

static bool cancelled(void *context) {
  (void)context;
  return false;
}

/// The events that scripts called event_… judge, the same as in HostileCorpus.swift; longer and shorter ones follow each other.
static const char *const documents[] = {
  "{\"a\":1,\"kind\":\"x\",\"deep\":{\"b\":[1,2,{\"c\":null}]},\"none\":null,\"text\":\"one, two: {three}\",\"last\":-1}",
  "{}",
  " { \"a\" : \"\\u0041\\n\\\"\", \"k\\u0065y\":[[[[]]]], \"n\":1e308,\"zero\":-0.0 , \"big\":123456789012345678901234567890 } ",
  "{\"kind\":\"y\",\"a\":[{\"a\":{}}],\"b\":true,\"c\":false,\"\":0,\"a\":3}",
};
enum { DOCUMENTS = sizeof documents / sizeof *documents };

/// Runs a filter over the events; the outcome is its answer to the last.
static const char *judge(const clua_request *request, char *text, size_t room) {
  static const char type[] = "document.created", payload[] = "{\"n\":[1,2]}";
  // As large as what is in it: a sanitizer sees what is read behind it.
  size_t size = sizeof type - 1 + sizeof payload - 1;
  for (int i = 0; i < DOCUMENTS; i++) size += strlen(documents[i]);
  uint8_t *block = malloc(size);
  clua_event events[DOCUMENTS] = {0};
  size_t at = 0;
  clua_part kind = {0, sizeof type - 1}, data = {sizeof type - 1, sizeof payload - 1};
  memcpy(block, type, kind.count);
  memcpy(block + kind.count, payload, data.count);
  at = kind.count + data.count;
  for (int i = 0; i < DOCUMENTS; i++) {
    size_t length = strlen(documents[i]);
    memcpy(block + at, documents[i], length);
    events[i] = (clua_event){kind, kind, kind, {at, length}, data, 1000};
    at += length;
  }
  bool verdicts[DOCUMENTS];
  size_t done = 0;
  int here;
  clua_result result = clua_filter(S, request, block, events, DOCUMENTS, verdicts, &done, &here);
  free(block);
  if (result.outcome == CLUA_OUT_OF_MEMORY || result.outcome == CLUA_BROKEN) return "memory error";
  if (result.outcome == CLUA_KILLED) return "killed";
  if (result.outcome != CLUA_RETURNED) return "error";
  snprintf(text, room, "%s", verdicts[DOCUMENTS - 1] ? "true" : "false");
  return text;
}

static const char *run(const char *name, const char *source, size_t size, char *text, size_t room) {
  static const clua_function functions[] = {
    {"host.echo", 0, CLUA_RAW}, {"host.fail", 1, CLUA_RAW}, {"host.add", 2, CLUA_RAW}, {"host.big", 3, CLUA_RAW},
    {"perigee.vector.new", 4, CLUA_VECTOR}, {"perigee.vector.dot", 5, CLUA_VECTOR}, {"perigee.json.encode", 6, CLUA_JSON_ENCODE},
    {"perigee.json.decode", 7, CLUA_JSON_DECODE}, {"perigee.json.array", 8, CLUA_JSON_ARRAY}, {"perigee.json.null", 9, CLUA_JSON_NULL},
    {"print", 10, CLUA_TEXT},
  };
  clua_host host = {call, cancelled};
  S = clua_open(functions, sizeof functions / sizeof *functions, &host, MEMORY, -1);
  if (!S) return "no state";
  clua_request request = {.source = {(const uint8_t *)source, size}, .name = {(const uint8_t *)name, strlen(name)}, .raw = true,
                          .memory = MEMORY, .wall = (uint64_t)WALL_MS * 1000000, .instructions = instructions, .seed = 1};
  if (strncmp(name, "event_", 6) == 0) {
    request.raw = false;
    request.expression = true;
    const char *answered = judge(&request, text, room);
    return clua_close(S) ? "leaked" : answered;
  }
  int here;
  clua_result result = clua_run(S, &request, &here);
  const char *outcome = "error";
  if (result.outcome == CLUA_OUT_OF_MEMORY || result.outcome == CLUA_BROKEN) outcome = "memory error";
  else if (result.outcome == CLUA_KILLED) outcome = "killed";
  else if (result.outcome == CLUA_RETURNED) {
    clua_bytes v = clua_values(S);
    int64_t integer;
    double number;
    uint32_t length;
    outcome = text;
    snprintf(text, room, "nil");
    if (v.count) switch (v.data[0]) {
      case CLUA_TRUE: snprintf(text, room, "true"); break;
      case CLUA_FALSE: snprintf(text, room, "false"); break;
      case CLUA_INTEGER: memcpy(&integer, v.data + 1, 8); snprintf(text, room, "%lld", (long long)integer); break;
      case CLUA_NUMBER: memcpy(&number, v.data + 1, 8); snprintf(text, room, "%.14g", number); break;
      case CLUA_STRING: memcpy(&length, v.data + 1, 4); snprintf(text, room, "%.*s", (int)length, (const char *)v.data + 5); break;
      default: break;
    }
  }
  size_t left = clua_close(S);
  if (left) {
    snprintf(text, room, "%zu bytes leaked", left);
    outcome = text;
  }
  return outcome;
}
#endif

int main(int count, char **paths) {
  int first = 1;
  if (count > 1 && strcmp(paths[1], "-c") == 0) {
    instructions = 10000000;
    first = 2;
  }
  for (int i = first; i < count; i++) {
    size_t size = 0;
    char *source = slurp(paths[i], &size), text[4096];
    if (!source) return 2;
    const char *slash = strrchr(paths[i], '/');
    const char *name = slash ? slash + 1 : paths[i];
    double began = thread_ms();
    const char *outcome = run(name, source, size, text, sizeof text);
    printf("%.*s\t%s\t%.0f\n", (int)(strlen(name) - 4), name, outcome, thread_ms() - began);
    fflush(stdout);
    free(source);
  }
  return 0;
}
