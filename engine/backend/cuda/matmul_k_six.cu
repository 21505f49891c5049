// Matrix products with Q6_K and IQ4_XS weights.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_k_six(const MatmulArgs& args, Stream stream) {
  return launch_one_of<DType::Q6_K, DType::IQ4_XS>(args, stream);
}

}  // namespace engine::cuda
