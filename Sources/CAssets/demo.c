#include "cassets_demo.h"

static const unsigned char documents[] = {
#embed "data/demo.ndjson"
};

static const unsigned char vectors[] = {
#embed "data/demo.q8"
};

static const unsigned char licence[] = {
#embed "data/WORDNET-LICENSE.txt"
};

cassets_bytes cassets_demo_documents(void) { return (cassets_bytes){documents, sizeof documents}; }
cassets_bytes cassets_demo_vectors(void) { return (cassets_bytes){vectors, sizeof vectors}; }
cassets_bytes cassets_demo_licence(void) { return (cassets_bytes){licence, sizeof licence}; }
