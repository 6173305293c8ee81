// An ordinary Lua with nothing changed: what the tests compare with.
#include <stdlib.h>

#include "internal.h"

char *clua_stock(const char *source, size_t count, size_t *length) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return NULL;
  *(clua_state **)lua_getextraspace(L) = NULL;  // the guards leave it alone
  luaL_openlibs(L);
  if (luaL_loadbufferx(L, source, count, "=stock", "t") == LUA_OK) lua_pcall(L, 0, 1, 0);
  const char *text = luaL_tolstring(L, -1, length);
  char *copy = malloc(*length + 1);
  if (copy) memcpy(copy, text, *length + 1);
  lua_close(L);
  return copy;
}
