// A document as scripts see it: read from JSON text only where they look. No table is built for it, and what is read on the way to one field
// is remembered for the next. Documents that are streamed have a text of their own, and can be written to: what is written lies in a table
// beside the text. Those of events show one event's text after the other (event.c).
#include "document.h"
#include "scan.h"

enum { REMEMBERED_OWNED = 12, TEXT_SLOT = 1, CHANGES_SLOT = 2 };

char document_key, shown_key;

/// What a removed field has in the table of changes.
static char removed_mark;

void document_set(document *d, const char *text, size_t length) {
  d->text = text;
  d->length = length;
  d->seen = 0;
  d->count = 0;
  d->asked = 0;
  d->cursor = length > 0 && text[0] == '{';
  d->shown++;
}

document *check_document(document *d, lua_State *L) {
  if (d == NULL || d->text == NULL) luaL_error(L, "this document is not there any more: it can be read while its event is being judged");
  return d;
}

static bool key_is(lua_State *L, const document *d, const field *f, const char *key, size_t length) {
  const char *text = d->text + f->key;
  // Names of fields often differ at their end alone.
  if (!f->escaped) return f->length == length && (length == 0 || (text[length - 1] == key[length - 1] && memcmp(text, key, length - 1) == 0));
  json_push(L, d->text, text - 1, d->text + d->length, false);
  size_t read;
  const char *plain = lua_tolstring(L, -1, &read);
  bool same = read == length && memcmp(plain, key, length) == 0;
  lua_pop(L, 1);
  return same;
}

/// Reads the next member from `at`; false at the end of the object. Leaves `at` behind its value.
static inline bool next_field(lua_State *L, const document *d, size_t *at, field *f) {
  const char *end = d->text + d->length, *s = d->text + *at;
  char before = *at == 0 ? '{' : ',';
  // As our own writer does it: nothing stands between a member and the one before.
  if (__builtin_expect(end - s > 2 && s[0] == before && s[1] == '"', 1)) {
    s += 2;
  } else {
    s = json_space(s, end);
    if (s == end || *s != before) return false;
    s = json_space(s + 1, end);
    if (s == end || *s++ != '"') return false;
  }
  const char *key = s;
  f->escaped = false;
  for (s = json_quote(s, end); s < end && *s != '"'; s = json_quote(s + 2, end)) {
    f->escaped = true;
    if (end - s <= 2) return false;
  }
  if (s == end) return false;
  f->key = (uint32_t)(key - d->text);
  f->length = (uint32_t)(s - key);
  s = json_space(s + 1, end);
  if (s == end || *s != ':') return false;
  s = json_space(s + 1, end);
  f->value = (uint32_t)(s - d->text);
  *at = (size_t)(json_skip(L, d->text, s, end) - d->text);
  return true;
}

/// Reads on until the field at `place` is remembered; false when there is none, or no room for it.
static inline bool remember(lua_State *L, document *d, int place) {
  if (place >= d->capacity) return false;
  while (d->count <= place) {
    if (!next_field(L, d, &d->seen, &d->fields[d->count])) return false;
    d->count++;
  }
  return true;
}

/// Where the value of the member at `place` begins, if that is its name; else 0.
size_t document_value_at(lua_State *L, document *d, int place, const char *key, size_t length) {
  return remember(L, d, place) && key_is(L, d, &d->fields[place], key, length) ? d->fields[place].value : 0;
}

static const field *find_field(lua_State *L, document *d, const char *key, size_t length, field *beyond) {
  // A script asks each document for the same names in the same order, and documents of a kind have them at the same places.
  guess *g = &state_of(L)->guesses[d->asked++ % GUESSES];
  if (g->key == key && remember(L, d, g->place) && key_is(L, d, &d->fields[g->place], key, length)) return &d->fields[g->place];
  for (int i = 0; remember(L, d, i); i++) {
    if (!key_is(L, d, &d->fields[i], key, length)) continue;
    *g = (guess){key, i};
    return &d->fields[i];
  }
  for (size_t at = d->seen; d->count == d->capacity && next_field(L, d, &at, beyond);) {
    if (key_is(L, d, beyond, key, length)) return beyond;
  }
  return NULL;
}

/// The document at `index`, which a script may have replaced by anything: metamethods can be had from elsewhere.
static document *own_document(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &document_key);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &shown_key);
  bool same = lua_rawequal(L, -1, -3) || lua_rawequal(L, -2, -3);
  lua_pop(L, 3);
  return same ? lua_touserdata(L, index) : NULL;
}

static bool is_removed(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == &removed_mark;
}

/// Pushes what the document has under the name at 2, which is a text; gives the number of results.
int document_read(lua_State *L, document *d) {
  size_t length;
  if (d->changed) {
    lua_getiuservalue(L, 1, CHANGES_SLOT);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL) return is_removed(L, -1) ? 0 : 1;
    lua_settop(L, 2);
  }
  const char *key = lua_tolstring(L, 2, &length);
  field beyond;
  const field *f = find_field(L, d, key, length, &beyond);
  if (f == NULL) return 0;
  d->value = f->value;
  d->place = f == &beyond ? d->capacity : (int)(f - d->fields);
  json_push(L, d->text, d->text + f->value, d->text + d->length, false);
  return 1;
}

static int document_index(lua_State *L) {
  charge(L, 1);
  document *d = check_document(lua_touserdata(L, 1), L);
  return lua_type(L, 2) == LUA_TSTRING ? document_read(L, d) : 0;
}

/// Its document is an upvalue, not the argument: a script can call an iterator with anything.
static int document_next(lua_State *L) {
  charge(L, 1);
  document *d = check_document(lua_touserdata(L, lua_upvalueindex(2)), L);
  // A script may keep an iterator, and the same document shows the next event.
  if ((lua_Integer)d->shown != lua_tointeger(L, lua_upvalueindex(3))) return luaL_error(L, "this iterator is of an earlier event");
  size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(1));
  field f;
  for (;;) {
    if (!next_field(L, d, &at, &f)) return 0;
    json_push(L, d->text, d->text + f.key - 1, d->text + d->length, false);
    json_push(L, d->text, d->text + f.value, d->text + d->length, false);
    if (!lua_isnil(L, -1)) break;
    lua_pop(L, 2);
  }
  lua_pushinteger(L, (lua_Integer)at);
  lua_replace(L, lua_upvalueindex(1));
  return 2;
}

int read_only(lua_State *L) { return luaL_error(L, "events and their documents are read-only"); }

static int document_write(lua_State *L) {
  document *d = own_document(L, 1);
  if (d == NULL || !d->owned) return read_only(L);
  luaL_checktype(L, 2, LUA_TSTRING);
  lua_settop(L, 3);
  charge(L, 2);
  if (!d->changed) {
    lua_newtable(L);
    lua_setiuservalue(L, 1, CHANGES_SLOT);
    d->changed = true;
  }
  lua_getiuservalue(L, 1, CHANGES_SLOT);
  lua_insert(L, 2);
  if (lua_isnil(L, 4)) {
    lua_pushlightuserdata(L, &removed_mark);
    lua_replace(L, 4);
  }
  lua_rawset(L, 2);
  return 0;
}

/// Pushes a table of all fields, with what was written to it; false, and nothing, for what is no document.
bool push_document_table(lua_State *L, int index) {
  index = lua_absindex(L, index);
  document *d = own_document(L, index);
  if (d == NULL || d->text == NULL) return false;
  luaL_checkstack(L, 8, NULL);
  json_push(L, d->text, d->text, d->text + d->length, true);
  if (!d->changed || !lua_istable(L, -1)) return true;
  int table = lua_gettop(L);
  lua_getiuservalue(L, index, CHANGES_SLOT);
  lua_pushnil(L);
  while (lua_next(L, table + 1)) {
    charge(L, 1);
    lua_pushvalue(L, -2);
    if (is_removed(L, -2)) lua_pushnil(L);
    else lua_pushvalue(L, -2);
    lua_rawset(L, table);
    lua_pop(L, 1);
  }
  lua_settop(L, table);
  return true;
}

/// `pairs` of a document that was written to is that of a table.
static int changed_next(lua_State *L) {
  charge(L, 1);
  lua_settop(L, 2);
  return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

static int document_pairs(lua_State *L) {
  document *d = check_document(lua_touserdata(L, 1), L);
  if (d->changed) {
    push_document_table(L, 1);
    lua_pushcclosure(L, changed_next, 1);
    return 1;
  }
  lua_pushinteger(L, 0);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, d->shown);
  lua_pushcclosure(L, document_next, 3);
  return 1;
}

static const luaL_Reg owned_methods[] = {{"__index", document_index}, {"__newindex", document_write}, {"__pairs", document_pairs}, {NULL, NULL}};
static const luaL_Reg shown_methods[] = {{"__newindex", document_write}, {"__pairs", document_pairs}, {NULL, NULL}};

static document *new_document(lua_State *L, int remembered, int values) {
  document *d = lua_newuserdatauv(L, sizeof(document) + (size_t)remembered * sizeof(field), values);
  *d = (document){.capacity = remembered};
  return d;
}

/// Pushes a document with a text of its own.
void push_document(lua_State *L, const char *text, size_t length) {
  charge(L, 1 + length / 64);
  document *d = new_document(L, REMEMBERED_OWNED, 2);
  push_metatable(L, "document", owned_methods, &document_key);
  lua_setmetatable(L, -2);
  lua_pushlstring(L, text, length);
  d->text = lua_tostring(L, -1);
  d->length = length;
  d->owned = true;
  lua_setiuservalue(L, -2, TEXT_SLOT);
}

/// Pushes a document that shows nothing yet, and below it its metatable, whose `__index` the caller is to set. There is one of them.
document *push_shown(lua_State *L) {
  push_metatable(L, "document", shown_methods, &shown_key);
  document *d = new_document(L, REMEMBERED, 0);
  lua_pushvalue(L, -2);
  lua_setmetatable(L, -2);
  return d;
}
