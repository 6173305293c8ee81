#ifndef CASSETS_DEMO_H
#define CASSETS_DEMO_H

#include <stddef.h>

/// Bytes inside the binary.
typedef struct {
  const unsigned char *bytes;
  size_t size;
} cassets_bytes;

// What `perigee demo` shows; scripts/encode-demo makes both files.

/// JSON lines, one document each: id, text, category, words, wave.
cassets_bytes cassets_demo_documents(void);

/// For each document a little-endian float32 scale and 384 int8: value = scale * int8.
cassets_bytes cassets_demo_vectors(void);

/// The licence of both.
cassets_bytes cassets_demo_licence(void);

#endif
