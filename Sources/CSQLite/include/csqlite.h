#ifndef CSQLITE_H
#define CSQLITE_H
#include <sqlite3.h>

/* Before the first connection: SQLite counts its memory behind one lock for all threads, and nobody asks for that count. */
void csqlite_begin(void);

/* Refuses what could damage the file through SQL: writable_schema, journal_mode=OFF, writes to shadow tables, extensions.
   sqlite3_db_config is variadic, which Swift does not call. */
int csqlite_defend(sqlite3 *db);

/* Takes the exclusive lock on an open file without waiting: 0, or -1 with errno (EAGAIN when another holds it).
   The lock belongs to the open file description: it goes with the descriptor, also when the process is killed. */
int csqlite_lock(int fd);

/* Gives it up at once. To close the descriptor would not do while a child that was forked a moment ago, and has not begun its own program, has
   another one of the same description. */
int csqlite_unlock(int fd);

/* 1 when somebody else holds that lock, 0 when nobody does, -1 with errno. Asks without taking it. */
int csqlite_is_locked(int fd);

/* Reads the first bytes of a database file and its size through SQLite's own file layer: 0, or an error code of SQLite.
   A descriptor of our own would not do: closing it drops the POSIX locks that this process holds on the file, and the next process to
   close the database would take itself for the last and delete the log that is in use (sqlite.org/howtocorrupt.html, 2.2). */
int csqlite_read_header(const char *path, void *header, int count, sqlite3_int64 *size);
#endif
