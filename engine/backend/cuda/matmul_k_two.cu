// Matrix products with Q2_K and Q3_K weights.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_k_two(const MatmulArgs& args, Stream stream) {
  return launch_one_of<DType::Q2_K, DType::Q3_K>(args, stream);
}

}  // namespace engine::cuda
