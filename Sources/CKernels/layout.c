// Laying out a graph of neighbours.

#include "clayout.h"

#include <math.h>

static uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// No single pull or push is stronger than this.
static inline float clipped(float value) { return value > 4 ? 4 : value < -4 ? -4 : value; }

void ck_layout_step(const struct ck_graph *graph, const float *positions, float *next, size_t dimensions, size_t first, size_t last, size_t step,
                    float rate, float a, int strangers, uint64_t seed) {
  for (size_t i = first; i < last; i++) {
    const float *own = positions + i * dimensions;
    float move[CK_LAYOUT_DIMENSIONS];
    for (size_t j = 0; j < dimensions; j++) move[j] = 0;
    uint64_t random = mixed(seed + 0x9E3779B97F4A7C15u * (step * graph->vertices + i + 1));
    float pulls = 0;
    for (int64_t edge = graph->starts[i]; edge < graph->starts[i + 1]; edge++) {
      // An edge of weight w pulls in every (1 / w)th step.
      float weight = graph->weights[edge];
      if (floorf((float)(step + 1) * weight) <= floorf((float)step * weight)) continue;
      pulls++;
      const float *other = positions + (size_t)graph->targets[edge] * dimensions;
      float square = 0;
      for (size_t j = 0; j < dimensions; j++) square += (own[j] - other[j]) * (own[j] - other[j]);
      float pull = -2 * a / (1 + a * square);
      // Twice: the edge pulls when its other end is looked at, too.
      for (size_t j = 0; j < dimensions; j++) move[j] += 2 * clipped(pull * (own[j] - other[j]));
      for (int s = 0; s < strangers; s++) {
        random += 0x9E3779B97F4A7C15u;
        size_t stranger = (size_t)(((mixed(random) >> 32) * (uint64_t)graph->vertices) >> 32);
        if (stranger == i) continue;
        const float *far = positions + stranger * dimensions;
        square = 0;
        for (size_t j = 0; j < dimensions; j++) square += (own[j] - far[j]) * (own[j] - far[j]);
        float push = 2 / ((0.001f + square) * (1 + a * square));
        for (size_t j = 0; j < dimensions; j++) move[j] += clipped(push * (own[j] - far[j]));
      }
    }
    // All edges act at once, where one after the other would each see what those before did: damped, they do not overshoot.
    float scale = rate / (pulls > 1 ? sqrtf(pulls) : 1);
    for (size_t j = 0; j < dimensions; j++) next[i * dimensions + j] = own[j] + scale * move[j];
  }
}
