// Bytes and operations of the ops that `bench --profile` shows rates for.
#include "app/cli/op_costs.h"

#include <algorithm>
#include <vector>

namespace app::cli {

using engine::MlpWeights;
using engine::WeightView;

namespace {

/// Slots that n tokens from position `first` on read in all, each at most `most`.
double slotsRead(std::int64_t first, std::int64_t nTokens, std::int64_t most) {
  double sum = 0;
  for (std::int64_t t = 0; t < nTokens; ++t) {
    sum += static_cast<double>(std::min(first + t + 1, most));
  }
  return sum;
}

}  // namespace

OpCost& OpCost::operator+=(const OpCost& other) {
  bytes += other.bytes;
  ops += other.ops;
  return *this;
}

OpCost productCost(const WeightView& w, std::int64_t nTokens) {
  if (w.empty()) return {};
  return {static_cast<double>(w.bytes()), 2.0 * static_cast<double>(w.rows * w.cols * nTokens)};
}

OpCost mlpCost(const MlpWeights& mlp, std::int64_t nTokens) {
  OpCost cost = productCost(mlp.gate, nTokens);
  cost += productCost(mlp.up, nTokens);
  cost += productCost(mlp.down, nTokens);
  return cost;
}

OpCost moeCost(std::span<const MlpWeights> experts, std::span<const std::int32_t> ids) {
  std::vector<std::int64_t> nTokens(experts.size());
  for (const std::int32_t id : ids) ++nTokens[static_cast<std::size_t>(id)];
  OpCost cost;
  for (std::size_t e = 0; e < experts.size(); ++e) {
    if (nTokens[e] > 0) cost += mlpCost(experts[e], nTokens[e]);
  }
  return cost;
}

OpCost mlaCost(const engine::MlaAttentionArgs& args, engine::AttentionForm form,
               std::int64_t keptElements) {
  const std::int64_t nTokens = args.q.rows;
  const std::int64_t nSlots = args.first_position + nTokens;
  const bool picks = !args.picked_slots.empty();
  const std::int64_t most = picks ? args.index_topk : nSlots;
  const bool absorbed = form == engine::AttentionForm::Absorbed;
  // The up-projections meet queries and sums, or every slot.
  const std::int64_t nProducts = absorbed ? nTokens : nSlots;
  OpCost cost = productCost(args.w_up.w_ukv, nProducts);
  cost += productCost(args.w_up.w_uk_t, nProducts);
  cost += productCost(args.w_up.w_uv, nProducts);
  const std::int64_t perSlot =
      args.qk_rope_head_dim +
      (absorbed ? 2 * args.kv_lora_rank : args.qk_nope_head_dim + args.v_head_dim);
  cost.ops += 2.0 * static_cast<double>(args.n_heads * perSlot) *
              slotsRead(args.first_position, nTokens, most);
  const std::int64_t slotElements =
      args.kept.data != nullptr ? keptElements : args.kv_lora_rank + args.qk_rope_head_dim;
  cost.bytes += static_cast<double>(std::min(nSlots, picks ? most * nTokens : nSlots)) *
                static_cast<double>(slotElements) * sizeof(float);
  return cost;
}

OpCost gqaCost(const engine::GqaAttentionArgs& args) {
  const std::int64_t nTokens = args.q.rows;
  const std::int64_t nSlots = args.first_position + nTokens;
  const std::int64_t most = args.window > 0 ? args.window : nSlots;
  const std::int64_t nRead = std::min(nSlots, most + nTokens - 1);
  return {2.0 * static_cast<double>(nRead * args.n_kv_heads * args.head_dim) * sizeof(float),
          4.0 * static_cast<double>(args.n_heads * args.head_dim) *
              slotsRead(args.first_position, nTokens, most)};
}

}  // namespace app::cli
