// `perigee.vector`: float32 vectors as values that cannot be changed. Sums are kept in eight lanes, which compilers turn into
// vector instructions, and added up in double; one order of adding, so the same input gives the same bits.
#include <math.h>
#include <stdio.h>

#include "internal.h"

enum { DIMENSIONS = 1 << 20, LANES = 8, NEAREST = 1000 };

char vector_key;

typedef struct {
  uint32_t count;
  float values[];
} vector;

static vector *as_vector(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &vector_key);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? lua_touserdata(L, index) : NULL;
}

const float *vector_values(lua_State *L, int index, size_t *count) {
  vector *v = as_vector(L, index);
  if (v == NULL) return NULL;
  *count = v->count;
  return v->values;
}

static void push_vector_metatable(lua_State *L);

static vector *new_vector(lua_State *L, lua_Integer count) {
  if (count < 0 || count > DIMENSIONS) luaL_error(L, "a vector of %I numbers cannot be made: at most %d", (LUAI_UACINT)count, DIMENSIONS);
  charge(L, 2 + (uint64_t)count / 16);
  vector *v = lua_newuserdatauv(L, sizeof(vector) + (size_t)count * sizeof(float), 0);
  v->count = (uint32_t)count;
  push_vector_metatable(L);
  lua_setmetatable(L, -2);
  return v;
}

/// The vector at `index`; a list of numbers there is replaced by one.
static vector *operand(lua_State *L, int index) {
  vector *v = as_vector(L, index);
  if (v) return v;
  if (lua_type(L, index) != LUA_TTABLE || is_frozen(L, index)) {
    luaL_argerror(L, index, "a vector or a list of numbers expected");
  }
  lua_Integer count = (lua_Integer)lua_rawlen(L, index);
  v = new_vector(L, count);
  charge(L, (uint64_t)count / 2);
  for (lua_Integer i = 0; i < count; i++) {
    int isnum;
    if (lua_rawgeti(L, index, i + 1) != LUA_TNUMBER) {
      luaL_error(L, "number %I of the list is a %s", (LUAI_UACINT)(i + 1), luaL_typename(L, -1));
    }
    v->values[i] = (float)lua_tonumberx(L, -1, &isnum);
    lua_pop(L, 1);
  }
  lua_replace(L, index);
  return v;
}

static void same_count(lua_State *L, const vector *a, const vector *b) {
  if (a->count != b->count) luaL_error(L, "the vectors have %d and %d numbers", (int)a->count, (int)b->count);
}

static double dot(const vector *a, const vector *b) {
  float lanes[LANES] = {0};
  size_t i = 0, n = a->count;
  for (; i + LANES <= n; i += LANES) {
    for (int k = 0; k < LANES; k++) lanes[k] += a->values[i + (size_t)k] * b->values[i + (size_t)k];
  }
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += lanes[k];
  for (; i < n; i++) sum += (double)a->values[i] * b->values[i];
  return sum;
}

static double squared_distance(const vector *a, const vector *b) {
  float lanes[LANES] = {0};
  size_t i = 0, n = a->count;
  for (; i + LANES <= n; i += LANES) {
    for (int k = 0; k < LANES; k++) {
      float d = a->values[i + (size_t)k] - b->values[i + (size_t)k];
      lanes[k] += d * d;
    }
  }
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += lanes[k];
  for (; i < n; i++) {
    double d = (double)a->values[i] - b->values[i];
    sum += d * d;
  }
  return sum;
}

static double cosine(const vector *a, const vector *b) {
  double norms = sqrt(dot(a, a)) * sqrt(dot(b, b));
  if (norms == 0) return 0;
  double value = dot(a, b) / norms;
  return value > 1 ? 1 : value < -1 ? -1 : value;
}

static void work(lua_State *L, const vector *v) { charge(L, 2 + v->count / 32); }

static int vector_new(lua_State *L) {
  if (lua_isinteger(L, 1)) {
    vector *v = new_vector(L, lua_tointeger(L, 1));
    memset(v->values, 0, v->count * sizeof(float));
    return 1;
  }
  operand(L, 1);
  lua_settop(L, 1);
  return 1;
}

static void pair(lua_State *L, vector **a, vector **b) {
  lua_settop(L, 2);
  *a = operand(L, 1);
  *b = operand(L, 2);
  same_count(L, *a, *b);
  work(L, *a);
}

static int vector_dot(lua_State *L) {
  vector *a, *b;
  pair(L, &a, &b);
  lua_pushnumber(L, dot(a, b));
  return 1;
}

static int vector_cosine(lua_State *L) {
  vector *a, *b;
  pair(L, &a, &b);
  lua_pushnumber(L, cosine(a, b));
  return 1;
}

static int vector_distance(lua_State *L) {
  vector *a, *b;
  pair(L, &a, &b);
  lua_pushnumber(L, sqrt(squared_distance(a, b)));
  return 1;
}

static int vector_norm(lua_State *L) {
  lua_settop(L, 1);
  vector *a = operand(L, 1);
  work(L, a);
  lua_pushnumber(L, sqrt(dot(a, a)));
  return 1;
}

static int scaled(lua_State *L, const vector *a, float factor) {
  vector *r = new_vector(L, a->count);
  for (size_t i = 0; i < a->count; i++) r->values[i] = a->values[i] * factor;
  return 1;
}

static int vector_scale(lua_State *L) {
  // `2 * v` comes with the number first.
  if (lua_type(L, 1) == LUA_TNUMBER) {
    lua_settop(L, 2);
    lua_insert(L, 1);
  }
  double factor = luaL_checknumber(L, 2);
  lua_settop(L, 2);
  return scaled(L, operand(L, 1), (float)factor);
}

static int vector_normalize(lua_State *L) {
  lua_settop(L, 1);
  vector *a = operand(L, 1);
  double norm = sqrt(dot(a, a));
  return scaled(L, a, norm > 0 ? (float)(1 / norm) : 1);
}

static int vector_negate(lua_State *L) { return scaled(L, operand(L, 1), -1); }

static int vector_add(lua_State *L) {
  vector *a, *b;
  pair(L, &a, &b);
  vector *r = new_vector(L, a->count);
  for (size_t i = 0; i < a->count; i++) r->values[i] = a->values[i] + b->values[i];
  return 1;
}

static int vector_sub(lua_State *L) {
  vector *a, *b;
  pair(L, &a, &b);
  vector *r = new_vector(L, a->count);
  for (size_t i = 0; i < a->count; i++) r->values[i] = a->values[i] - b->values[i];
  return 1;
}

static int vector_mean(lua_State *L) {
  lua_settop(L, 1);
  check_table(L, 1);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  if (count == 0) return luaL_error(L, "the mean of no vectors is not known");
  double *sums = NULL;
  uint32_t size = 0;
  for (lua_Integer i = 1; i <= count; i++) {
    lua_settop(L, sums ? 2 : 1);
    lua_rawgeti(L, 1, i);
    vector *v = operand(L, lua_gettop(L));
    if (sums == NULL) {
      size = v->count;
      sums = lua_newuserdatauv(L, (size ? size : 1) * sizeof(double), 0);
      memset(sums, 0, size * sizeof(double));
      lua_insert(L, 2);
    }
    if (v->count != size) return luaL_error(L, "vector %I has %d numbers, the first %d", (LUAI_UACINT)i, (int)v->count, (int)size);
    work(L, v);
    for (uint32_t k = 0; k < size; k++) sums[k] += v->values[k];
  }
  vector *r = new_vector(L, size);
  for (uint32_t k = 0; k < size; k++) r->values[k] = (float)(sums[k] / (double)count);
  return 1;
}

typedef struct {
  double score;
  lua_Integer index;
} found;

/// The best so far stand in order; of equals the first comes first.
static int vector_nearest(lua_State *L) {
  lua_Integer wanted = luaL_optinteger(L, 3, 1);
  if (wanted < 1 || wanted > NEAREST) return luaL_argerror(L, 3, "a count from 1 to 1000 expected");
  lua_settop(L, 2);
  vector *query = operand(L, 1);
  check_table(L, 2);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
  found *best = lua_newuserdatauv(L, (size_t)wanted * sizeof(found), 0);
  lua_Integer kept = 0;
  for (lua_Integer i = 1; i <= count; i++) {
    lua_settop(L, 3);
    lua_rawgeti(L, 2, i);
    vector *v = operand(L, 4);
    if (v->count != query->count) return luaL_error(L, "vector %I has %d numbers, the query %d", (LUAI_UACINT)i, (int)v->count, (int)query->count);
    work(L, v);
    double score = cosine(query, v);
    if (kept == wanted && score <= best[kept - 1].score) continue;
    lua_Integer at = kept < wanted ? kept++ : kept - 1;
    for (; at > 0 && best[at - 1].score < score; at--) best[at] = best[at - 1];
    best[at] = (found){score, i};
  }
  lua_settop(L, 3);
  push_array_table(L, (int)kept);
  for (lua_Integer i = 0; i < kept; i++) {
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, best[i].index);
    lua_setfield(L, -2, "index");
    lua_pushnumber(L, best[i].score);
    lua_setfield(L, -2, "score");
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static const luaL_Reg functions[] = {
  {"new", vector_new}, {"dot", vector_dot}, {"cosine", vector_cosine}, {"distance", vector_distance}, {"norm", vector_norm},
  {"normalize", vector_normalize}, {"add", vector_add}, {"sub", vector_sub}, {"scale", vector_scale}, {"mean", vector_mean},
  {"nearest", vector_nearest}, {NULL, NULL},
};

void push_vector_function(lua_State *L, const char *path) {
  const char *dot = strrchr(path, '.');
  const char *name = dot ? dot + 1 : path;
  for (const luaL_Reg *f = functions; f->name; f++) {
    if (strcmp(f->name, name) == 0) {
      lua_pushcfunction(L, f->func);
      return;
    }
  }
  lua_pushnil(L);
}

// MARK: The values themselves

static int vector_index(lua_State *L) {
  charge(L, 1);
  vector *v = as_vector(L, 1);
  if (v == NULL) return 0;
  if (lua_isinteger(L, 2)) {
    lua_Integer i = lua_tointeger(L, 2);
    if (i < 1 || i > (lua_Integer)v->count) return 0;
    lua_pushnumber(L, v->values[i - 1]);
    return 1;
  }
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  push_vector_function(L, lua_tostring(L, 2));
  return 1;
}

static int vector_length(lua_State *L) {
  vector *v = as_vector(L, 1);
  lua_pushinteger(L, v ? v->count : 0);
  return 1;
}

static int vector_equal(lua_State *L) {
  vector *a = as_vector(L, 1), *b = as_vector(L, 2);
  bool same = a && b && a->count == b->count;
  if (same) work(L, a);
  for (uint32_t i = 0; same && i < a->count; i++) same = a->values[i] == b->values[i];
  lua_pushboolean(L, same);
  return 1;
}

static int vector_text(lua_State *L) {
  vector *v = as_vector(L, 1);
  if (v == NULL) return 0;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addchar(&b, '[');
  for (uint32_t i = 0; i < v->count && i < 8; i++) {
    char text[32];
    int size = snprintf(text, sizeof text, "%s%.6g", i ? ", " : "", (double)v->values[i]);
    luaL_addlstring(&b, text, (size_t)size);
  }
  if (v->count > 8) {
    char text[48];
    int size = snprintf(text, sizeof text, ", … %u numbers", v->count);
    luaL_addlstring(&b, text, (size_t)size);
  }
  luaL_addchar(&b, ']');
  luaL_pushresult(&b);
  return 1;
}

static int vector_write(lua_State *L) { return luaL_error(L, "vectors cannot be changed; make a new one"); }

static void push_vector_metatable(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"__index", vector_index}, {"__newindex", vector_write}, {"__len", vector_length}, {"__eq", vector_equal}, {"__tostring", vector_text},
    {"__add", vector_add}, {"__sub", vector_sub}, {"__mul", vector_scale}, {"__unm", vector_negate}, {NULL, NULL},
  };
  push_metatable(L, "vector", methods, &vector_key);
}
