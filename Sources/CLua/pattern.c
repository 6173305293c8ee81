// Lua's patterns (reference manual, section 6.4.1), compiled to steps and matched without recursion. A pattern has no alternatives,
// so on any way through it each step occurs once, and one remembered choice for each repeated step is all that backtracking needs.
// Every comparison is paid for: a pattern that backtracks for ever stops with the budget.
//
// As in Lua, a malformed part is an error only when matching comes to it; so compiling never fails but leaves a FAULT there.
#include <ctype.h>

#include "internal.h"

enum { LITERAL, ANY, SET, OPEN, PLACE, CLOSE, BACK, BALANCE, FRONTIER, END, DONE, FAULT };
enum { ONCE, OPTIONAL, STAR, PLUS, LAZY };
enum { PATTERN_LIMIT = 64 << 10, WORK = 4096 };

enum { F_ENDS, F_BRACKET, F_FRONTIER, F_CAPTURE, F_BALANCE, F_MANY, F_INDEX };
static const char *const fault_text[] = {
  "malformed pattern (ends with '%')", "malformed pattern (missing ']')", "missing '[' after '%f' in pattern", "invalid pattern capture",
  "malformed pattern (missing arguments to '%b')", "too many captures"};

static bool has(const byte_set *set, uint8_t c) { return set->bits[c >> 6] >> (c & 63) & 1; }
static void put(byte_set *set, uint8_t c) { set->bits[c >> 6] |= 1ull << (c & 63); }

/// The bytes of a class letter; false when the letter stands for itself.
static bool class_of(uint8_t letter, byte_set *out) {
  static const struct { char letter; int (*test)(int); } classes[] = {
    {'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
    {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit}};
  int lower = tolower(letter);
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    if (classes[i].letter != lower) continue;
    bool negated = isupper(letter) != 0;
    // Only ASCII has classes in the C locale, which is the one this process keeps.
    for (int c = 0; c < 256; c++) {
      if ((classes[i].test(c) != 0) != negated) put(out, (uint8_t)c);
    }
    return true;
  }
  if (lower == 'z') {  // kept by Lua from older versions: the byte zero
    for (int c = 0; c < 256; c++) {
      if ((c == 0) != (letter == 'Z')) put(out, (uint8_t)c);
    }
    return true;
  }
  return false;
}

typedef struct {
  pattern *p;
  const uint8_t *at, *end;
} compiler;

static step *emit(compiler *c, uint8_t kind) {
  step *s = &c->p->steps[c->p->step_count++];
  *s = (step){.kind = kind};
  return s;
}

static byte_set *new_set(compiler *c, step *s) {
  s->kind = SET;
  s->set = (uint32_t)c->p->set_count;
  byte_set *set = &c->p->sets[c->p->set_count++];
  memset(set, 0, sizeof *set);
  return set;
}

/// Reads `[...]` with `at` behind the bracket. The first character of a set is never its end.
static bool read_set(compiler *c, step *s) {
  const uint8_t *at = c->at;
  bool negated = at < c->end && *at == '^';
  if (negated) at++;
  const uint8_t *first = at, *close = at;
  do {
    if (close >= c->end) return false;
    if (*close++ == '%' && close < c->end) close++;
  } while (close >= c->end || *close != ']');
  byte_set *set = new_set(c, s);
  for (at = first; at < close; at++) {
    if (*at == '%') {
      at++;
      if (!class_of(*at, set)) put(set, *at);
    } else if (at + 2 < close && at[1] == '-') {
      for (int b = at[0]; b <= at[2]; b++) put(set, (uint8_t)b);
      at += 2;
    } else {
      put(set, *at);
    }
  }
  if (negated) {
    for (int i = 0; i < 4; i++) set->bits[i] = ~set->bits[i];
  }
  c->at = close + 1;
  return true;
}

static bool fault(compiler *c, int which, int index) {
  step *s = emit(c, FAULT);
  s->first = (uint8_t)which;
  s->set = (uint32_t)index;
  return false;
}

/// One item that matches a single byte, and its quantifier.
static bool read_single(compiler *c) {
  step *s = emit(c, LITERAL);
  uint8_t byte = *c->at++;
  if (byte == '.') {
    s->kind = ANY;
  } else if (byte == '[') {
    if (!read_set(c, s)) {
      c->p->step_count--;
      return fault(c, F_BRACKET, 0);
    }
  } else if (byte == '%') {
    if (c->at == c->end) {
      c->p->step_count--;
      return fault(c, F_ENDS, 0);
    }
    byte = *c->at++;
    byte_set set = {{0}};
    if (class_of(byte, &set)) *new_set(c, s) = set;
  }
  s->first = byte;
  if (c->at < c->end) {
    switch (*c->at) {
      case '?': s->quantifier = OPTIONAL; break;
      case '*': s->quantifier = STAR; break;
      case '+': s->quantifier = PLUS; break;
      case '-': s->quantifier = LAZY; break;
      default: return true;
    }
    c->at++;
  }
  return true;
}

static bool read_escape(compiler *c) {
  pattern *p = c->p;
  uint8_t letter = c->end - c->at > 1 ? c->at[1] : 0;
  if (letter == 'b') {
    c->at += 2;
    if (c->end - c->at < 2) return fault(c, F_BALANCE, 0);
    step *s = emit(c, BALANCE);
    s->first = *c->at++;
    s->second = *c->at++;
  } else if (letter == 'f') {
    c->at += 2;
    if (c->at == c->end || *c->at != '[') return fault(c, F_FRONTIER, 0);
    c->at++;
    step *s = emit(c, FRONTIER);
    if (!read_set(c, s)) {
      p->step_count--;
      return fault(c, F_BRACKET, 0);
    }
    s->kind = FRONTIER;
  } else if (isdigit(letter)) {
    int index = letter - '1';
    c->at += 2;
    if (index < 0 || index >= p->capture_count || p->captures[index].open) return fault(c, F_INDEX, index + 1);
    emit(c, BACK)->first = (uint8_t)index;
  } else {
    return read_single(c);
  }
  return true;
}

static bool read_item(compiler *c) {
  pattern *p = c->p;
  switch (*c->at) {
    case '(': {
      c->at++;
      bool place = c->at < c->end && *c->at == ')';
      if (place) c->at++;
      if (p->capture_count == CAPTURES) return fault(c, F_MANY, 0);
      p->captures[p->capture_count].position = place;
      p->captures[p->capture_count].open = !place;
      emit(c, place ? PLACE : OPEN)->first = (uint8_t)p->capture_count++;
      return true;
    }
    case ')': {
      c->at++;
      int open = p->capture_count - 1;
      while (open >= 0 && !p->captures[open].open) open--;
      if (open < 0) return fault(c, F_CAPTURE, 0);
      p->captures[open].open = false;
      emit(c, CLOSE)->first = (uint8_t)open;
      return true;
    }
    case '$':
      if (c->at + 1 == c->end) {
        c->at++;
        emit(c, END);
        return true;
      }
      return read_single(c);
    case '%': return read_escape(c);
    default: return read_single(c);
  }
}

/// Compiles into `p`. Leaves one value on the stack that must stay there while the pattern is used.
void pattern_compile(lua_State *L, pattern *p, const char *text, size_t length) {
  if (length > PATTERN_LIMIT) luaL_error(L, "pattern longer than 64 KiB");
  charge(L, 5 + length);
  p->step_count = p->set_count = p->capture_count = 0;
  p->work = 0;
  size_t sets = 0;
  for (size_t i = 0; i < length; i++) sets += text[i] == '[' || text[i] == '%';
  if (length + 1 <= INLINE_STEPS && sets <= INLINE_SETS) {
    p->steps = p->own_steps;
    p->sets = p->own_sets;
    p->choices = p->own_choices;
    lua_pushnil(L);
  } else {
    char *block = lua_newuserdatauv(L, sets * sizeof(byte_set) + (length + 1) * (sizeof(choice) + sizeof(step)), 0);
    p->sets = (byte_set *)block;
    p->choices = (choice *)(block + sets * sizeof(byte_set));
    p->steps = (step *)(p->choices + length + 1);
  }
  compiler c = {p, (const uint8_t *)text, (const uint8_t *)text + length};
  while (c.at < c.end) {
    if (!read_item(&c)) return;
  }
  emit(&c, DONE);
}

void pattern_subject(pattern *p, lua_State *L, const char *text, size_t length) {
  p->L = L;
  p->text = text;
  p->length = length;
}

// MARK: Matching

static inline void pay(pattern *p, uint64_t work) {
  p->work += work;
  if (__builtin_expect(p->work > WORK, 0)) {
    uint64_t units = p->work / 4;
    p->work = 0;
    charge(p->L, units);
  }
}

static inline bool single(const pattern *p, const step *s, size_t at) {
  if (at >= p->length) return false;
  uint8_t c = (uint8_t)p->text[at];
  switch (s->kind) {
    case LITERAL: return c == s->first;
    case ANY: return true;
    default: return has(&p->sets[s->set], c);
  }
}

static size_t run_length(const pattern *p, const step *s, size_t at) {
  size_t start = at;
  while (single(p, s, at)) at++;
  return at - start;
}

static ptrdiff_t balanced(pattern *p, const step *s, size_t at) {
  if (at >= p->length || (uint8_t)p->text[at] != s->first) return NO_MATCH;
  size_t depth = 1, start = at;
  for (at++; at < p->length; at++) {
    uint8_t c = (uint8_t)p->text[at];
    if (c == s->second) {
      if (--depth == 0) {
        pay(p, at - start);
        return (ptrdiff_t)at + 1;
      }
    } else if (c == s->first) {
      depth++;
    }
  }
  pay(p, at - start);
  return NO_MATCH;
}

static _Noreturn void raise_fault(pattern *p, const step *s) {
  if (s->first == F_INDEX) luaL_error(p->L, "invalid capture index %%%d", (int)s->set);
  luaL_error(p->L, "%s", fault_text[s->first]);
  __builtin_unreachable();
}

/// Where the match that begins at `at` ends, or NO_MATCH. The captures are those of the match.
ptrdiff_t pattern_match(pattern *p, size_t at) {
  size_t depth = 0;
  uint32_t next = 0;
  for (;;) {
    const step *s = &p->steps[next];
    bool ok = true;
    pay(p, 1);
    switch (s->kind) {
      case DONE: return (ptrdiff_t)at;
      case FAULT: raise_fault(p, s);
      case END: ok = at == p->length; break;
      case OPEN: p->captures[s->first].start = at; break;
      case PLACE:
        p->captures[s->first].start = at;
        p->captures[s->first].length = 0;
        break;
      case CLOSE: p->captures[s->first].length = at - p->captures[s->first].start; break;
      case BACK: {
        size_t length = p->captures[s->first].length;
        ok = !p->captures[s->first].position && p->length - at >= length && memcmp(p->text + p->captures[s->first].start, p->text + at, length) == 0;
        pay(p, length / 16);
        if (ok) at += length;
        break;
      }
      case BALANCE: {
        ptrdiff_t end = balanced(p, s, at);
        ok = end != NO_MATCH;
        if (ok) at = (size_t)end;
        break;
      }
      case FRONTIER: {
        uint8_t before = at == 0 ? 0 : (uint8_t)p->text[at - 1], here = at < p->length ? (uint8_t)p->text[at] : 0;
        ok = !has(&p->sets[s->set], before) && has(&p->sets[s->set], here);
        break;
      }
      default:
        switch (s->quantifier) {
          case ONCE:
            ok = single(p, s, at);
            at += ok;
            break;
          case LAZY: p->choices[depth++] = (choice){next, at, 0}; break;
          default: {
            size_t count = s->quantifier == OPTIONAL ? single(p, s, at) : run_length(p, s, at), least = s->quantifier == PLUS;
            pay(p, count);
            ok = count >= least;
            if (count > least) p->choices[depth++] = (choice){next, at, count};
            at += count;
          }
        }
    }
    if (ok) {
      next++;
      continue;
    }
    // Back to the last choice that has another answer: one byte fewer for greedy steps, one more for lazy ones.
    for (;;) {
      if (depth == 0) return NO_MATCH;
      choice *last = &p->choices[depth - 1];
      s = &p->steps[last->step];
      next = last->step + 1;
      if (s->quantifier == LAZY) {
        if (single(p, s, last->position)) {
          at = ++last->position;
          break;
        }
        depth--;
      } else {
        at = last->position + --last->count;
        if (last->count == (s->quantifier == PLUS)) depth--;
        break;
      }
    }
  }
}
