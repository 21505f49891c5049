// Matrix products with weights in blocks of 32.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_blocks(const MatmulArgs& args, Stream stream) {
  switch (args.weight.dtype) {
    case DType::Q4_0:
      launch_either<DType::Q4_0>(args, stream);
      return true;
    case DType::Q4_1:
      launch_either<DType::Q4_1>(args, stream);
      return true;
    case DType::Q5_0:
      launch_either<DType::Q5_0>(args, stream);
      return true;
    case DType::Q5_1:
      launch_either<DType::Q5_1>(args, stream);
      return true;
    case DType::Q8_0:
      launch_either<DType::Q8_0>(args, stream);
      return true;
    case DType::IQ4_NL:
      launch_either<DType::IQ4_NL>(args, stream);
      return true;
    default:
      return false;
  }
}

}  // namespace engine::cuda
