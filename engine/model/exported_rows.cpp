// Rows of exported tensors: experts stacked, heads split, rotary rows interleaved.
#include "engine/model/exported_rows.h"

#include <cstring>
#include <utility>

#include "engine/backend/weight_rows.h"
#include "engine/base/check.h"
#include "engine/checkpoint/gguf_export.h"

namespace engine {

namespace {

WeightRole expert_role(WeightRole merged) {
  switch (merged) {
    case WeightRole::MergedExpertGate:
      return WeightRole::ExpertGate;
    case WeightRole::MergedExpertUp:
      return WeightRole::ExpertUp;
    default:
      return WeightRole::ExpertDown;
  }
}

bool is_merged_expert(WeightRole role) {
  return role == WeightRole::MergedExpertGate || role == WeightRole::MergedExpertUp ||
         role == WeightRole::MergedExpertDown;
}

}  // namespace

RowOrder RowOrder::interleaved(std::int64_t head_dim, std::int64_t rope_offset,
                               std::int64_t rope_dim) {
  RowOrder order;
  order.kind_ = Kind::Interleaved;
  order.head_dim_ = head_dim;
  order.offset_ = rope_offset;
  order.rope_dim_ = rope_dim;
  return order;
}

RowOrder RowOrder::values(std::int64_t nope, std::int64_t v) {
  RowOrder order;
  order.kind_ = Kind::Values;
  order.head_dim_ = v;
  order.offset_ = nope;
  return order;
}

std::int64_t RowOrder::stored_row(std::int64_t row) const {
  if (kind_ == Kind::Identity) return row;
  const std::int64_t head = row / head_dim_;
  const std::int64_t within = row % head_dim_;
  if (kind_ == Kind::Values) return head * (offset_ + head_dim_) + offset_ + within;
  const std::int64_t j = within - offset_;
  if (j < 0 || j >= rope_dim_) return row;
  return head * head_dim_ + offset_ + j % 2 * (rope_dim_ / 2) + j / 2;
}

RowOrder row_order(const ModelConfig& config, WeightRole role) {
  if (!exports_interleaved(config)) return {};
  const std::int64_t rope = config.rope_head_dim();
  switch (role) {
    case WeightRole::Wq:
    case WeightRole::WqBias:
    case WeightRole::Wuq:
      return RowOrder::interleaved(config.query_head_dim(), config.query_head_dim() - rope, rope);
    case WeightRole::Wk:
    case WeightRole::WkBias:
      return RowOrder::interleaved(config.head_dim, 0, rope);
    case WeightRole::Wdkv:  // one "head": latent, then the shared rotary key
      return RowOrder::interleaved(config.latent_dim(), config.kv_lora_rank, rope);
    default:
      return {};
  }
}

Result<ExportedRows> ExportedRows::create(const ModelConfig& config, const TensorSpec& spec,
                                          WeightSource& source) {
  ExportedRows rows;
  rows.order_ = row_order(config, spec.role);
  const bool from_joined =
      (spec.role == WeightRole::WukTransposed || spec.role == WeightRole::Wuv) &&
      !source.has(spec.role, spec.layer);
  if (is_merged_expert(spec.role)) {
    for (std::int32_t e = 0; e < config.n_routed_experts; ++e) {
      ASSIGN_OR_RETURN(WeightView view, source.matrix(expert_role(spec.role), spec.layer, e));
      rows.views_.push_back(view);
    }
  } else {
    const WeightRole role = from_joined ? WeightRole::Wukv : spec.role;
    ASSIGN_OR_RETURN(WeightView view, source.matrix(role, spec.layer, spec.expert));
    rows.views_.push_back(view);
  }
  rows.n_cols_ = spec.shape.back();
  rows.n_rows_ = 1;
  for (std::size_t i = 0; i + 1 < spec.shape.size(); ++i) rows.n_rows_ *= spec.shape[i];
  if (from_joined && spec.role == WeightRole::Wuv) {
    rows.order_ = RowOrder::values(config.qk_nope_head_dim, config.v_head_dim);
  } else if (from_joined) {
    rows.transposed_ = true;
    rows.head_rows_ = config.kv_lora_rank;
    rows.head_stride_ = config.qk_nope_head_dim + config.v_head_dim;
  }
  return rows;
}

std::pair<const WeightView*, std::int64_t> ExportedRows::stored(std::int64_t row) const {
  const std::int64_t at = order_.stored_row(row);
  const std::int64_t per_view = views_.front().rows;
  return {&views_[static_cast<std::size_t>(views_.size() == 1 ? 0 : at / per_view)],
          views_.size() == 1 ? at : at % per_view};
}

void ExportedRows::copy_row(std::int64_t row, std::byte* out) const {
  const auto [view, at] = stored(row);
  const std::int64_t bytes = view->row_bytes();
  std::memcpy(out, view->data + at * bytes, static_cast<std::size_t>(bytes));
}

void ExportedRows::read(std::int64_t first, std::int64_t n, float* out) const {
  if (!transposed_) {
    for (std::int64_t r = 0; r < n; ++r) {
      const auto [view, at] = stored(first + r);
      decode_weight_row(*view, at, out + r * n_cols_);
    }
    return;
  }
  CHECK_EQ(first % head_rows_, 0);
  CHECK_LE(n, head_rows_);
  const std::int64_t head = first / head_rows_;
  std::vector<float> row(static_cast<std::size_t>(head_rows_));
  for (std::int64_t d = 0; d < n_cols_; ++d) {
    decode_weight_row(views_.front(), head * head_stride_ + d, row.data());
    for (std::int64_t l = 0; l < n; ++l) {
      out[l * n_cols_ + d] = row[static_cast<std::size_t>(l)];
    }
  }
}

}  // namespace engine
