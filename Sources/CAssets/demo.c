#include "cassets_demo.h"

const unsigned char cassets_demo_documents[] = {
#embed "data/demo.ndjson"
};
const size_t cassets_demo_documents_size = sizeof cassets_demo_documents;

const unsigned char cassets_demo_vectors[] = {
#embed "data/demo.q8"
};
const size_t cassets_demo_vectors_size = sizeof cassets_demo_vectors;

const unsigned char cassets_demo_licence[] = {
#embed "data/WORDNET-LICENSE.txt"
};
const size_t cassets_demo_licence_size = sizeof cassets_demo_licence;
