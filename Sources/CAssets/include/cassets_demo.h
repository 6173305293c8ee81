#ifndef CASSETS_DEMO_H
#define CASSETS_DEMO_H

#include <stddef.h>

// What `perigee demo` shows; scripts/encode-demo makes both files.

/// JSON lines, one document each: id, text, category, words, wave.
extern const unsigned char cassets_demo_documents[];
extern const size_t cassets_demo_documents_size;

/// For each document a little-endian float32 scale and 384 int8: value = scale * int8.
extern const unsigned char cassets_demo_vectors[];
extern const size_t cassets_demo_vectors_size;

/// The licence of both.
extern const unsigned char cassets_demo_licence[];
extern const size_t cassets_demo_licence_size;

#endif
