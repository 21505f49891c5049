// Matrix products with F32, F16, BF16 and F8_E4M3 weights; the entry for all types.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_plain(const MatmulArgs& args, Stream stream) {
  switch (args.weight.dtype) {
    case DType::F32:
      launch_either<DType::F32>(args, stream);
      return true;
    case DType::F16:
      launch_either<DType::F16>(args, stream);
      return true;
    case DType::BF16:
      launch_either<DType::BF16>(args, stream);
      return true;
    case DType::F8_E4M3:
      launch_either<DType::F8_E4M3>(args, stream);
      return true;
    default:
      return false;
  }
}

void launch_matmul(const MatmulArgs& args, Stream stream) {
  if (args.n_rows == 0) return;
  if (launch_matmul_plain(args, stream)) return;
  if (launch_matmul_blocks(args, stream)) return;
  launch_matmul_k(args, stream);
}

}  // namespace engine::cuda
