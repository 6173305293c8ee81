#ifndef CSQLITE_H
#define CSQLITE_H
#include <sqlite3.h>

/* Refuses what could damage the file through SQL: writable_schema, journal_mode=OFF, writes to shadow tables, extensions.
   sqlite3_db_config is variadic, which Swift does not call. */
int csqlite_defend(sqlite3 *db);

/* Takes the exclusive lock on an open file without waiting: 0, or -1 with errno (EAGAIN when another holds it).
   The lock belongs to the open file description: it goes with the descriptor, also when the process is killed. */
int csqlite_lock(int fd);

/* 1 when somebody else holds that lock, 0 when nobody does, -1 with errno. Asks without taking it. */
int csqlite_is_locked(int fd);
#endif
