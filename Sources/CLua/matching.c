// string.find, match, gmatch and gsub over the patterns of pattern.c.
#include "internal.h"

static void push_capture(lua_State *L, pattern *p, int i, size_t start, size_t end) {
  if (i >= p->capture_count) {
    if (i != 0) luaL_error(L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(L, p->text + start, end - start);
    return;
  }
  if (p->captures[i].position) {
    lua_pushinteger(L, (lua_Integer)p->captures[i].start + 1);
    return;
  }
  if (p->captures[i].open) luaL_error(L, "unfinished capture");
  charge(L, p->captures[i].length / 64);
  lua_pushlstring(L, p->text + p->captures[i].start, p->captures[i].length);
}

/// All captures, or the whole match when there are none and `whole` is asked for.
static int push_captures(lua_State *L, pattern *p, size_t start, size_t end, bool whole) {
  int count = p->capture_count == 0 && whole ? 1 : p->capture_count;
  luaL_checkstack(L, count + 2, "too many captures");
  for (int i = 0; i < count; i++) push_capture(L, p, i, start, end);
  return count;
}

/// The zero-based start for an `init` argument; beyond the end by one at most, else false.
static bool start_at(lua_State *L, int index, size_t length, size_t *start) {
  lua_Integer init = luaL_optinteger(L, index, 1);
  if (init > 0) {
    *start = (size_t)init - 1;
  } else if (init == 0 || init < -(lua_Integer)length) {
    *start = 0;
  } else {
    *start = length - (size_t)-init;
  }
  return *start <= length;
}

static bool is_plain(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (strchr("^$*+?.([%-", text[i]) && text[i]) return false;
  }
  return true;
}

static int search(lua_State *L, bool find) {
  size_t length, pattern_length, start;
  const char *text = luaL_checklstring(L, 1, &length), *source = luaL_checklstring(L, 2, &pattern_length);
  if (!start_at(L, 3, length, &start)) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(source, pattern_length))) {
    charge(L, 1 + (length - start) / 16 + pattern_length / 16);
    const char *hit = pattern_length == 0 ? text + start : memmem(text + start, length - start, source, pattern_length);
    if (hit) {
      lua_pushinteger(L, hit - text + 1);
      lua_pushinteger(L, hit - text + (lua_Integer)pattern_length);
      return 2;
    }
    luaL_pushfail(L);
    return 1;
  }
  bool anchored = pattern_length > 0 && source[0] == '^';
  pattern p;
  pattern_compile(L, &p, source + anchored, pattern_length - anchored);
  pattern_subject(&p, L, text, length);
  do {
    ptrdiff_t end = pattern_match(&p, start);
    if (end == NO_MATCH) continue;
    if (!find) return push_captures(L, &p, start, (size_t)end, true);
    lua_pushinteger(L, (lua_Integer)start + 1);
    lua_pushinteger(L, (lua_Integer)end);
    return push_captures(L, &p, start, (size_t)end, false) + 2;
  } while (start++ < length && !anchored);
  luaL_pushfail(L);
  return 1;
}

int str_find(lua_State *L) { return search(L, true); }
int str_match(lua_State *L) { return search(L, false); }

// MARK: gmatch

typedef struct {
  size_t start;
  ptrdiff_t last;  // where the last match ended: an empty match may not follow there
  pattern p;
} iteration;

static int gmatch_next(lua_State *L) {
  iteration *it = lua_touserdata(L, lua_upvalueindex(1));
  charge(L, 1);
  it->p.L = L;
  for (size_t start = it->start; start <= it->p.length; start++) {
    ptrdiff_t end = pattern_match(&it->p, start);
    if (end != NO_MATCH && end != it->last) {
      it->start = (size_t)end;
      it->last = end;
      return push_captures(L, &it->p, start, (size_t)end, true);
    }
  }
  it->start = it->p.length + 1;
  return 0;
}

int str_gmatch(lua_State *L) {
  size_t length, pattern_length, start;
  const char *text = luaL_checklstring(L, 1, &length), *source = luaL_checklstring(L, 2, &pattern_length);
  if (!start_at(L, 3, length, &start)) start = length + 1;
  lua_settop(L, 2);
  iteration *it = lua_newuserdatauv(L, sizeof *it, 0);
  pattern_compile(L, &it->p, source, pattern_length);
  pattern_subject(&it->p, L, text, length);
  it->start = start;
  it->last = NO_MATCH;
  // The subject, and the memory of a large pattern, live as long as the iterator.
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, gmatch_next, 3);
  return 1;
}

// MARK: gsub

static void add_text(lua_State *L, luaL_Buffer *b, pattern *p, size_t start, size_t end) {
  size_t length;
  const char *text = lua_tolstring(L, 3, &length), *stop = text + length;
  charge(L, length / 16);
  while (text < stop) {
    const char *escape = memchr(text, '%', (size_t)(stop - text));
    luaL_addlstring(b, text, (size_t)((escape ? escape : stop) - text));
    if (escape == NULL) return;
    char digit = escape + 1 < stop ? escape[1] : 0;
    text = escape + 2;
    if (digit == '%') {
      luaL_addchar(b, '%');
    } else if (digit == '0') {
      luaL_addlstring(b, p->text + start, end - start);
    } else if (digit >= '1' && digit <= '9') {
      int i = digit - '1';
      if (i >= p->capture_count && i != 0) luaL_error(L, "invalid capture index %%%d in replacement string", i + 1);
      push_capture(L, p, i, start, end);
      luaL_tolstring(L, -1, NULL);
      lua_remove(L, -2);
      luaL_addvalue(b);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

/// Adds what replaces the match; false when the match stays as it was.
static bool add_replacement(lua_State *L, luaL_Buffer *b, pattern *p, size_t start, size_t end, int type) {
  switch (type) {
    case LUA_TFUNCTION: {
      lua_pushvalue(L, 3);
      lua_call(L, push_captures(L, p, start, end, true), 1);
      break;
    }
    case LUA_TTABLE:
      push_capture(L, p, 0, start, end);
      lua_gettable(L, 3);
      break;
    default: add_text(L, b, p, start, end); return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(b, p->text + start, end - start);
    return false;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(b);
  return true;
}

int str_gsub(lua_State *L) {
  size_t length, pattern_length;
  const char *text = luaL_checklstring(L, 1, &length), *source = luaL_checklstring(L, 2, &pattern_length);
  int type = lua_type(L, 3);
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1), count = 0;
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3, "string/function/table");
  bool anchored = pattern_length > 0 && source[0] == '^', changed = false;
  pattern p;
  pattern_compile(L, &p, source + anchored, pattern_length - anchored);
  pattern_subject(&p, L, text, length);
  size_t at = 0;
  ptrdiff_t last = NO_MATCH;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  while (count < most) {
    ptrdiff_t end = pattern_match(&p, at);
    if (end != NO_MATCH && end != last) {
      count++;
      charge(L, 2);
      changed = add_replacement(L, &b, &p, at, (size_t)end, type) || changed;
      last = end;
      at = (size_t)end;
    } else if (at < length) {
      luaL_addchar(&b, text[at++]);
    } else {
      break;
    }
    if (anchored) break;
  }
  if (changed) {
    luaL_addlstring(&b, text + at, length - at);
    luaL_pushresult(&b);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}
