// Matrix products with weights in blocks of 256.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_k(const MatmulArgs& args, Stream stream) {
  switch (args.weight.dtype) {
    case DType::Q2_K:
      launch_either<DType::Q2_K>(args, stream);
      return true;
    case DType::Q3_K:
      launch_either<DType::Q3_K>(args, stream);
      return true;
    case DType::Q4_K:
      launch_either<DType::Q4_K>(args, stream);
      return true;
    case DType::Q5_K:
      launch_either<DType::Q5_K>(args, stream);
      return true;
    case DType::Q6_K:
      launch_either<DType::Q6_K>(args, stream);
      return true;
    case DType::IQ4_XS:
      launch_either<DType::IQ4_XS>(args, stream);
      return true;
    default:
      return false;
  }
}

}  // namespace engine::cuda
