// CudaBackend: the router, the gated MLP, and the experts. Pairs (token, choice) are sorted by
// expert on the device and computed in work tiles; the host never sees how many each expert got.
#include <algorithm>

#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

namespace {

std::vector<DType> dtypes_of(const PlacedWeight* weights, std::int64_t n) {
  std::vector<DType> dtypes;
  for (std::int64_t i = 0; i < n; ++i) {
    if (std::find(dtypes.begin(), dtypes.end(), weights[i].dtype) == dtypes.end()) {
      dtypes.push_back(weights[i].dtype);
    }
  }
  return dtypes;
}

bool same_weight(const PlacedWeight& p, const WeightView& w) {
  return p.data == reinterpret_cast<const std::uint8_t*>(w.data) && p.scale_inv == w.scale_inv &&
         p.rows == w.rows && p.cols == w.cols && p.dtype == w.dtype;
}

/// gates, then ups, then downs.
bool same_weights(const std::vector<PlacedWeight>& table, std::span<const MlpWeights> experts) {
  const std::size_t n = experts.size();
  if (table.size() != 3 * n) return false;
  for (std::size_t e = 0; e < n; ++e) {
    if (!same_weight(table[e], experts[e].gate) || !same_weight(table[n + e], experts[e].up) ||
        !same_weight(table[2 * n + e], experts[e].down)) {
      return false;
    }
  }
  return true;
}

/// Tiles that an expert's share of the pairs fills at least by half, if all got as many.
std::int64_t rows_per_expert_tile(std::int64_t n_pairs, std::int64_t n_experts) {
  if (n_pairs <= n_experts * kFewRows) return kFewRows;
  return n_pairs < n_experts * kManyRows ? kManyRows : kLargeRows;
}

}  // namespace

/// One call's pairs, sorted into tiles.
struct CudaBackend::MoePlan {
  MatmulArgs like;  // tiles, order, sizes; no weights yet
  Terms x, inner;
  std::int64_t n_pairs = 0;
  std::int64_t width = 0;
  std::int64_t top_k = 0;
};

// inner = silu(gate · x) ⊙ (up · x) as terms; `gate` says rows, tiles and x.
void CudaBackend::mlp_inner(const MatmulArgs& gate, const WeightView& up, const Terms& inner) {
  MatmulArgs args = gate;
  if (up.dtype == gate.weight.dtype) {
    args.up = placed(up);
    args.out_terms = inner;
    launch_matmul(args, device_.stream());
    return after_launch("gate and up");
  }
  const std::int64_t n = gate.n_rows * gate.weight.rows;
  float* gates = scratch<float>(ScratchKind::Gate, n);
  float* ups = scratch<float>(ScratchKind::Up, n);
  if (!usable()) return;
  args.out = {gates, gate.n_rows, gate.weight.rows, gate.weight.rows};
  launch_matmul(args, device_.stream());
  args.weight = placed(up);
  args.out.data = ups;
  launch_matmul(args, device_.stream());
  launch_silu_product(gates, ups, gate.n_rows, gate.weight.rows, inner, device_.stream());
  after_launch("gate, up");
}

void CudaBackend::do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) {
  // The routed experts' sum may wait for that of the shared one.
  const Residual& r = residual_;
  if (r.has_sum || !r.has_experts || overlaps(r.experts_out, x) || overlaps(r.experts_out, out) ||
      r.shared_overlaps(out)) {
    flush();
  }
  if (!usable() || x.rows == 0) return;
  MatmulArgs args;
  args.weight = placed(mlp.gate);
  args.x = terms_of(x);
  args.n_rows = x.rows;
  args.tile_rows = rows_per_tile(x.rows, mlp.gate.rows + mlp.up.rows, mlp.gate.dtype);
  Terms inner;
  inner.padded_cols = round_up(mlp.gate.rows, kTermPadding);
  inner.data = scratch<std::uint16_t>(ScratchKind::InnerTerms, x.rows * 2 * inner.padded_cols);
  if (!usable()) return;
  mlp_inner(args, mlp.up, inner);
  changes(out);
  args.weight = placed(mlp.down);
  args.x = inner;
  args.out = rows_of(out);
  args.tile_rows = rows_per_tile(x.rows, mlp.down.rows, mlp.down.dtype);
  launch_matmul(args, device_.stream());
  after_launch("down");
}

void CudaBackend::do_route(ConstMatView logits, const RouterArgs& router, const RouterOutput& out) {
  flush();
  // Whatever fails, the caller gets experts that exist: health() tells it not to believe them.
  std::fill(out.ids.begin(), out.ids.end(), 0);
  std::fill(out.weights.begin(), out.weights.end(), 0.0F);
  const std::int64_t n = logits.rows;
  if (!usable() || n == 0) return;
  if (logits.cols > kMostExperts) {
    return fail_op("the CUDA backend routes among at most " + std::to_string(kMostExperts) +
                   " experts, this model has " + std::to_string(logits.cols) + "; use the CPU");
  }
  RouteArgs args;
  args.logits = rows_of(logits);
  args.sigmoid = router.sigmoid;
  args.top2_sum = router.group_by_top2_sum;
  args.normalise = router.normalise;
  args.n_group = router.n_group;
  args.topk_group = router.topk_group;
  args.top_k = router.top_k;
  args.scaling_factor = router.scaling_factor;
  args.epsilon = router.epsilon;
  args.bias = router.bias;
  if (!make_room(extent(out.ids.size_bytes() + out.weights.size_bytes() + out.scores.size_bytes() +
                        out.group_scores.size_bytes() + out.group_mask.size_bytes()))) {
    return;
  }
  args.ids = to_deliver(out.ids);
  args.weights = to_deliver(out.weights);
  if (!out.scores.empty()) args.scores = to_deliver(out.scores);
  if (!out.group_scores.empty()) args.group_scores = to_deliver(out.group_scores);
  if (!out.group_mask.empty()) args.group_mask = to_deliver(out.group_mask);
  launch_route(args, device_.stream());
  after_launch("route");
  routed_ = {out.ids.data(), out.weights.data(), extent(out.ids.size()), args.ids, args.weights};
}

// Ids and weights as route left them, or from the host.
CudaBackend::Routed CudaBackend::routing_on_device(std::span<const std::int32_t> ids,
                                                   std::span<const float> weights) {
  const std::int64_t n = extent(ids.size());
  if (routed_.ids != nullptr && routed_.host_ids == ids.data() &&
      routed_.host_weights == weights.data() && routed_.n == n) {
    return routed_;
  }
  Routed copy{ids.data(), weights.data(), n, nullptr, nullptr};
  copy.ids = scratch<std::int32_t>(ScratchKind::Ids, n);
  copy.weights = scratch<float>(ScratchKind::Weights, n);
  if (!may_wait() || !usable()) return copy;
  device_.to_device(copy.ids, ids.data(), extent(ids.size_bytes()));
  device_.to_device(copy.weights, weights.data(), extent(weights.size_bytes()));
  return copy;
}

const CudaBackend::ExpertTables* CudaBackend::tables_of(std::span<const MlpWeights> experts) {
  ExpertTables& tables = expert_tables_[experts.data()];
  if (same_weights(tables.host, experts)) return &tables;
  if (!may_wait()) return nullptr;
  forget_steps();
  std::vector<PlacedWeight> wanted;
  wanted.reserve(3 * experts.size());
  for (const MlpWeights& e : experts) wanted.push_back(placed(e.gate));
  for (const MlpWeights& e : experts) wanted.push_back(placed(e.up));
  for (const MlpWeights& e : experts) wanted.push_back(placed(e.down));
  const std::int64_t n_bytes = extent(wanted.size() * sizeof(PlacedWeight));
  tables.host = std::move(wanted);
  tables.device = DeviceMemory(device_, n_bytes);
  if (tables.device.data() == nullptr) {
    fail_op(out_of_memory(n_bytes, "a table of experts").message);
    return nullptr;
  }
  device_.to_device(tables.device.data(), tables.host.data(), n_bytes);
  return &tables;
}

// One launch per type among the experts' weights: almost always one in all.
void CudaBackend::moe_product(const MatmulArgs& like, const PlacedWeight* host,
                              std::int64_t n_experts) {
  for (const DType dtype : dtypes_of(host, n_experts)) {
    MatmulArgs args = like;
    args.weight = host[0];
    args.weight.dtype = dtype;
    if (args.up.data != nullptr) args.up.dtype = dtype;
    launch_matmul(args, device_.stream());
    after_launch("experts");
  }
}

void CudaBackend::moe_inner(const MoePlan& plan, const ExpertTables& tables,
                            std::int64_t n_experts) {
  const PlacedWeight* gates = tables.host.data();
  const PlacedWeight* ups = gates + n_experts;
  MatmulArgs args = plan.like;
  args.x = plan.x;
  args.x_divisor = plan.top_k;
  args.experts = tables.gates();
  const bool alike = std::equal(gates, ups, ups, [](const PlacedWeight& g, const PlacedWeight& u) {
    return g.dtype == u.dtype;
  });
  if (alike) {
    args.expert_ups = tables.gates() + n_experts;
    args.up = ups[0];
    args.out_terms = plan.inner;
    return moe_product(args, gates, n_experts);
  }
  float* gate_values = scratch<float>(ScratchKind::Gate, plan.n_pairs * plan.width);
  float* up_values = scratch<float>(ScratchKind::Up, plan.n_pairs * plan.width);
  if (!usable()) return;
  args.out_by_place = true;
  args.out = {gate_values, plan.n_pairs, plan.width, plan.width};
  moe_product(args, gates, n_experts);
  args.experts = tables.gates() + n_experts;
  args.out.data = up_values;
  moe_product(args, ups, n_experts);
  launch_silu_product(gate_values, up_values, plan.n_pairs, plan.width, plan.inner,
                      device_.stream());
  after_launch("experts' silu");
}

void CudaBackend::do_moe(ConstMatView x, std::span<const MlpWeights> experts,
                         std::span<const std::int32_t> ids, std::span<const float> weights,
                         std::int64_t top_k, MatView out) {
  flush();
  if (!usable() || x.rows == 0) return;
  const auto n_experts = extent(experts.size());
  MoePlan plan;
  plan.n_pairs = x.rows * top_k;
  plan.width = experts.front().gate.rows;
  plan.top_k = top_k;
  // One token's experts are all different: each pair is a tile, and nothing has to be sorted.
  const bool direct = x.rows == 1;
  const std::int64_t tile_rows = direct ? kFewRows : rows_per_expert_tile(plan.n_pairs, n_experts);
  const std::int64_t max_tiles = std::min(plan.n_pairs, plan.n_pairs / tile_rows + n_experts);
  const ExpertTables* tables = tables_of(experts);
  const Routed routed = routing_on_device(ids, weights);
  float* pairs = scratch<float>(ScratchKind::Pairs, plan.n_pairs * out.cols);
  plan.inner.padded_cols = round_up(plan.width, kTermPadding);
  plan.inner.data =
      scratch<std::uint16_t>(ScratchKind::InnerTerms, plan.n_pairs * 2 * plan.inner.padded_cols);
  plan.x = terms_of(x);
  plan.like.n_rows = plan.n_pairs;
  plan.like.tile_rows = tile_rows;
  if (direct) {
    plan.like.expert_ids = routed.ids;
  } else {
    auto* order = scratch<std::int32_t>(ScratchKind::Order, plan.n_pairs);
    auto* tiles = scratch<WorkTile>(ScratchKind::Tiles, max_tiles);
    auto* n_tiles = scratch<std::int32_t>(ScratchKind::NTiles, 1);
    if (!usable()) return;
    launch_plan({routed.ids, plan.n_pairs, n_experts, tile_rows, order, tiles, n_tiles},
                device_.stream());
    after_launch("plan");
    plan.like.tiles = tiles;
    plan.like.n_tiles = n_tiles;
    plan.like.order = order;
    plan.like.max_tiles = max_tiles;
  }
  if (!usable()) return;
  moe_inner(plan, *tables, n_experts);
  MatmulArgs down = plan.like;
  down.x = plan.inner;
  down.x_divisor = 0;
  down.experts = tables->gates() + 2 * n_experts;
  down.out = {pairs, plan.n_pairs, out.cols, out.cols};
  moe_product(down, tables->host.data() + 2 * n_experts, n_experts);
  changes(out);
  residual_.experts = {pairs, routed.weights, top_k, {}};
  residual_.experts_out = out;
  residual_.has_experts = true;
}

}  // namespace engine::cuda
