// The searching encoders for the plain machine. Compiled with its own flags: includes only plain
// structs, and the algorithm as internal code.
#include "engine/tensor/quantise_search.h"

namespace {

#include "engine/tensor/quantise_search_body.h"

}  // namespace

namespace engine::quant {

const SearchTable& generic_search() { return kTable; }

}  // namespace engine::quant
