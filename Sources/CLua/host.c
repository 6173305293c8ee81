// The functions that the host lends. A script's call is written to a tape, the host answers with a tape or with a text for an error,
// and only then, with none of its frames left on the stack, is anything raised.
#include "internal.h"
#include "scan.h"

enum { HOST_CALL_COST = 100, LINE_LIMIT = 64 << 10 };

char context_key;

int32_t function_id(lua_State *L) { return (int32_t)lua_tointeger(L, lua_upvalueindex(1)); }

static int raise_reply(lua_State *L) {
  clua_state *S = state_of(L);
  luaL_where(L, 1);
  lua_pushlstring(L, (const char *)S->reply.data, S->reply.count);
  lua_concat(L, 2);
  return lua_error(L);
}

/// Asks the host, with the arguments that are on the tape; pushes what it answered and gives its number.
int ask(lua_State *L, int32_t id) {
  clua_state *S = state_of(L);
  if (S->context == NULL) return luaL_error(L, "the host's functions can be called while a script runs");
  buffer_clear(&S->reply);
  S->reply_lost = false;
  S->host_calls++;
  charge(L, HOST_CALL_COST);
  budget_limits(L);
  S->in_host = true;
  int32_t failed = S->host.call(S->context, id);
  S->in_host = false;
  alarm_resume();
  if (S->reply_lost) return luaL_error(L, "the host's answer is too large: at most %d MiB cross at once", BLOCK_LIMIT >> 20);
  if (failed) return raise_reply(L);
  budget_look(L);
  luaL_checkstack(L, 4, NULL);
  clua_bytes reply = {S->reply.data, S->reply.count};
  return tape_push_all(L, reply);
}

static int call_from(lua_State *L, int first) {
  clua_state *S = state_of(L);
  buffer_clear(&S->arguments);
  for (int i = first; i <= lua_gettop(L); i++) tape_append(L, i, &S->arguments);
  return ask(L, function_id(L));
}

static int call_hosted(lua_State *L) { return call_from(L, 1); }
static int call_method(lua_State *L) { return call_from(L, is_context(L, 1) ? 2 : 1); }

static int call_raw(lua_State *L) {
  clua_state *S = state_of(L);
  buffer_clear(&S->arguments);
  for (int i = 1; i <= lua_gettop(L); i++) tape_append_scalar(L, i, &S->arguments);
  return ask(L, function_id(L));
}

static int push_as_json(lua_State *L) {
  clua_state *S = state_of(L);
  buffer_clear(&S->text);
  json_append(L, 1, &S->text);
  lua_pushlstring(L, (const char *)S->text.data, S->text.count);
  return 1;
}

/// One line of text: values with tabs between them, tables as JSON when they have that form.
static int call_text(lua_State *L) {
  clua_state *S = state_of(L);
  int top = lua_gettop(L), first = is_context(L, 1) ? 2 : 1;
  luaL_checkstack(L, 6, NULL);
  luaL_Buffer b;
  lua_settop(L, top);
  luaL_buffinit(L, &b);
  for (int i = first; i <= top; i++) {
    if (i > first) luaL_addchar(&b, '\t');
    bool shown = false;
    if (lua_type(L, i) == LUA_TTABLE && luaL_getmetafield(L, i, "__tostring") == LUA_TNIL) {
      lua_pushcfunction(L, push_as_json);
      lua_pushvalue(L, i);
      shown = lua_pcall(L, 1, 1, 0) == LUA_OK;
      if (S->kill) raise_kill(L);
      if (!shown) lua_pop(L, 1);
    } else if (lua_type(L, i) == LUA_TTABLE) {
      lua_pop(L, 1);
    }
    if (!shown) {
      text_of(L, i, NULL);
      lua_replace(L, i);
      lua_pushvalue(L, i);
    }
    charge(L, 1 + lua_rawlen(L, -1) / 16);
    luaL_addvalue(&b);
  }
  luaL_pushresult(&b);
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  lua_pushlstring(L, text, length < LINE_LIMIT ? length : LINE_LIMIT);
  buffer_clear(&S->arguments);
  tape_append_scalar(L, -1, &S->arguments);
  lua_settop(L, 0);
  ask(L, function_id(L));
  return 0;
}

// MARK: Streaming

/// Upvalues: the function's number, the query, the page, the place in it, the cursor of the next page (nil: the first; false: none).
static int each_next(lua_State *L) {
  clua_state *S = state_of(L);
  charge(L, 2);
  for (;;) {
    lua_settop(L, 0);
    lua_Integer place = lua_tointeger(L, lua_upvalueindex(4)) + 1;
    if (lua_istable(L, lua_upvalueindex(3)) && lua_rawgeti(L, lua_upvalueindex(3), place) != LUA_TNIL) {
      lua_pushinteger(L, place);
      lua_replace(L, lua_upvalueindex(4));
      return 1;
    }
    if (lua_type(L, lua_upvalueindex(5)) == LUA_TBOOLEAN) return 0;
    buffer_clear(&S->arguments);
    tape_append(L, lua_upvalueindex(2), &S->arguments);
    tape_append(L, lua_upvalueindex(5), &S->arguments);
    lua_settop(L, 0);
    ask(L, function_id(L));
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) return luaL_error(L, "the host gave no page of documents");
    lua_getfield(L, 1, "documents");
    lua_replace(L, lua_upvalueindex(3));
    lua_pushinteger(L, 0);
    lua_replace(L, lua_upvalueindex(4));
    if (lua_getfield(L, 1, "cursor") == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushboolean(L, false);
    }
    lua_replace(L, lua_upvalueindex(5));
  }
}

static int call_each(lua_State *L) {
  if (lua_type(L, 1) != LUA_TTABLE && lua_type(L, 1) != LUA_TSTRING) {
    return luaL_argerror(L, 1, "a query expected, as {collection = \"…\", batch = 500}");
  }
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_settop(L, 5);
  lua_pushcclosure(L, each_next, 5);
  return 1;
}

// MARK: JSON

static int json_encode(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  return push_as_json(L);
}

static int json_decode(lua_State *L) {
  size_t length, bad;
  const char *text = luaL_checklstring(L, 1, &length), *end = text + length;
  charge(L, 1 + length / 16);
  if (!utf8_valid(text, length, &bad)) return luaL_error(L, "malformed JSON at byte %d: not valid UTF-8", (int)bad);
  const char *at = json_space(json_push(L, text, text, end, true), end);
  if (at != end) return luaL_error(L, "malformed JSON at byte %d: expected the end", (int)(at - text));
  return 1;
}

static int json_array(lua_State *L) {
  charge(L, 1);
  if (lua_isnoneornil(L, 1)) {
    push_array_table(L, 0);
    return 1;
  }
  check_table(L, 1);
  if (lua_getmetatable(L, 1)) {
    push_array_metatable(L);
    if (!lua_rawequal(L, -1, -2)) return luaL_error(L, "a table with a metatable of its own cannot be marked as an array");
  }
  lua_settop(L, 1);
  push_array_metatable(L);
  lua_setmetatable(L, 1);
  return 1;
}

// MARK: Names that do not exist

/// For a library table's `__index` whose first upvalue is the table's path: the host words the error, since it knows the near names.
int missing_member(lua_State *L) {
  clua_state *S = state_of(L);
  charge(L, 1);
  buffer_clear(&S->arguments);
  tape_append_scalar(L, lua_upvalueindex(1), &S->arguments);
  tape_append_scalar(L, 2, &S->arguments);
  return ask(L, CLUA_MISSING);
}

void push_host_function(lua_State *L, const clua_function *f) {
  if (f->form == CLUA_JSON_NULL) {
    push_null(L);
    return;
  }
  if (f->form == CLUA_VECTOR) {
    push_vector_function(L, f->path);
    return;
  }
  static const lua_CFunction forms[] = {[CLUA_HOSTED] = call_hosted, [CLUA_RAW] = call_raw, [CLUA_METHOD] = call_method, [CLUA_TEXT] = call_text,
                                        [CLUA_EACH] = call_each, [CLUA_JSON_ENCODE] = json_encode, [CLUA_JSON_DECODE] = json_decode,
                                        [CLUA_JSON_ARRAY] = json_array, [CLUA_REQUIRE] = call_require, [CLUA_TEST] = call_test,
                                        [CLUA_TRANSACTION] = call_transaction};
  lua_pushinteger(L, f->id);
  lua_pushcclosure(L, forms[f->form], 1);
}
