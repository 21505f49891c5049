// Whether this process may use the AMX tile unit, and whether its products are right. Asked by
// cpu_features.cpp.
#pragma once

#include <string>

#include "engine/backend/cpu/attention_rounded.h"
#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"

namespace engine {

struct AmxSupport {
  bool in_processor = false;
  std::string refusal;  // why amx_ints() and amx_attention() cannot be used here; "" when they can
  std::string bf16_refusal;  // the same of amx_split(), which needs amx_ints() besides
};

/// The processor, the system and a self-check are asked once per process; asking the system for the
/// tile registers makes them available to all of its threads.
const AmxSupport& amx_support();

/// Whether both tables' products of made-up weights of a few types agree in every bit. Needs what
/// the tables need and about a millisecond.
bool same_products(const kernels::IntTable& a, const kernels::IntTable& b);

/// Whether attention of made-up rows over made-up slots agrees in every bit, whole blocks and part
/// of one, numbers of every size and what is not finite.
bool same_attention(const kernels::RoundedAttention& a, const kernels::RoundedAttention& b);

/// Whether products of made-up weights are as near to exact ones as split activations allow, and
/// the same in every bit for one token as for many, for some rows as for all.
bool sound_products(const kernels::SplitTable& table);

}  // namespace engine
