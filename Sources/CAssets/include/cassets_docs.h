#ifndef CASSETS_DOCS_H
#define CASSETS_DOCS_H

#include "cassets_demo.h"

/// The page that GET /docs serves: HTML, style and script in one.
cassets_bytes cassets_docs_page(void);

/// The models of the contract, as OpenAPI has them; scripts/contract-models makes the file.
cassets_bytes cassets_contract_models(void);

/// The same for the operations that only we have, written by hand: a line for each operation and each model.
cassets_bytes cassets_own_models(void);

#endif
