#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // memmem, pthread_getattr_np
#endif
// What the files of the shim share. Nothing here is seen by Swift.
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <setjmp.h>
#include <string.h>

#include "clua.h"

#define INTERNAL __attribute__((visibility("hidden")))

enum {
  BLOCK_LIMIT = 8 << 20,    // the largest single allocation: no one instruction can copy or compare more
  SOURCE_LIMIT = 32 << 10,  // bounds, with the limit on links in run.c, the recursion behind variable names in error messages
  HOOK_INTERVAL = 1000,     // instructions between two looks at the budget, while they are counted
  COUNTED = 100000,         // instructions of a run that are counted even when nothing limits them
  OVERDRAFT = 64 << 10,     // for the error handling of a run that is already lost
  DEPTH_LIMIT = 64,         // nesting of values that cross
  VALUE_LIMIT = 1 << 20,    // values that cross at once
  MESSAGE_LIMIT = 1 << 10,
  QUIET_GROWTH = 1 << 20,   // garbage of one run before the collector begins
};

/// A growing block outside Lua's heap. It belongs to the state, so nothing leaks when a Lua error unwinds past its user.
typedef struct {
  uint8_t *data;
  size_t count, capacity;
  size_t values;  // that were written
} buffer;

/// One function that the host lends, with the length of its path.
typedef struct {
  clua_function lent;
  size_t length;
} host_function;

enum { GUESSES = 8 };

/// Where a name was found in the document before this one. The name is Lua's own text: an address that was given to another since is
/// one wrong guess, no more.
typedef struct {
  const char *key;
  int place;
} guess;

struct clua_state {
  lua_State *L;
  lua_State *volatile running;  // the coroutine whose hook is to be armed
  // Memory.
  size_t used, peak, limit;
  size_t since_look;        // bytes allocated since the budget was last looked at
  size_t look_after;        // how many make it look again
  size_t quiet_until;       // the collector stands still until so much is in use
  size_t collected;         // bytes in use after the last full collection
  size_t largest_string, largest_block;
  int64_t fail_after;
  bool refused;             // an allocation was refused: the state is not used again
  // Budget.
  int interval;
  uint64_t count_until;     // instructions up to which they are counted; beyond, the alarm looks after the run (alarm.c)
  int kill;
  int kill_line;
  uint64_t instructions, uncounted, instruction_limit;
  uint64_t started, wall, deadline;
  uintptr_t stack_floor;    // C frames below this address are too deep
  // Guards.
  uintptr_t concat_frame;   // the C frame of the outermost __concat that runs; 0 for none
  int close_depth;
  lua_State *spare;         // a finished coroutine, kept for the next __concat
  bool broken;
  jmp_buf *panic;
  // Host.
  clua_host host;
  void *context;
  host_function *functions;
  size_t function_count;
  volatile bool in_host;    // one of its functions is at work
  uint64_t host_calls;
  bool reply_lost;          // the host's answer was too large to keep
  bool has_modules;         // this run has required some
  int module_depth;         // how many modules are being loaded, one from within the other
  const void *closed;       // `ctx` while its fields are not all there; NULL for none
  uint64_t random[4];
  // The run.
  const clua_request *request;
  clua_result result;
  const char *event_block;
  const clua_event *events;
  size_t event_count, event_done;
  guess guesses[GUESSES];   // about the next document
  bool *verdicts;
  buffer arguments, reply, values, saved, message, traceback, text;
};

static inline clua_state *state_of(lua_State *L) { return *(clua_state **)lua_getextraspace(L); }

// Registry keys: the addresses count, not the contents.
extern INTERNAL char chunks_key, array_key, frozen_key, environment_key, context_key, closed_key, document_key, shown_key, event_key, lent_key,
  loaded_key, test_key, vector_key;

// budget.c
INTERNAL uint64_t monotonic_now(void);
INTERNAL void budget_start(clua_state *S);
INTERNAL void budget_arm(clua_state *S, int count);
INTERNAL void budget_collect(lua_State *L);
INTERNAL void budget_fit_interval(clua_state *S);
INTERNAL void budget_limits(lua_State *L);
INTERNAL void budget_look(lua_State *L);
INTERNAL void budget_settle(lua_State *L);
INTERNAL _Noreturn void raise_kill(lua_State *L);
INTERNAL void stack_overflow(lua_State *L);

/// Pays for work that C does in place of instructions, and refuses to go on when the run is lost or the C stack is nearly used up.
static inline void charge(lua_State *L, uint64_t units) {
  clua_state *S = state_of(L);
  S->uncounted += units < (1ull << 40) ? units : 1ull << 40;
  if (__builtin_expect(S->uncounted >= HOOK_INTERVAL || S->kill, 0)) budget_settle(L);
  if (__builtin_expect((uintptr_t)__builtin_frame_address(0) < S->stack_floor, 0)) stack_overflow(L);
}

/// Whether a __concat runs further out on the C stack. An error that unwound past its frame leaves an address below ours.
static inline bool in_concat(clua_state *S) { return S->concat_frame > (uintptr_t)__builtin_frame_address(0); }

/// Whether the count hook is on: an instruction limit is to be kept to, or there are few so far.
static inline bool is_counting(const clua_state *S) { return S->instructions < S->count_until; }

// alarm.c
INTERNAL clua_state *alarm_watch(clua_state *S, bool *works);
INTERNAL void alarm_leave(clua_state *outer);
INTERNAL void alarm_resume(void);

// memory.c
INTERNAL void *allocate(void *ud, void *block, size_t old, size_t size);
static inline void buffer_clear(buffer *b) { b->count = b->values = 0; }
INTERNAL bool buffer_append(buffer *b, const void *data, size_t count);
INTERNAL void buffer_add(lua_State *L, buffer *b, const void *data, size_t count);

// library.c: the standard libraries
/// A member is `own`; or Lua's own value of its name; or `own` as a wall before that, which is its first upvalue.
typedef struct {
  const char *name;
  lua_CFunction own;
  bool stock;
} member;

typedef struct {
  const char *name;
  lua_CFunction open;  // Lua's; NULL when nothing is taken from it
  const member *members;
} library;

extern INTERNAL const library base_library, standard_libraries[];  // the latter end with a name that is NULL
extern INTERNAL const member base_members[], coroutine_members[], string_members[], table_members[], math_members[], utf8_members[];
INTERNAL bool load_stock(void);
INTERNAL bool push_member(lua_State *L, const library *from, const char *name, size_t length);
INTERNAL void push_string_metatable(lua_State *L);

INTERNAL void random_seed(clua_state *S, uint64_t seed);
INTERNAL void caught(lua_State *L, int status);  // after something caught an error

// coroutines.c, matching.c: functions that are members elsewhere
INTERNAL int base_pcall(lua_State *L);
INTERNAL int base_xpcall(lua_State *L);
INTERNAL int str_find(lua_State *L);
INTERNAL int str_match(lua_State *L);
INTERNAL int str_gmatch(lua_State *L);
INTERNAL int str_gsub(lua_State *L);

// base.c
INTERNAL const char *text_of(lua_State *L, int index, size_t *length);
INTERNAL bool is_frozen(lua_State *L, int index);
INTERNAL void check_table(lua_State *L, int index);
INTERNAL int run_stock(lua_State *L);

// sandbox.c
INTERNAL void build_sandbox(lua_State *L);
INTERNAL void push_environment(lua_State *L);
INTERNAL void push_methods(lua_State *L, char *slot);
INTERNAL void push_metatable(lua_State *L, const char *name, const luaL_Reg *methods, char *slot);
INTERNAL void freeze_table(lua_State *L);

// describe.c
INTERNAL void describe(lua_State *L, int index, buffer *into);

// context.c
INTERNAL void push_context(lua_State *L, const clua_request *r);
INTERNAL bool is_context(lua_State *L, int index);
INTERNAL bool is_closed(lua_State *L, int index);
INTERNAL void open_context(lua_State *L, int index);

// run.c
INTERNAL void push_chunk(lua_State *L, const clua_request *r, bool is_module);

// modules.c, trials.c
INTERNAL int call_require(lua_State *L);
INTERNAL int call_test(lua_State *L);
INTERNAL int call_transaction(lua_State *L);

// pattern.c: Lua's patterns
typedef struct {
  uint8_t kind, quantifier, first, second;
  uint32_t set;
} step;

typedef struct {
  uint64_t bits[4];
} byte_set;

typedef struct {
  uint32_t step;
  size_t position, count;
} choice;

enum { INLINE_STEPS = 32, INLINE_SETS = 8, CAPTURES = 32 };

/// A compiled pattern and the places of its last match. Small ones need no memory of their own.
typedef struct {
  lua_State *L;
  step *steps;
  byte_set *sets;
  choice *choices;
  const char *text;
  size_t length;
  uint64_t work;
  int step_count, set_count, capture_count;
  struct { size_t start, length; bool position, open; } captures[CAPTURES];
  step own_steps[INLINE_STEPS];
  byte_set own_sets[INLINE_SETS];
  choice own_choices[INLINE_STEPS];
} pattern;

enum { NO_MATCH = -1 };
INTERNAL void pattern_compile(lua_State *L, pattern *p, const char *text, size_t length);
INTERNAL void pattern_subject(pattern *p, lua_State *L, const char *text, size_t length);
INTERNAL ptrdiff_t pattern_match(pattern *p, size_t start);

// walk.c: from Lua outwards
INTERNAL void tape_append(lua_State *L, int index, buffer *out);
INTERNAL void tape_append_scalar(lua_State *L, int index, buffer *out);
INTERNAL void json_append(lua_State *L, int index, buffer *out);
// tape.c, reader.c: into Lua
INTERNAL int tape_push_all(lua_State *L, clua_bytes tape);
INTERNAL const char *json_push(lua_State *L, const char *text, const char *at, const char *end, bool keep_null);
INTERNAL bool json_push_plain(lua_State *L, const char *at, const char *end);

// scan.h: the shape of JSON text, without its values
INTERNAL void push_array_metatable(lua_State *L);
INTERNAL void push_array_table(lua_State *L, int size);
INTERNAL bool utf8_valid(const char *text, size_t length, size_t *bad);
INTERNAL void push_null(lua_State *L);
INTERNAL bool is_null(lua_State *L, int index);

// document.c, event.c
INTERNAL void push_document(lua_State *L, const char *text, size_t length);
INTERNAL bool push_document_table(lua_State *L, int index);
INTERNAL void push_event(lua_State *L);
INTERNAL void event_set(lua_State *L, int event, int shown, const clua_event *lent);

// vector.c
INTERNAL void push_vector_function(lua_State *L, const char *path);
INTERNAL const float *vector_values(lua_State *L, int index, size_t *count);

// host.c
INTERNAL void push_host_function(lua_State *L, const clua_function *f);
INTERNAL int missing_member(lua_State *L);
INTERNAL int ask(lua_State *L, int32_t id);
INTERNAL int32_t function_id(lua_State *L);

// errors.c
INTERNAL int error_handler(lua_State *L);
INTERNAL int error_describe(lua_State *L);
INTERNAL bool in_script(const clua_state *S, const lua_Debug *ar);

// state.c
INTERNAL void protect(clua_state *S, lua_CFunction body);
