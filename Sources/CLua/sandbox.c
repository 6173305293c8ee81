// What a script can reach, in its tables. What is not on the lists, library.c's and the host's, does not exist for it.
//
// Every run gets a new, empty table of globals; what it does not find there it reads from the shared ones, which it cannot name and
// so cannot change. Libraries are empty proxies before private tables: reading works, writing raises, and rawset, table.insert and
// their like refuse them by their mark.
//
// Nothing is made before a script asks for it, since most use a handful of the two hundred functions: a private table has an `__index`
// that makes the member and puts it there, so that it is asked once.
#include <stdlib.h>

#include "internal.h"

char frozen_key, environment_key, chunks_key;

static void push_private(lua_State *L, lua_CFunction find, int upvalues);
static void fill(lua_State *L, int private);

// MARK: Read-only tables

static int refuse_write(lua_State *L) { return luaL_error(L, "attempt to change a read-only table"); }

static int frozen_next(lua_State *L) {
  charge(L, 1);
  lua_settop(L, 2);
  return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

static int frozen_pairs(lua_State *L) {
  lua_settop(L, 1);
  fill(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, frozen_next, 1);
  lua_insert(L, 1);
  return 2;
}

/// Replaces the table on the top by a read-only proxy.
void freeze_table(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 5);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, frozen_pairs, 1);
  lua_setfield(L, -2, "__pairs");
  lua_pushboolean(L, true);
  lua_rawsetp(L, -2, &frozen_key);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

// MARK: Members, made when they are asked for

/// Keeps the value on the top as the member that was asked for: the arguments of `__index` are the private table and the name.
static int keep_member(lua_State *L) {
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

/// The `__index` of a standard library's private table; the library is the first upvalue.
static int find_standard(lua_State *L) {
  charge(L, 5);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length;
  const char *name = lua_tolstring(L, 2, &length);
  return push_member(L, lua_touserdata(L, lua_upvalueindex(1)), name, length) ? keep_member(L) : 0;
}

static bool is_method(const char *path) { return strncmp(path, "ctx.", 4) == 0 || strncmp(path, "t.", 2) == 0; }

/// What follows the path and its dot in a function's path; NULL when that lies elsewhere. Without a path: everything but the methods.
static const char *below(const host_function *f, const char *path, size_t length) {
  if (length == 0) return is_method(f->lent.path) ? NULL : f->lent.path;
  return f->length > length && memcmp(f->lent.path, path, length) == 0 && f->lent.path[length] == '.' ? f->lent.path + length + 1 : NULL;
}

static int find_lent(lua_State *L);

/// Pushes the host's function of that path and name, or the table whose path it is; false, and nothing, when there is neither.
static bool push_lent(lua_State *L, const char *path, size_t path_length, const char *name, size_t length) {
  clua_state *S = state_of(L);
  for (size_t i = 0; i < S->function_count; i++) {
    const char *rest = below(&S->functions[i], path, path_length);
    if (rest == NULL || strlen(rest) < length || memcmp(rest, name, length) != 0) continue;
    if (rest[length] == '\0') {
      push_host_function(L, &S->functions[i].lent);
      return true;
    }
    if (rest[length] != '.') continue;
    if (path_length) lua_pushfstring(L, "%s.%s", path, name);
    else lua_pushlstring(L, name, length);
    lua_pushboolean(L, true);
    push_private(L, find_lent, 2);
    freeze_table(L);
    return true;
  }
  return false;
}

/// The `__index` of a table of the host's functions. Upvalues: its path, and whether a name that it lacks is an error.
static int find_lent(lua_State *L) {
  charge(L, 20);
  size_t path_length, length;
  const char *path = lua_tolstring(L, lua_upvalueindex(1), &path_length);
  if (lua_type(L, 2) == LUA_TSTRING) {
    const char *name = lua_tolstring(L, 2, &length);
    if (push_lent(L, path, path_length, name, length)) return keep_member(L);
  }
  return lua_toboolean(L, lua_upvalueindex(2)) ? missing_member(L) : 0;
}

static void push_standard(lua_State *L, const library *one) {
  lua_pushlightuserdata(L, (void *)one);
  push_private(L, find_standard, 1);
}

static void push_string_library(lua_State *L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_getfield(L, -1, "__index");
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/// The `__index` of the table of globals.
static int find_global(lua_State *L) {
  charge(L, 20);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length;
  const char *name = lua_tolstring(L, 2, &length);
  if (push_member(L, &base_library, name, length)) return keep_member(L);
  for (const library *one = standard_libraries; one->name; one++) {
    if (strlen(one->name) != length || memcmp(one->name, name, length) != 0) continue;
    if (one->members == string_members) push_string_library(L);  // the methods of strings are the same table
    else push_standard(L, one);
    freeze_table(L);
    return keep_member(L);
  }
  return push_lent(L, "", 0, name, length) ? keep_member(L) : 0;
}

/// Pushes a private table whose members are made by `find`, with the topmost values as that function's upvalues.
static void push_private(lua_State *L, lua_CFunction find, int upvalues) {
  luaL_checkstack(L, 10, NULL);
  lua_pushcclosure(L, find, upvalues);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_rotate(L, -3, -1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

/// Makes all members of a private table, so that they can be counted.
static void fill(lua_State *L, int private) {
  if (!lua_getmetatable(L, private)) return;
  clua_state *S = state_of(L);
  int top = lua_gettop(L) - 1;
  luaL_checkstack(L, 10, NULL);
  lua_getfield(L, -1, "__index");
  lua_CFunction find = lua_tocfunction(L, -1);
  const library *from = find == find_global ? &base_library : NULL;
  const char *path = "";
  if (find == find_standard && lua_getupvalue(L, -1, 1)) from = lua_touserdata(L, -1);
  if (find == find_lent && lua_getupvalue(L, -1, 1)) path = lua_tostring(L, -1);
  for (const member *m = from ? from->members : NULL; m && m->name; m++) {
    lua_getfield(L, private, m->name);
    lua_pop(L, 1);
  }
  for (const library *one = standard_libraries; find == find_global && one->name; one++) {
    lua_getfield(L, private, one->name);
    lua_pop(L, 1);
  }
  for (size_t i = 0; (find == find_global || find == find_lent) && i < S->function_count; i++) {
    const char *rest = below(&S->functions[i], path, strlen(path));
    if (rest == NULL) continue;
    lua_pushlstring(L, rest, strcspn(rest, "."));
    lua_gettable(L, private);
    lua_pop(L, 1);
  }
  lua_settop(L, top);
}

// MARK: Metatables

/// Pushes the metatable of one of our kinds of userdata, which is made when the first of them is.
void push_metatable(lua_State *L, const char *name, const luaL_Reg *methods, char *slot) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, slot) != LUA_TNIL) return;
  lua_pop(L, 1);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, slot);
}

/// The private table on the top becomes `__index` of a locked metatable that is kept in the registry and left on the stack.
static void lock(lua_State *L, char *slot) {
  lua_createtable(L, 0, 2);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, slot);
}

/// Pushes the metatable of `ctx` or `t`. Their functions are found through them alone, not by a global name.
void push_methods(lua_State *L, char *slot) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, slot) != LUA_TNIL) return;
  lua_pop(L, 1);
  lua_pushstring(L, slot == &context_key ? "ctx" : "t");
  lua_pushboolean(L, false);
  push_private(L, find_lent, 2);
  lock(L, slot);
}

void build_sandbox(lua_State *L) {
  lua_pushliteral(L, "");
  push_string_metatable(L);
  for (const library *one = standard_libraries; one->name; one++) {
    if (one->members == string_members) push_standard(L, one);
  }
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);

  push_private(L, find_global, 0);
  lock(L, &environment_key);
  lua_pop(L, 1);

  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &chunks_key);
}

/// A new table of globals.
void push_environment(lua_State *L) {
  lua_createtable(L, 0, 4);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
}

// MARK: Listing

static void list(lua_State *L, const char *prefix, buffer *out) {
  luaL_checkstack(L, 10, NULL);
  fill(L, lua_absindex(L, -1));
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    const char *path = lua_pushfstring(L, "%s%s: %s\n", prefix, lua_tostring(L, -2), luaL_typename(L, -1));
    buffer_add(L, out, path, strlen(path));
    lua_pop(L, 1);
    if (is_frozen(L, -1)) {
      lua_getmetatable(L, -1);
      lua_getfield(L, -1, "__index");
      const char *inner = lua_pushfstring(L, "%s%s.", prefix, lua_tostring(L, -4));
      lua_insert(L, -2);
      list(L, inner, out);
      lua_pop(L, 3);
    }
    lua_pop(L, 1);
  }
}

static int list_all(lua_State *L) {
  clua_state *S = state_of(L);
  buffer_clear(&S->text);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
  lua_getfield(L, -1, "__index");
  list(L, "", &S->text);
  push_methods(L, &context_key);
  lua_getfield(L, -1, "__index");
  list(L, "ctx:", &S->text);
  push_methods(L, &test_key);
  lua_getfield(L, -1, "__index");
  list(L, "t:", &S->text);
  return 0;
}

char *clua_listing(clua_state *S) {
  protect(S, list_all);
  return strndup((const char *)S->text.data, S->text.count);
}
