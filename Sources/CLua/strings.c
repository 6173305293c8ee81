// The string library without its patterns (matching.c): Lua's own functions behind a wall that charges for their work first.
#include "internal.h"

enum { FORMAT_LIMIT = 4096 };

/// For functions whose work grows with the length of their strings.
static int charged_by_length(lua_State *L) {
  uint64_t total = 0;
  for (int i = lua_gettop(L); i > 0; i--) {
    if (lua_type(L, i) == LUA_TSTRING) total += lua_rawlen(L, i);
  }
  charge(L, 1 + total / 16);
  return run_stock(L);
}

static int packed(lua_State *L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  luaL_argcheck(L, length <= FORMAT_LIMIT, 1, "format longer than 4096 bytes");
  charge(L, 1 + length);
  return run_stock(L);
}

static int str_rep(lua_State *L) {
  size_t length, separator;
  const char *s = luaL_checklstring(L, 1, &length);
  lua_Integer n = luaL_checkinteger(L, 2);
  const char *between = luaL_optlstring(L, 3, "", &separator);
  charge(L, 1);
  if (n <= 0 || length + separator == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  if ((uint64_t)n > BLOCK_LIMIT || (uint64_t)n * (length + separator) > BLOCK_LIMIT) {
    return luaL_error(L, "resulting string too large: the limit is %d MiB", BLOCK_LIMIT >> 20);
  }
  size_t total = (size_t)n * length + (size_t)(n - 1) * separator;
  charge(L, total / 64);
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, total);
  if (length == 1 && separator == 0) {
    memset(out, *s, total);
  } else {
    for (lua_Integer i = 0; i < n; i++) {
      memcpy(out, s, length);
      out += length;
      if (separator && i + 1 < n) {
        memcpy(out, between, separator);
        out += separator;
      }
    }
  }
  luaL_pushresultsize(&b, total);
  return 1;
}

/// string.format, with what %s shows made here, so that no address leaves; %p is refused for the same reason.
static int str_format(lua_State *L) {
  size_t length;
  const char *format = luaL_checklstring(L, 1, &length);
  luaL_argcheck(L, length <= 1 << 20, 1, "format longer than 1 MiB");
  charge(L, 1 + length / 4);
  int top = lua_gettop(L), argument = 1;
  luaL_checkstack(L, 4, NULL);
  for (size_t i = 0; i + 1 < length; i++) {
    if (format[i] != '%') continue;
    i++;
    if (format[i] == '%') continue;
    while (i < length && strchr("-+ #0.123456789", format[i]) && format[i]) i++;
    argument++;
    if (i >= length) break;
    if (format[i] == 'p') return luaL_error(L, "'%%p' is not offered: addresses are not shown to scripts");
    if (format[i] != 's' || argument > top) continue;
    size_t size;
    text_of(L, argument, &size);
    charge(L, size / 16);
    lua_replace(L, argument);
    lua_settop(L, top);
  }
  return run_stock(L);
}

const member string_members[] = {
  {"byte", charged_by_length, true}, {"char", charged_by_length, true}, {"len", charged_by_length, true}, {"lower", charged_by_length, true},
  {"reverse", charged_by_length, true}, {"sub", charged_by_length, true}, {"upper", charged_by_length, true}, {"unpack", charged_by_length, true},
  {"pack", packed, true}, {"packsize", packed, true}, {"format", str_format, true}, {"rep", str_rep, false}, {"find", str_find, false},
  {"match", str_match, false}, {"gmatch", str_gmatch, false}, {"gsub", str_gsub, false}, {NULL, NULL, false}};
