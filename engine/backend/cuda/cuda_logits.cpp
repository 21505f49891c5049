// CudaBackend: what a sampler needs of the logits, instead of all of them.
#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

void CudaBackend::do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& wanted,
                                      LogitSummary* out) {
  flush();
  LogitArgs args;
  args.blocks = scratch<LogitBlock>(ScratchKind::LogitBlocks, kLogitBlocks);
  if (!usable() || !make_room(sizeof(LogitSummary))) {
    *out = {};
    return;
  }
  args.logits = logits.data;
  args.n = logits.cols;
  args.n_sampleable = wanted.n_sampleable;
  args.temperature = wanted.temperature;
  args.out = static_cast<LogitSummary*>(to_deliver(out, sizeof(LogitSummary)));
  launch_summarise_logits(args, device_.stream());
  after_launch("summary of the logits");
}

}  // namespace engine::cuda
