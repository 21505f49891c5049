// Matrix products with Q4_K and Q5_K weights.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_k_four(const MatmulArgs& args, Stream stream) {
  return launch_one_of<DType::Q4_K, DType::Q5_K>(args, stream);
}

}  // namespace engine::cuda
