// MLA attention of the reference backend, both forms literally as the equations of V2 §2.1 read:
// per token, per head, over every slot the token may see.
#include "engine/backend/reference/reference_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backend/picked_slots.h"
#include "engine/backend/weight_rows.h"

namespace engine {

namespace {

using Matrix = std::vector<std::vector<float>>;

/// One token's scores of one head, before softmax. A score is content + rope, each already scaled,
/// so that the two parts shown to the user add up to the number that was used.
struct HeadScores {
  std::vector<float> content;  // [n_slots]
  std::vector<float> rope;     // [n_slots]
  std::vector<float> weights;  // [n_slots], after softmax
};

double dot(const float* a, const float* b, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

void softmax(HeadScores& s) {
  const std::size_t n = s.content.size();
  s.weights.resize(n);
  for (std::size_t j = 0; j < n; ++j) s.weights[j] = s.content[j] + s.rope[j];
  const float largest = *std::max_element(s.weights.begin(), s.weights.end());
  double sum = 0.0;
  for (float& w : s.weights) {
    w = std::exp(w - largest);
    sum += w;
  }
  for (float& w : s.weights) w = static_cast<float>(w / sum);
}

/// Rows [first, first + n) of a stored matrix as float32.
Matrix decode_rows(const WeightView& w, std::int64_t first, std::int64_t n) {
  Matrix rows(static_cast<std::size_t>(n), std::vector<float>(static_cast<std::size_t>(w.cols)));
  for (std::int64_t r = 0; r < n; ++r) {
    decode_weight_row(w, first + r, rows[static_cast<std::size_t>(r)].data());
  }
  return rows;
}

Matrix transposed(const Matrix& m) {
  Matrix result(m.front().size(), std::vector<float>(m.size()));
  for (std::size_t r = 0; r < m.size(); ++r) {
    for (std::size_t c = 0; c < m[r].size(); ++c) result[c][r] = m[r][c];
  }
  return result;
}

/// One head's W_UK [nope, kv_lora_rank] and W_UV [v, kv_lora_rank], from whichever storage.
struct HeadUp {
  Matrix w_uk;
  Matrix w_uv;
};

HeadUp head_up(const MlaAttentionArgs& args, std::int64_t h) {
  const LatentUpWeights& up = args.w_up;
  if (up.is_split()) {
    return {transposed(decode_rows(up.w_uk_t, h * args.kv_lora_rank, args.kv_lora_rank)),
            decode_rows(up.w_uv, h * args.v_head_dim, args.v_head_dim)};
  }
  const std::int64_t first = h * (args.qk_nope_head_dim + args.v_head_dim);
  return {decode_rows(up.w_ukv, first, args.qk_nope_head_dim),
          decode_rows(up.w_ukv, first + args.qk_nope_head_dim, args.v_head_dim)};
}

/// rows · v
std::vector<float> times(const Matrix& rows, const float* v) {
  std::vector<float> result;
  for (const auto& row : rows) {
    result.push_back(static_cast<float>(dot(row.data(), v, static_cast<std::int64_t>(row.size()))));
  }
  return result;
}

/// v · rows
std::vector<float> times_transposed(const Matrix& rows, const float* v, std::int64_t n_cols) {
  std::vector<float> result;
  for (std::size_t c = 0; c < static_cast<std::size_t>(n_cols); ++c) {
    double sum = 0.0;
    for (std::size_t r = 0; r < rows.size(); ++r) sum += static_cast<double>(v[r]) * rows[r][c];
    result.push_back(static_cast<float>(sum));
  }
  return result;
}

/// §7.3: q_abs = q_nope·W_UK; score = (q_abs·c + q_rope·k_rope)·scale; out = W_UV·Σ p·c.
HeadScores absorbed_head(const MlaAttentionArgs& args, const HeadUp& up, const float* q,
                         std::int64_t n_slots, float* out) {
  const std::vector<float> q_absorbed = times_transposed(up.w_uk, q, args.kv_lora_rank);
  const float* q_rope = q + args.qk_nope_head_dim;
  HeadScores s;
  for (std::int64_t j = 0; j < n_slots; ++j) {
    s.content.push_back(static_cast<float>(
        dot(q_absorbed.data(), args.c_kv.row(j), args.kv_lora_rank) * args.scale));
    s.rope.push_back(
        static_cast<float>(dot(q_rope, args.k_rope.row(j), args.qk_rope_head_dim) * args.scale));
  }
  softmax(s);
  std::vector<float> u;
  for (std::int64_t c = 0; c < args.kv_lora_rank; ++c) {
    double sum = 0.0;
    for (std::int64_t j = 0; j < n_slots; ++j) {
      sum += static_cast<double>(s.weights[static_cast<std::size_t>(j)]) * args.c_kv.row(j)[c];
    }
    u.push_back(static_cast<float>(sum));
  }
  const std::vector<float> o = times(up.w_uv, u.data());
  std::copy(o.begin(), o.end(), out);
  return s;
}

/// §7.2: k_nope = W_UK·c, v = W_UV·c for every slot; score = (q·k)·scale; out = Σ p·v.
HeadScores expanded_head(const MlaAttentionArgs& args, const HeadUp& up, const float* q,
                         std::int64_t n_slots, float* out) {
  const float* q_rope = q + args.qk_nope_head_dim;
  HeadScores s;
  Matrix values;
  for (std::int64_t j = 0; j < n_slots; ++j) {
    const std::vector<float> k_nope = times(up.w_uk, args.c_kv.row(j));
    values.push_back(times(up.w_uv, args.c_kv.row(j)));
    s.content.push_back(
        static_cast<float>(dot(q, k_nope.data(), args.qk_nope_head_dim) * args.scale));
    s.rope.push_back(
        static_cast<float>(dot(q_rope, args.k_rope.row(j), args.qk_rope_head_dim) * args.scale));
  }
  softmax(s);
  const std::vector<float> o = times_transposed(values, s.weights.data(), args.v_head_dim);
  std::copy(o.begin(), o.end(), out);
  return s;
}

void fill_row(const std::vector<float>& values, std::int64_t head, float* rows) {
  if (rows == nullptr) return;
  std::copy(values.begin(), values.end(), rows + head * static_cast<std::int64_t>(values.size()));
}

}  // namespace

void reference_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                             const AttentionProbe* probe, MatView out) {
  if (!args.picked_slots.empty()) {
    PickedScratch scratch;
    attend_picked(args, probe, out, &scratch,
                  [form](const MlaAttentionArgs& one, const AttentionProbe* observer, MatView row) {
                    reference_mla_attention(one, form, observer, row);
                  });
    return;
  }
  const std::int64_t q_dim = args.qk_nope_head_dim + args.qk_rope_head_dim;
  for (std::int64_t h = 0; h < args.n_heads; ++h) {
    const HeadUp up = head_up(args, h);
    for (std::int64_t t = 0; t < args.q.rows; ++t) {
      const auto head = form == AttentionForm::Absorbed ? absorbed_head : expanded_head;
      const HeadScores s = head(args, up, args.q.row(t) + h * q_dim, args.first_position + t + 1,
                                out.row(t) + h * args.v_head_dim);
      if (probe == nullptr || probe->token_row != t) continue;
      fill_row(s.weights, h, probe->weights);
      fill_row(s.content, h, probe->content_scores);
      fill_row(s.rope, h, probe->rope_scores);
    }
  }
}

}  // namespace engine
