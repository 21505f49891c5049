// Which vector units decide how much memory a model takes: asked before anything is loaded.
#pragma once

namespace engine {

/// Whether this processor has AVX-512 (F, BW, DQ, VL) with VNNI, and the system saves its
/// registers.
bool has_avx512_vnni();

}  // namespace engine
