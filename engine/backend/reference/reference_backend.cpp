// ReferenceBackend: every op as the obvious loop, float32 values with double accumulation, one
// thread. The oracle the other backends are tested against.
#include "engine/backend/reference/reference_backend.h"

#include <cmath>
#include <vector>

#include "engine/backend/host_memory.h"
#include "engine/backend/reference/reference_attention.h"
#include "engine/backend/router.h"
#include "engine/backend/weight_rows.h"

namespace engine {

namespace {

std::vector<float> zeros(std::int64_t n) {
  return std::vector<float>(static_cast<std::size_t>(n), 0.0F);
}

double dot(const float* a, const float* b, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

float silu(float z) {
  const double x = z;
  return static_cast<float>(x / (1.0 + std::exp(-x)));
}

/// One token through one SwiGLU block; out [down.rows].
void mlp_token(const float* x, const MlpWeights& mlp, float* out) {
  std::vector<float> weight_row = zeros(mlp.gate.cols);
  std::vector<float> inner = zeros(mlp.gate.rows);
  for (std::int64_t i = 0; i < mlp.gate.rows; ++i) {
    decode_weight_row(mlp.gate, i, weight_row.data());
    const float gate = static_cast<float>(dot(weight_row.data(), x, mlp.gate.cols));
    decode_weight_row(mlp.up, i, weight_row.data());
    const float up = static_cast<float>(dot(weight_row.data(), x, mlp.up.cols));
    inner[static_cast<std::size_t>(i)] = silu(gate) * up;
  }
  weight_row.resize(inner.size());
  for (std::int64_t o = 0; o < mlp.down.rows; ++o) {
    decode_weight_row(mlp.down, o, weight_row.data());
    out[o] = static_cast<float>(dot(weight_row.data(), inner.data(), mlp.down.cols));
  }
}

class ReferenceBackend final : public Backend {
 public:
  BackendKind kind() const override { return BackendKind::Reference; }
  std::string description() const override { return "Reference · double accumulation · 1 thread"; }

  Result<Buffer> allocate(std::int64_t n_elements) override { return allocate_host(n_elements); }
  Result<void> reserve(const BackendLimits&) override { return {}; }
  Result<WeightView> place(const WeightView& host) override { return host; }
  void upload(std::span<const float> host, MatView device) override { copy_to_rows(host, device); }
  void download(ConstMatView device, std::span<float> host) override {
    copy_from_rows(device, host);
  }

 protected:
  void do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) override {
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      decode_weight_row(table, tokens[t].value, out.row(static_cast<std::int64_t>(t)));
    }
  }

  void do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) override {
    for (std::int64_t t = 0; t < x.rows; ++t) {
      const float* from = x.row(t);
      const double mean = dot(from, from, x.cols) / static_cast<double>(x.cols);
      const double factor = 1.0 / std::sqrt(mean + static_cast<double>(eps));
      float* to = out.row(t);
      for (std::int64_t i = 0; i < x.cols; ++i) {
        to[i] = static_cast<float>(from[i] * factor * gamma[i]);
      }
    }
  }

  void do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) override {
    std::vector<float> weight_row = zeros(w.cols);
    for (std::int64_t o = 0; o < w.rows; ++o) {
      decode_weight_row(w, o, weight_row.data());
      const double start = bias == nullptr ? 0.0 : bias[o];
      for (std::int64_t t = 0; t < x.rows; ++t) {
        out.row(t)[o] = static_cast<float>(start + dot(weight_row.data(), x.row(t), w.cols));
      }
    }
  }

  void do_add(ConstMatView a, MatView out) override {
    for (std::int64_t t = 0; t < a.rows; ++t) {
      for (std::int64_t i = 0; i < a.cols; ++i) out.row(t)[i] += a.row(t)[i];
    }
  }

  void do_copy(ConstMatView a, MatView out) override { copy_rows(a, out); }
  void do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& args,
                           LogitSummary* out) override {
    summarise_on_host({logits.data, static_cast<std::size_t>(logits.cols)}, args, out);
  }

  void do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
               std::int64_t first_position, const RopeTable& table) override {
    const std::int64_t half = table.dim / 2;
    for (std::int64_t t = 0; t < x.rows; ++t) {
      const float* cos = table.cos + (first_position + t) * half;
      const float* sin = table.sin + (first_position + t) * half;
      for (std::int64_t h = 0; h < n_heads; ++h) {
        float* head = x.row(t) + offset + h * head_stride;
        for (std::int64_t i = 0; i < half; ++i) {
          const bool interleaved = table.layout == RopeLayout::Interleaved;
          float& a = head[interleaved ? 2 * i : i];
          float& b = head[interleaved ? 2 * i + 1 : i + half];
          const double x0 = a;
          const double x1 = b;
          a = static_cast<float>(x0 * cos[i] - x1 * sin[i]);
          b = static_cast<float>(x1 * cos[i] + x0 * sin[i]);
        }
      }
    }
  }

  void do_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                        const AttentionProbe* probe, MatView out) override {
    reference_mla_attention(args, form, probe, out);
  }

  void do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                        MatView out) override {
    reference_gqa_attention(args, probe, out);
  }

  void do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                      std::span<float> scores) override {
    reference_index_slots(args, picked, scores);
  }

  void do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                     MatView out) override {
    reference_layer_norm(x, gamma, beta, eps, out);
  }

  void do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) override {
    for (std::int64_t t = 0; t < x.rows; ++t) mlp_token(x.row(t), mlp, out.row(t));
  }

  void do_route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) override {
    RouterScratch scratch;
    scratch.resize(logits.cols);
    for (std::int64_t t = 0; t < logits.rows; ++t) {
      route_token(logits.row(t), logits.cols, t, args, scratch, out);
    }
  }

  void do_moe(ConstMatView x, std::span<const MlpWeights> experts,
              std::span<const std::int32_t> ids, std::span<const float> weights, std::int64_t top_k,
              MatView out) override {
    std::vector<float> expert_out = zeros(out.cols);
    for (std::int64_t t = 0; t < x.rows; ++t) {
      std::vector<double> sum(static_cast<std::size_t>(out.cols), 0.0);
      for (std::int64_t j = 0; j < top_k; ++j) {
        const auto chosen = static_cast<std::size_t>(t * top_k + j);
        mlp_token(x.row(t), experts[static_cast<std::size_t>(ids[chosen])], expert_out.data());
        for (std::size_t i = 0; i < sum.size(); ++i) {
          sum[i] += static_cast<double>(weights[chosen]) * expert_out[i];
        }
      }
      for (std::size_t i = 0; i < sum.size(); ++i) out.row(t)[i] = static_cast<float>(sum[i]);
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace engine
