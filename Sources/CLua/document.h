#pragma once
// What a document remembers of its text: shared by those that read it on their own (document.c) and those that read ahead (event.c).
#include "internal.h"

enum { REMEMBERED = 64 };

typedef struct {
  uint32_t key, length, value;
  bool escaped;
} field;

typedef struct {
  const char *text;  // NULL when the run that lent it is over
  size_t length;
  size_t seen;       // how far the text has been read
  size_t cursor;     // where the value of the last field begins that was read ahead; 0: nothing can be
  uint32_t value;    // where the value begins that was asked for last
  int place;         // and which of the members it is
  int count, capacity;
  bool owned;        // the text is a string of Lua's, in the first slot
  bool changed;      // the second slot has a table of what was written
  unsigned asked;    // how many names this document was asked for
  unsigned shown;    // how many texts it has shown: what was begun on one does not go on in the next
  field fields[];
} document;

INTERNAL document *push_shown(lua_State *L);
INTERNAL void document_set(document *d, const char *text, size_t length);
INTERNAL document *check_document(document *d, lua_State *L);
INTERNAL size_t document_value_at(lua_State *L, document *d, int place, const char *key, size_t length);
INTERNAL int document_read(lua_State *L, document *d);
INTERNAL int read_only(lua_State *L);
