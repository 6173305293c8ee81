#include "cassets_docs.h"

static const unsigned char page[] = {
#embed "data/docs.html"
};

static const unsigned char models[] = {
#embed "data/contract.json"
};

static const unsigned char own[] = {
#embed "data/own.json"
};

cassets_bytes cassets_docs_page(void) { return (cassets_bytes){page, sizeof page}; }
cassets_bytes cassets_contract_models(void) { return (cassets_bytes){models, sizeof models}; }
cassets_bytes cassets_own_models(void) { return (cassets_bytes){own, sizeof own}; }
