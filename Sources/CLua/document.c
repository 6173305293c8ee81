// What a filter sees: an event and its document, read from JSON text only where the script looks. No table is built for a
// document, and what one script read of it is remembered until the next. Documents that are streamed are the same with a text of
// their own, and can be written to: what is written lies in a table beside the text.
#include "internal.h"
#include "scan.h"

enum { REMEMBERED = 64, REMEMBERED_OWNED = 12, GUESSES = 8, TEXT_SLOT = 1, CHANGES_SLOT = 2 };

char document_key, event_key;

typedef struct {
  uint32_t key, length, value;
  bool escaped;
} field;

/// Where a name was found in the document before this one. The name is Lua's own text: an address that was given to another since is
/// one wrong guess, no more.
typedef struct {
  const char *key;
  int place;
} guess;

typedef struct {
  const char *text;  // NULL when the run that lent it is over
  size_t length;
  size_t seen;       // how far the text has been read
  int count, capacity;
  bool owned;        // the text is a string of Lua's, in the first slot
  bool changed;      // the second slot has a table of what was written
  unsigned asked;    // how many names this document was asked for
  unsigned shown;    // how many texts it has shown: what was begun on one does not go on in the next
  guess guesses[GUESSES];
  field fields[];
} document;

/// What a removed field has in the table of changes.
static char removed_mark;

typedef struct {
  const clua_event *event;
} event_box;

static void document_set(document *d, const char *text, size_t length) {
  d->text = text;
  d->length = length;
  d->seen = 0;
  d->count = 0;
  d->asked = 0;
  d->shown++;
}

static document *check_document(lua_State *L, int index) {
  document *d = lua_touserdata(L, index);
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
static bool remember(lua_State *L, document *d, int place) {
  if (place >= d->capacity) return false;
  while (d->count <= place) {
    if (!next_field(L, d, &d->seen, &d->fields[d->count])) return false;
    d->count++;
  }
  return true;
}

static const field *find_field(lua_State *L, document *d, const char *key, size_t length, field *beyond) {
  // A script asks each document for the same names in the same order, and documents of a kind have them at the same places.
  guess *g = &d->guesses[d->asked++ % GUESSES];
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
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? lua_touserdata(L, index) : NULL;
}

static bool is_removed(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == &removed_mark;
}

static int document_index(lua_State *L) {
  charge(L, 1);
  document *d = check_document(L, 1);
  size_t length;
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
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
  json_push(L, d->text, d->text + f->value, d->text + d->length, false);
  return 1;
}

/// Its document is an upvalue, not the argument: a script can call an iterator with anything.
static int document_next(lua_State *L) {
  charge(L, 1);
  document *d = check_document(L, lua_upvalueindex(2));
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

static int read_only(lua_State *L) { return luaL_error(L, "events and their documents are read-only"); }

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
  document *d = check_document(L, 1);
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

static void push_text(lua_State *L, clua_part text) {
  if (text.count) lua_pushlstring(L, state_of(L)->event_block + text.start, text.count);
  else lua_pushnil(L);
}

static int event_index(lua_State *L) {
  charge(L, 1);
  event_box *box = lua_touserdata(L, 1);
  const clua_event *event = box ? box->event : NULL;
  if (event == NULL) return luaL_error(L, "this event is over");
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(key, "document") == 0) {
    if (event->document.count) lua_getiuservalue(L, 1, 1);
    else lua_pushnil(L);
  } else if (strcmp(key, "type") == 0) {
    push_text(L, event->type);
  } else if (strcmp(key, "collection_id") == 0) {
    push_text(L, event->collection);
  } else if (strcmp(key, "document_id") == 0) {
    push_text(L, event->document_id);
  } else if (strcmp(key, "at") == 0) {
    lua_pushnumber(L, event->at);
  } else if (strcmp(key, "payload") == 0 && event->payload.count) {
    const char *text = state_of(L)->event_block + event->payload.start;
    json_push(L, text, text, text + event->payload.count, false);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

static const luaL_Reg document_methods[] = {{"__index", document_index}, {"__newindex", document_write}, {"__pairs", document_pairs}, {NULL, NULL}};
static const luaL_Reg event_methods[] = {{"__index", event_index}, {"__newindex", read_only}, {NULL, NULL}};

static document *new_document(lua_State *L, int remembered, int values) {
  document *d = lua_newuserdatauv(L, sizeof(document) + (size_t)remembered * sizeof(field), values);
  *d = (document){.capacity = remembered};
  push_metatable(L, "document", document_methods, &document_key);
  lua_setmetatable(L, -2);
  return d;
}

/// Pushes an event that shows nothing yet, with its document inside.
void push_event(lua_State *L) {
  event_box *box = lua_newuserdatauv(L, sizeof(event_box), 1);
  box->event = NULL;
  push_metatable(L, "event", event_methods, &event_key);
  lua_setmetatable(L, -2);
  new_document(L, REMEMBERED, 0);
  lua_setiuservalue(L, -2, 1);
}

/// Pushes a document with a text of its own.
void push_document(lua_State *L, const char *text, size_t length) {
  charge(L, 1 + length / 64);
  document *d = new_document(L, REMEMBERED_OWNED, 2);
  lua_pushlstring(L, text, length);
  d->text = lua_tostring(L, -1);
  d->length = length;
  d->owned = true;
  lua_setiuservalue(L, -2, TEXT_SLOT);
}

/// Lends the event at `index` what it shows; NULL takes it away.
void event_set(lua_State *L, int index, const clua_event *event) {
  event_box *box = lua_touserdata(L, index);
  box->event = event;
  lua_getiuservalue(L, index, 1);
  document_set(lua_touserdata(L, -1), event ? state_of(L)->event_block + event->document.start : NULL, event ? event->document.count : 0);
  lua_pop(L, 1);
}
