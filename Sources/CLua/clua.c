#include "clua.h"
#include <lua5.4/lua.h>
int clua_version(void) { return LUA_VERSION_NUM; }
