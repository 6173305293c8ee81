// math, with random numbers that belong to the run: seeded by the host, so that a run can be repeated and none can predict or
// spoil another's. xoshiro256**; Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021.
#include "internal.h"

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

static uint64_t next_random(clua_state *S) {
  uint64_t *s = S->random, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

/// Spreads the seed over the state by SplitMix64, as the authors advise.
void random_seed(clua_state *S, uint64_t seed) {
  for (int i = 0; i < 4; i++) {
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    S->random[i] = z ^ z >> 31;
  }
}

static int math_random(lua_State *L) {
  clua_state *S = state_of(L);
  charge(L, 1);
  lua_Integer low = 1, high;
  switch (lua_gettop(L)) {
    case 0: lua_pushnumber(L, (double)(next_random(S) >> 11) * 0x1p-53); return 1;
    case 1:
      high = luaL_checkinteger(L, 1);
      if (high == 0) {
        lua_pushinteger(L, (lua_Integer)next_random(S));
        return 1;
      }
      break;
    case 2:
      low = luaL_checkinteger(L, 1);
      high = luaL_checkinteger(L, 2);
      break;
    default: return luaL_error(L, "wrong number of arguments");
  }
  luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
  uint64_t range = (uint64_t)high - (uint64_t)low, mask = range ? UINT64_MAX >> __builtin_clzll(range) : 0, drawn;
  do drawn = next_random(S) & mask;
  while (drawn > range);
  lua_pushinteger(L, (lua_Integer)((uint64_t)low + drawn));
  return 1;
}

static int math_randomseed(lua_State *L) {
  charge(L, 1);
  random_seed(state_of(L), (uint64_t)luaL_optinteger(L, 1, 0));
  return 0;
}

const member math_members[] = {
  {"abs", NULL, true}, {"ceil", NULL, true}, {"floor", NULL, true}, {"max", NULL, true}, {"min", NULL, true}, {"fmod", NULL, true},
  {"modf", NULL, true}, {"log", NULL, true}, {"exp", NULL, true}, {"sqrt", NULL, true}, {"sin", NULL, true}, {"cos", NULL, true},
  {"tan", NULL, true}, {"asin", NULL, true}, {"acos", NULL, true}, {"atan", NULL, true}, {"ult", NULL, true}, {"tointeger", NULL, true},
  {"type", NULL, true}, {"pi", NULL, true}, {"huge", NULL, true}, {"maxinteger", NULL, true}, {"mininteger", NULL, true},
  {"random", math_random, false}, {"randomseed", math_randomseed, false}, {NULL, NULL, false}};
