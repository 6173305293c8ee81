// Which members the standard libraries have, and where they come from. Lua's own functions are wanted by address, which only Lua's openers
// give away; opening them in every state would cost more than all the rest, so it is done once, in an ordinary state that is then closed.
#include <pthread.h>

#include "internal.h"

enum { LIBRARIES = 6, MEMBERS = 32, TEXT = 16 };

const library base_library = {"", luaopen_base, base_members};
const library standard_libraries[] = {
  {"coroutine", luaopen_coroutine, coroutine_members}, {"string", luaopen_string, string_members}, {"table", NULL, table_members},
  {"math", luaopen_math, math_members}, {"utf8", luaopen_utf8, utf8_members}, {NULL, NULL, NULL}};

const member utf8_members[] = {{"char", NULL, true}, {"charpattern", NULL, true}, {"codepoint", NULL, true}, {"codes", NULL, true},
                               {"len", NULL, true}, {"offset", NULL, true}, {NULL, NULL, false}};

/// A value of one of Lua's libraries, outside of any state.
typedef struct {
  int type;
  bool integer;
  lua_CFunction function;
  lua_Integer whole;
  lua_Number number;
  size_t length;
  char text[TEXT];
} stock_value;

enum { ARITHMETIC = 8 };
static const char *const arithmetic[ARITHMETIC] = {"__add", "__sub", "__mul", "__mod", "__pow", "__div", "__idiv", "__unm"};

static stock_value stock[LIBRARIES][MEMBERS];
static lua_CFunction string_arithmetic[ARITHMETIC];
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static const library *library_at(int place) { return place == 0 ? &base_library : &standard_libraries[place - 1]; }
static int place_of(const library *one) { return one == &base_library ? 0 : (int)(one - standard_libraries) + 1; }

static stock_value value_at_top(lua_State *L) {
  stock_value value = {.type = lua_type(L, -1), .integer = lua_isinteger(L, -1), .function = lua_tocfunction(L, -1)};
  if (value.type == LUA_TNUMBER) {
    value.whole = lua_tointeger(L, -1);
    value.number = lua_tonumber(L, -1);
  } else if (value.type == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &value.length);
    if (value.length > TEXT) luaL_error(L, "a text of Lua's libraries is longer than expected");
    memcpy(value.text, text, value.length);
  }
  return value;
}

static int take(lua_State *L) {
  for (int place = 0; place < LIBRARIES; place++) {
    const library *one = library_at(place);
    if (one->open == NULL) continue;
    lua_settop(L, 0);
    lua_pushcfunction(L, one->open);
    lua_call(L, 0, 1);
    for (int i = 0; one->members[i].name; i++) {
      if (!one->members[i].stock) continue;
      lua_getfield(L, 1, one->members[i].name);
      stock[place][i] = value_at_top(L);
      lua_pop(L, 1);
    }
  }
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  for (int i = 0; i < ARITHMETIC; i++) {
    lua_getfield(L, -1, arithmetic[i]);
    string_arithmetic[i] = lua_tocfunction(L, -1);
    lua_pop(L, 1);
  }
  return 0;
}

/// Makes sure that Lua's functions are known; false when there is no memory for that.
bool load_stock(void) {
  if (__atomic_load_n(&loaded, __ATOMIC_ACQUIRE)) return true;
  pthread_mutex_lock(&loading);
  if (!loaded) {
    lua_State *L = luaL_newstate();
    if (L) {
      *(clua_state **)lua_getextraspace(L) = NULL;  // the guards leave it alone
      lua_pushcfunction(L, take);
      __atomic_store_n(&loaded, lua_pcall(L, 0, 0, 0) == LUA_OK, __ATOMIC_RELEASE);
      lua_close(L);
    }
  }
  pthread_mutex_unlock(&loading);
  return loaded;
}

static void push_stock(lua_State *L, const stock_value *value) {
  if (value->function) lua_pushcfunction(L, value->function);
  else if (value->type == LUA_TSTRING) lua_pushlstring(L, value->text, value->length);
  else if (value->integer) lua_pushinteger(L, value->whole);
  else lua_pushnumber(L, value->number);
}

/// Pushes a member; false, and nothing, when there is none of that name.
bool push_member(lua_State *L, const library *from, const char *name, size_t length) {
  for (int i = 0; from->members[i].name; i++) {
    const member *m = &from->members[i];
    if (strlen(m->name) != length || memcmp(m->name, name, length) != 0) continue;
    if (m->stock) push_stock(L, &stock[place_of(from)][i]);
    if (m->own) lua_pushcclosure(L, m->own, m->stock);
    return true;
  }
  return false;
}

/// The metatable of strings with Lua's arithmetic ("10" + 1), hidden from scripts.
void push_string_metatable(lua_State *L) {
  lua_createtable(L, 0, ARITHMETIC + 2);
  for (int i = 0; i < ARITHMETIC; i++) {
    lua_pushcfunction(L, string_arithmetic[i]);
    lua_setfield(L, -2, arithmetic[i]);
  }
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
}
