// Whether this process may use the AMX tile unit, and whether its products are right. Asked by
// cpu_features.cpp.
#pragma once

#include <string>

#include "engine/backend/cpu/kernels_int.h"

namespace engine {

struct AmxSupport {
  bool in_processor = false;
  std::string refusal;  // why amx_ints() cannot be used here; "" when it can
};

/// The processor, the system and a self-check are asked once per process; asking the system for the
/// tile registers makes them available to all of its threads.
const AmxSupport& amx_support();

/// Whether both tables' products of made-up weights of a few types agree in every bit. Needs what
/// the tables need and about a millisecond.
bool same_products(const kernels::IntTable& a, const kernels::IntTable& b);

}  // namespace engine
