// The loops over rows that merge, included by chain.c once per instruction set and precision with these macros defined:
//   CH(name)          the name of a function at this level
//   NUMBER, INDEX     float and int32_t, or double and int64_t
//   LOOPS             the table's type
//   LANES             numbers per step
//   WIDE              an attribute that lets the compiler keep vectors of this level's full width

typedef NUMBER CH(vector) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef INDEX CH(places) __attribute__((ext_vector_type(LANES), aligned(4)));

WIDE static size_t CH(least)(const NUMBER *row, const NUMBER *barrier, size_t count, NUMBER *value) {
  // Two independent minima, as each step waits for the one before.
  CH(vector) low = INFINITY, second_low = INFINITY;
  CH(places) at = 0, second_at = 0;
  size_t i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    CH(vector) a = *(const CH(vector) *)(row + i) + *(const CH(vector) *)(barrier + i);
    CH(vector) b = *(const CH(vector) *)(row + i + LANES) + *(const CH(vector) *)(barrier + i + LANES);
    CH(places) lower = a < low, second_lower = b < second_low;
    low = lower ? a : low;
    second_low = second_lower ? b : second_low;
    at = lower ? (CH(places))((INDEX)i) : at;
    second_at = second_lower ? (CH(places))((INDEX)i + LANES) : second_at;
  }
  NUMBER least = INFINITY;
  size_t best = 0;
  for (int lane = 0; lane < LANES; lane++) {
    for (int half = 0; half < 2; half++) {
      NUMBER candidate = half == 0 ? low[lane] : second_low[lane];
      size_t place = (size_t)(half == 0 ? at[lane] : second_at[lane]) + (size_t)lane;
      if (candidate < least || (candidate == least && candidate < INFINITY && place < best)) {
        least = candidate;
        best = place;
      }
    }
  }
  for (; i < count; i++) {
    NUMBER candidate = row[i] + barrier[i];
    if (candidate < least) {
      least = candidate;
      best = i;
    }
  }
  *value = least;
  return best;
}

WIDE static void CH(complete)(const NUMBER *a, NUMBER *b, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    CH(vector) x = *(const CH(vector) *)(a + i), y = *(CH(vector) *)(b + i);
    *(CH(vector) *)(b + i) = x > y ? x : y;
  }
  for (; i < count; i++) b[i] = a[i] > b[i] ? a[i] : b[i];
}

WIDE static void CH(average)(const NUMBER *a, NUMBER *b, size_t count, NUMBER a_size, NUMBER b_size) {
  NUMBER a_share = a_size / (a_size + b_size), b_share = b_size / (a_size + b_size);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    CH(vector) rest = *(CH(vector) *)(b + i) * b_share;
    *(CH(vector) *)(b + i) = *(const CH(vector) *)(a + i) * a_share + rest;
  }
  for (; i < count; i++) b[i] = a[i] * a_share + b[i] * b_share;
}

WIDE static void CH(ward)(const NUMBER *a, NUMBER *b, size_t count, NUMBER a_size, NUMBER b_size, NUMBER between, const NUMBER *sizes) {
  size_t i = 0;
  // Shares first: sizes times squared distances might overflow.
  for (; i + LANES <= count; i += LANES) {
    CH(vector) size = *(const CH(vector) *)(sizes + i);
    CH(vector) scale = 1 / (a_size + b_size + size);
    CH(vector) sum = (a_size + size) * scale * *(const CH(vector) *)(a + i);
    sum += (b_size + size) * scale * *(CH(vector) *)(b + i);
    *(CH(vector) *)(b + i) = sum - size * scale * between;
  }
  for (; i < count; i++) {
    NUMBER scale = 1 / (a_size + b_size + sizes[i]);
    NUMBER sum = (a_size + sizes[i]) * scale * a[i] + (b_size + sizes[i]) * scale * b[i];
    b[i] = sum - sizes[i] * scale * between;
  }
}

static const struct LOOPS CH(table) = {CH(least), CH(complete), CH(average), CH(ward)};

#undef CH
#undef LANES
#undef WIDE
