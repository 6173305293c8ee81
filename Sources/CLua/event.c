// What a filter sees: one event after the other, and in each its document.
//
// What C reads costs less than what Lua calls C for. A filter asks each document for the same few names, so those that it asked one for are
// read out of the following ones before it runs, into a table where Lua finds them by itself. Every so often a document is left to be asked,
// to learn whether the names are still the same. What was not foreseen is read when it is asked for, as from any document.
#include "document.h"
#include "scan.h"

enum { FORESEEN = 8, NAME_LIMIT = 40, LEARN_EVERY = 64 };
enum { DOCUMENT_SLOT = 1, SHOWN_SLOT = 2, MEMBERS_SLOT = 3, NAME_SLOT = 4 };

char event_key, lent_key;

typedef struct {
  const char *text;  // Lua's own, which the event keeps in this one of its slots
  size_t length;
  size_t value;      // where its value begins in the document that was asked for it: the names are kept in this order
  int place;         // which of the members it was there
  int slot;
} name;

typedef struct {
  const clua_event *event;
  document *document;
  bool has_document;  // there is a member of this name
  bool learns;        // this document is left to be asked
  int left;           // how many documents there are until one is again
  int count;
  name names[FORESEEN];
} lent_event;

// MARK: Reading ahead

/// Whether nothing in the name looks otherwise in JSON, and it cannot be taken for what follows a text there: then the bytes of a document
/// are compared with it as they are.
static bool is_plain(const char *text, size_t length) {
  if (length == 0 || length > NAME_LIMIT || (unsigned char)*text <= ' ' || strchr(",:}", *text)) return false;
  return json_text_end(text, text + length) == text + length;
}

/// The place of the value of a member that has only plain values before it, from `from` on; 0 when there is none. Where a bracket is in the
/// way, no other member can be found like this, which the cursor says from then on.
///
/// In well-formed JSON no text has a quote that no backslash stands before: so a comma, the name in quotes and a colon are a member of the
/// object if they are no text's end, which `is_plain` sees to, and if there was no bracket since the object began.
static size_t find_plain(document *d, const name *n, size_t from, size_t end) {
  const char *text = d->text;
  char last = n->text[n->length - 1];  // names of fields often differ at their end alone
  size_t tail = n->length + 3;         // two quotes and a colon
  if (end < tail) return 0;
  for (size_t at = from, window; at <= end - tail; at += window) {
    uint64_t found, brackets;
    window = 1;
#ifdef HAS_LANES
    if (from + tail - 1 + LANES <= end) {
      window = LANES;
      if (at + tail - 1 + LANES > end) at = end - tail + 1 - LANES;  // the last one has bytes that were looked at before
      lanes here = load_lanes(text + at), folded = lanes_with(here, 0x20);
      brackets = lane_bits(lanes_or(lanes_equal(folded, '{'), lanes_equal(folded, '}')));
      lanes ends = lanes_and(lanes_equal(here, '"'), lanes_equal(load_lanes(text + at + n->length), last));
      found = lane_bits(lanes_and(ends, lanes_equal(load_lanes(text + at + n->length + 2), ':')));
    } else
#endif
    {
      brackets = json_is_bracket(text[at]);
      found = text[at] == '"' && text[at + n->length] == last && text[at + n->length + 2] == ':';
    }
    for (; __builtin_expect(found != 0, 0); found &= found - 1) {
      int lane = __builtin_ctzll(found);
      if (brackets & ((1ull << lane) - 1)) break;
      size_t quote = at + (size_t)lane / LANE_BITS;
      bool whole = text[quote + n->length + 1] == '"' && (text[quote - 1] == ',' || quote == 1);
      if (whole && memcmp(text + quote + 1, n->text, n->length) == 0) return quote + tail;
    }
    if (__builtin_expect(brackets != 0, 0)) {
      d->cursor = 0;
      return 0;
    }
  }
  return 0;
}

/// Makes the names' fields of this document members of the table at `shown`, where they are plain values; others are nil there.
static void read_ahead(lua_State *L, lent_event *e, int event, int shown) {
  document *d = e->document;
  if (d->length >= 1024) charge(L, (uint64_t)e->count * d->length / 128);
  for (int i = 0; i < e->count; i++) {
    const name *n = &e->names[i];
    lua_getiuservalue(L, event, n->slot);
    size_t value = d->cursor ? find_plain(d, n, d->cursor, d->length) : 0;
    if (value) d->cursor = value;
    else if (d->cursor > 1) value = find_plain(d, n, 1, d->cursor);
    else if (d->cursor == 0) value = document_value_at(L, d, n->place, n->text, n->length);
    if (value == 0 || !json_push_plain(L, d->text + value, d->text + d->length)) lua_pushnil(L);
    lua_rawset(L, shown);
  }
}

static void forget(lua_State *L, lent_event *e, int event, int shown) {
  for (; e->count > 0; e->count--) {
    lua_getiuservalue(L, event, e->names[e->count - 1].slot);
    lua_pushnil(L);
    lua_rawset(L, shown);
  }
}

/// Keeps the name at 2 to be read ahead, if what was found under it is a plain value.
static void learn(lua_State *L, lent_event *e) {
  name n = {.value = e->document->value, .place = e->document->place, .slot = NAME_SLOT + e->count};
  n.text = lua_tolstring(L, 2, &n.length);
  int type = lua_type(L, -1);
  if (e->count == FORESEEN || (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) || !is_plain(n.text, n.length)) return;
  for (int i = 0; i < e->count; i++) {
    if (e->names[i].text == n.text) return;
  }
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, lua_upvalueindex(1), n.slot);
  int at = e->count++;
  for (; at > 0 && e->names[at - 1].value > n.value; at--) e->names[at] = e->names[at - 1];
  e->names[at] = n;
}

/// The document's `__index` is the table of what was read ahead, and this is that table's.
static int shown_index(lua_State *L) {
  charge(L, 1);
  lent_event *e = lua_touserdata(L, lua_upvalueindex(1));
  document *d = check_document(e->document, L);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  int results = document_read(L, d);
  if (e->learns && results) learn(L, e);
  return results;
}

// MARK: Events

static void push_text(lua_State *L, clua_part text) {
  if (text.count) lua_pushlstring(L, state_of(L)->event_block + text.start, text.count);
  else lua_pushnil(L);
}

/// The event's `__index` is a table that has its document, and this is that table's.
static int event_index(lua_State *L) {
  charge(L, 1);
  const clua_event *event = ((lent_event *)lua_touserdata(L, lua_upvalueindex(1)))->event;
  if (event == NULL) return luaL_error(L, "this event is over");
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(key, "type") == 0) {
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

/// Pushes a table whose `__index` is a function of the event at `event`.
static void push_members(lua_State *L, int event, lua_CFunction otherwise) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, event);
  lua_pushcclosure(L, otherwise, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

static const luaL_Reg event_methods[] = {{"__newindex", read_only}, {NULL, NULL}};

/// Makes the one event of this state. It is kept only when it is whole: any of these steps may run out of memory.
static void make_event(lua_State *L) {
  lent_event *e = lua_newuserdatauv(L, sizeof(lent_event), NAME_SLOT + FORESEEN - 1);
  *e = (lent_event){0};
  int event = lua_gettop(L);
  push_metatable(L, "event", event_methods, &event_key);
  push_members(L, event, event_index);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, event, MEMBERS_SLOT);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, event);
  e->document = push_shown(L);
  lua_setiuservalue(L, event, DOCUMENT_SLOT);
  push_members(L, event, shown_index);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, event, SHOWN_SLOT);
  lua_setfield(L, -2, "__index");
  lua_settop(L, event);
  lua_pushvalue(L, event);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &lent_key);
}

/// Pushes the event, which shows nothing yet, and above it the table that `event_set` asks for.
void push_event(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &lent_key) == LUA_TNIL) {
    lua_pop(L, 1);
    make_event(L);
  }
  int event = lua_gettop(L);
  lent_event *e = lua_touserdata(L, event);
  lua_getiuservalue(L, event, SHOWN_SLOT);
  // Nothing of an earlier run is to be seen.
  forget(L, e, event, event + 1);
  event_set(L, event, event + 1, NULL);
  e->learns = false;
  e->left = 0;
}

/// Lends the event at `event` what it shows; NULL takes it away.
void event_set(lua_State *L, int event, int shown, const clua_event *lent) {
  lent_event *e = lua_touserdata(L, event);
  e->event = lent;
  document_set(e->document, lent ? state_of(L)->event_block + lent->document.start : NULL, lent ? lent->document.count : 0);
  bool has_document = lent && lent->document.count > 0;
  if (has_document != e->has_document) {
    lua_getiuservalue(L, event, MEMBERS_SLOT);
    if (has_document) lua_getiuservalue(L, event, DOCUMENT_SLOT);
    else lua_pushnil(L);
    lua_setfield(L, -2, "document");
    lua_pop(L, 1);
    e->has_document = has_document;
  }
  if (!has_document) return;
  if (e->learns) {
    e->learns = false;
    e->left = LEARN_EVERY;
  } else if (e->left-- == 0) {
    forget(L, e, event, shown);
    e->learns = true;
    return;
  }
  read_ahead(L, e, event, shown);
}
