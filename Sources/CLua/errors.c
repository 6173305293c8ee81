// What is known of an error: its text, the line, and the frames between it and the run's entrance.
#include <stdio.h>

#include "internal.h"

enum { FRAMES = 12, LEVELS = 64 };

bool in_script(const clua_state *S, const lua_Debug *ar) {
  const clua_request *r = S->request;
  return r == NULL || (strlen(ar->short_src) == r->name.count && memcmp(ar->short_src, r->name.data, r->name.count) == 0);
}

/// The message handler of a run. It adds nothing to the error, it only looks around, and it does not ask Lua for the names of
/// functions: finding one can take time quadratic in the size of a function, and nothing could stop it.
int error_handler(lua_State *L) {
  clua_state *S = state_of(L);
  if (S->kill) return 1;
  buffer_clear(&S->traceback);
  S->result.line = 0;
  lua_Debug ar;
  int shown = 0;
  for (int level = 0; level < LEVELS && lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline <= 0) continue;
    // The line is the script's own, also when the error is raised in a module that it called.
    if (S->result.line == 0 && in_script(S, &ar)) S->result.line = ar.currentline;
    if (shown++ == FRAMES) {
      buffer_append(&S->traceback, "...\n", 4);
      break;
    }
    char text[LUA_IDSIZE + 80];
    int size = *ar.what == 'm' ? snprintf(text, sizeof text, "%s:%d: in the main chunk\n", ar.short_src, ar.currentline)
                               : snprintf(text, sizeof text, "%s:%d: in the function at line %d\n", ar.short_src, ar.currentline, ar.linedefined);
    if (size > 0) buffer_append(&S->traceback, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
  }
  return 1;
}

/// Keeps the text of the error object: what its `__tostring` says, else its `message`, else its fields. The script's own functions are asked,
/// so this runs protected and within the budget.
int error_describe(lua_State *L) {
  clua_state *S = state_of(L);
  size_t length;
  const char *text = NULL;
  buffer_clear(&S->message);
  int type = lua_type(L, 1);
  bool is_object = type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TLIGHTUSERDATA || type == LUA_TTHREAD;
  if (!is_object || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
    text = text_of(L, 1, &length);
  } else if (type == LUA_TTABLE) {
    lua_getfield(L, 1, "message");
    if (lua_type(L, -1) == LUA_TSTRING) text = lua_tolstring(L, -1, &length);
  }
  if (text == NULL) {
    describe(L, 1, &S->message);
    return 0;
  }
  buffer_append(&S->message, text, length < MESSAGE_LIMIT ? length : MESSAGE_LIMIT);
  return 0;
}
