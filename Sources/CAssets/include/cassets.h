#ifndef CASSETS_H
#define CASSETS_H
#include "cassets_demo.h"
#include "cassets_docs.h"
#include "cassets_examples.h"
#endif
