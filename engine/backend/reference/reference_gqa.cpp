// What the other families add to MLA, literally: grouped-query attention, V3.2's indexer and its
// LayerNorm.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/backend/reference/reference_attention.h"

namespace engine {

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

double dot(const float* a, const float* b, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

std::vector<float> softmax(const std::vector<float>& scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  std::vector<float> weights(scores.size());
  double sum = 0.0;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    weights[j] = std::exp(scores[j] - largest);
    sum += weights[j];
  }
  for (float& w : weights) w = static_cast<float>(w / sum);
  return weights;
}

void fill_row(const std::vector<float>& values, std::int64_t head, float* rows) {
  if (rows == nullptr) return;
  std::copy(values.begin(), values.end(), rows + head * static_cast<std::int64_t>(values.size()));
}

}  // namespace

void reference_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                             MatView out) {
  const std::int64_t group = args.n_heads / args.n_kv_heads;
  for (std::int64_t t = 0; t < args.q.rows; ++t) {
    const std::int64_t n_slots = args.first_position + t + 1;
    const std::int64_t first =
        args.window > 0 ? std::max<std::int64_t>(n_slots - args.window, 0) : 0;
    for (std::int64_t h = 0; h < args.n_heads; ++h) {
      const float* q = args.q.row(t) + h * args.head_dim;
      const std::int64_t kv = h / group * args.head_dim;
      std::vector<float> scores(at(n_slots), -INFINITY);
      for (std::int64_t j = first; j < n_slots; ++j) {
        scores[at(j)] = static_cast<float>(dot(q, args.k.row(j) + kv, args.head_dim) * args.scale);
      }
      const std::vector<float> weights = softmax(scores);
      for (std::int64_t c = 0; c < args.head_dim; ++c) {
        double sum = 0.0;
        for (std::int64_t j = first; j < n_slots; ++j) {
          sum += static_cast<double>(weights[at(j)]) * args.v.row(j)[kv + c];
        }
        out.row(t)[h * args.head_dim + c] = static_cast<float>(sum);
      }
      if (probe == nullptr || probe->token_row != t) continue;
      fill_row(weights, h, probe->weights);
      fill_row(scores, h, probe->content_scores);
    }
  }
}

void reference_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                           std::span<float> scores) {
  for (std::int64_t t = 0; t < args.q.rows; ++t) {
    const std::int64_t n_slots = args.first_position + t + 1;
    std::vector<float> row(at(n_slots));
    for (std::int64_t s = 0; s < n_slots; ++s) {
      double sum = 0.0;
      for (std::int64_t h = 0; h < args.n_heads; ++h) {
        const double product = dot(args.q.row(t) + h * args.head_dim, args.k.row(s), args.head_dim);
        sum += args.weights.row(t)[h] * std::max(product, 0.0);
      }
      row[at(s)] = std::isnan(sum) ? -INFINITY : static_cast<float>(sum);
    }
    std::vector<std::int32_t> order(at(n_slots));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t b) { return row[at(a)] > row[at(b)]; });
    order.resize(at(std::min(n_slots, args.top_k)));
    std::sort(order.begin(), order.end());
    const auto mine = picked.subspan(at(t * args.top_k), at(args.top_k));
    std::fill(std::copy(order.begin(), order.end(), mine.begin()), mine.end(), -1);
    if (!scores.empty() && t + 1 == args.q.rows) std::copy(row.begin(), row.end(), scores.begin());
  }
}

void reference_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                          MatView out) {
  for (std::int64_t t = 0; t < x.rows; ++t) {
    const float* row = x.row(t);
    const auto n = static_cast<double>(x.cols);
    const double mean = std::accumulate(row, row + x.cols, 0.0) / n;
    double variance = 0.0;
    for (std::int64_t i = 0; i < x.cols; ++i) variance += (row[i] - mean) * (row[i] - mean) / n;
    const double inverse = 1.0 / std::sqrt(variance + eps);
    for (std::int64_t i = 0; i < x.cols; ++i) {
      out.row(t)[i] = static_cast<float>((row[i] - mean) * inverse * gamma[i] + beta[i]);
    }
  }
}

}  // namespace engine
