// Grouped-query attention over cached keys and values: the query heads of one KV head are the rows
// that share its slots.
#include "engine/backend/cpu/cpu_attend.h"
#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

void cpu_gqa_attention(const CpuContext& cpu, const GqaAttentionArgs& args,
                       const AttentionProbe* probe, MatView out) {
  AttendJob job;
  job.n_heads = args.n_heads;
  job.n_kv_heads = args.n_kv_heads;
  job.scale = args.scale;
  job.first_position = args.first_position;
  job.window = args.window;
  job.key_dim = args.head_dim;
  job.value_dim = args.head_dim;
  job.q = args.q;
  job.q_head_stride = args.head_dim;
  job.keys = args.k;
  job.values = args.v;
  job.out = out;
  job.out_head_stride = args.head_dim;
  job.probe = probe;
  cpu_attend(cpu, job);
}

}  // namespace engine
