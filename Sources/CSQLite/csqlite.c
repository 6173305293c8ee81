#define _GNU_SOURCE
#include "csqlite.h"
#include <fcntl.h>
#include <unistd.h>

void csqlite_begin(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

int csqlite_defend(sqlite3 *db) {
  static const int switches[][2] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
      {SQLITE_DBCONFIG_DQS_DML, 0},
      {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  for (unsigned i = 0; i < sizeof switches / sizeof *switches; i++) {
    int code = sqlite3_db_config(db, switches[i][0], switches[i][1], (int *)0);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

/* Open file description locks, fcntl(2): unlike POSIX locks they are not lost when the process closes another descriptor of the
   file, and unlike flock(2) one can ask who would be in the way without getting in the way. */
int csqlite_lock(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_SETLK, &lock);
}

int csqlite_unlock(int fd) {
  struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_SETLK, &lock);
}

int csqlite_is_locked(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(fd, F_OFD_GETLK, &lock) != 0) return -1;
  return lock.l_type != F_UNLCK;
}

int csqlite_read_header(const char *path, void *header, int count, sqlite3_int64 *size) {
  sqlite3 *db = 0;
  sqlite3_file *file = 0;
  int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, 0);
  if (code == SQLITE_OK) code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code == SQLITE_OK && (!file || !file->pMethods)) code = SQLITE_CANTOPEN;
  if (code == SQLITE_OK) code = file->pMethods->xFileSize(file, size);
  if (code == SQLITE_OK) {
    code = file->pMethods->xRead(file, header, count, 0);
    /* A short file reads as zeros behind its end. */
    if (code == SQLITE_IOERR_SHORT_READ) code = SQLITE_OK;
  }
  sqlite3_close(db);
  return code;
}
