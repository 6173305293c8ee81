#ifndef CASSETS_EXAMPLES_H
#define CASSETS_EXAMPLES_H

#include "cassets_demo.h"

/// One of `perigee examples`: a script, or the tests of one (NAME_test).
typedef struct {
  const char *name;
  cassets_bytes text;
} cassets_example;

size_t cassets_example_count(void);
/// In the order of their names; `index` is below the count.
cassets_example cassets_example_at(size_t index);

#endif
