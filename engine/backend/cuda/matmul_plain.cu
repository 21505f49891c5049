// Matrix products with F32, F16, BF16 and F8_E4M3 weights; the entry for all types.
// See matmul_kernels.h.
#include "engine/backend/cuda/matmul_kernels.h"

namespace engine::cuda {

bool launch_matmul_plain(const MatmulArgs& args, Stream stream) {
  return launch_one_of<DType::F32, DType::F16, DType::BF16, DType::F8_E4M3>(args, stream);
}

void launch_matmul(const MatmulArgs& args, Stream stream) {
  if (args.n_rows == 0) return;
  if (launch_matmul_plain(args, stream)) return;
  if (launch_matmul_blocks(args, stream)) return;
  if (launch_matmul_k_two(args, stream)) return;
  if (launch_matmul_k_four(args, stream)) return;
  launch_matmul_k_six(args, stream);
}

}  // namespace engine::cuda
