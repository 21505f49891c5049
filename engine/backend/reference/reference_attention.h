// MLA attention of the reference backend, both forms literally as the equations of V2 §2.1 read.
#pragma once

#include "engine/backend/backend.h"

namespace engine {

void reference_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                             const AttentionProbe* probe, MatView out);

}  // namespace engine
