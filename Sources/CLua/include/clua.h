#pragma once
// The face of the Lua shim: opaque pointers in, plain numbers and bytes out. It names no Lua type, so that no Lua error can
// be raised in, or jump across, a frame that is not C.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct clua_state clua_state;

/// Bytes that somebody else owns.
typedef struct {
  const uint8_t *data;
  size_t count;
} clua_bytes;

/// Tags of the flat form ("tape") in which values cross between Lua and the host. Numbers are native-endian, counts and lengths
/// are uint32; a string is its length and bytes; an array its count and values; an object its count and pairs of key (length,
/// bytes; no tag) and value.
enum {
  CLUA_NIL = 0, CLUA_NULL = 1, CLUA_FALSE = 2, CLUA_TRUE = 3, CLUA_INTEGER = 4, CLUA_NUMBER = 5, CLUA_STRING = 6, CLUA_ARRAY = 7, CLUA_OBJECT = 8,
  CLUA_DOCUMENT = 9  // to Lua only: JSON text of an object (length, bytes), read where a script looks
};

/// One function that scripts can call. `path` is dotted: "perigee.kv.get" makes a frozen table `perigee` with a frozen table `kv`.
typedef struct {
  const char *path;
  int32_t id;
  int32_t form;
} clua_function;

enum {
  CLUA_HOSTED = 0,      // arguments cross as JSON-like values, one value comes back
  CLUA_RAW = 1,         // arguments and results cross as scalars, byte for byte; a table arrives as nil
  CLUA_METHOD = 2,      // as hosted, but a leading `ctx` is dropped: for functions called with a colon
  CLUA_TEXT = 3,        // arguments are joined to one line of text, as `print` does
  CLUA_EACH = 4,        // an iterator over pages that the host returns
  CLUA_JSON_ENCODE = 5,
  CLUA_JSON_DECODE = 6,
  CLUA_JSON_ARRAY = 7,
  CLUA_JSON_NULL = 8,   // not a function: the value that stands for JSON's null
  CLUA_REQUIRE = 9,     // a module: the host answers with {name, source}
  CLUA_TEST = 10,       // a test: the host says whether the function is to be called now, with `t`
  CLUA_VECTOR = 12,     // arithmetic of vectors, by the last part of its path; the host hears nothing of it
  CLUA_TRANSACTION = 11,  // calls a function between the host's "begin" and "commit", or "rollback" when it fails
};

enum { CLUA_MISSING = -1, CLUA_REST = -2 };

/// What the state asks of its host while a script runs. None of these may enter the same state again.
typedef struct {
  /// Runs function `id`. Arguments: `clua_arguments`. Leaves a value (0) or an error text (1) by `clua_reply`. Id -1: the message
  /// for a member that does not exist; the arguments are the table's path and the member's name. Id CLUA_REST: the fields of `ctx` that
  /// the request left out, `state` among them, as one object; there are no arguments, and it is asked for once.
  int32_t (*call)(void *context, int32_t id);
  bool (*cancelled)(void *context);
} clua_host;

typedef enum { CLUA_RETURNED = 0, CLUA_FAILED = 1, CLUA_OUT_OF_MEMORY = 2, CLUA_KILLED = 3, CLUA_BROKEN = 4 } clua_outcome;
typedef enum { CLUA_NOT_KILLED = 0, CLUA_INSTRUCTIONS = 1, CLUA_DEADLINE = 2, CLUA_CANCELLED = 3 } clua_kill;

typedef struct {
  clua_bytes source;
  clua_bytes name;        // shown in messages
  bool expression;        // the source may be a bare expression
  bool batch;             // `arguments` become `arg` and `...`; a returned function is not called
  bool asks_rest;         // `ctx` has more fields than `context`; the host is asked for them (CLUA_REST) when a script looks
  bool raw;               // results are scalars, byte for byte
  const char *entry;      // which function, when the chunk returns a table of them
  clua_bytes context;     // tape of the object `ctx`; empty for none
  clua_bytes state;       // tape of `ctx.state`; empty for a new table
  clua_bytes arguments;   // tapes, one after the other
  size_t memory;          // bytes
  uint64_t wall;          // nanoseconds; 0 for no limit
  uint64_t instructions;  // 0 for no limit
  uint64_t seed;          // of math.random
} clua_request;

typedef struct {
  int32_t outcome;  // clua_outcome
  int32_t kill;     // clua_kill
  int32_t line;     // where it failed or was stopped; 0 when unknown
  bool compiling;   // it failed before it ran
  uint64_t instructions, nanoseconds, peak, host_calls;
} clua_result;

/// A part of a block of bytes.
typedef struct {
  size_t start, count;
} clua_part;

/// One event as a filter sees it, its texts as parts of the block that all events share; they may be empty. `document` and `payload` are
/// JSON text.
typedef struct {
  clua_part type, collection, document_id, document, payload;
  double at;
} clua_event;

/// A hardened state, or NULL when there is no memory. The functions' paths are read while it lives, the array only now. `fail_after` < 0:
/// never fail.
clua_state *clua_open(const clua_function *functions, size_t count, const clua_host *host, size_t memory, int64_t fail_after);
/// Gives the number of bytes that Lua did not give back: 0, unless there is a bug.
size_t clua_close(clua_state *state);

clua_result clua_check(clua_state *state, const clua_request *request);
clua_result clua_run(clua_state *state, const clua_request *request, void *context);

/// Asks the script's function about each event; `verdicts[i]` becomes its answer. `done` counts the events that were decided: all of
/// them, or those before the one that failed. The budget holds for each event on its own.
clua_result clua_filter(clua_state *state, const clua_request *request, const uint8_t *block, const clua_event *events, size_t count,
                        bool *verdicts, size_t *done, void *context);

// After a run (valid until the next):
clua_bytes clua_values(const clua_state *state);     // tapes of the results
clua_bytes clua_saved(const clua_state *state);      // tape of ctx.state
clua_bytes clua_message(const clua_state *state);    // the error
clua_bytes clua_traceback(const clua_state *state);  // one line for each frame

// During a call of the host:
clua_bytes clua_arguments(const clua_state *state);
void clua_reply(clua_state *state, const uint8_t *data, size_t count);
/// Whether the run's time is over, which nothing else tells the host while it works.
bool clua_is_over(const clua_state *state);

/// False once memory ran out in a run, or an error found no handler: the state is to be closed and a new one opened.
bool clua_usable(const clua_state *state);
/// Bytes the state holds now.
size_t clua_memory(const clua_state *state);
/// All that a script can name without the host's functions, one dotted path a line, sorted; freed by `free`.
char *clua_listing(clua_state *state);
/// Fails the n-th allocation from now (0: the next); negative: never. Gives what was left of the last
/// number, negative once it has failed. Fault injection for tests.
int64_t clua_fail_after(clua_state *state, int64_t allocations);
/// Runs source in an ordinary Lua with all of its libraries and gives its result as text: the oracle of tests. Freed by `free`.
char *clua_stock(const char *source, size_t count, size_t *length);
