// Matrix products with Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 and IQ4_NL weights.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_blocks(const MatmulArgs& args, Stream stream) {
  return launch_one_of<DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::Q8_0,
                       DType::IQ4_NL>(args, stream);
}

}  // namespace engine::cuda
