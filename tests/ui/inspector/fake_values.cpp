// Pseudo-random numbers put through the real rules; see fake_values.h.
// Deterministic: the same seed gives the same values everywhere.
#include "tests/ui/inspector/fake_values.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "ui/format.h"

namespace fake {
namespace {

// Not std::normal_distribution: its values differ between standard libraries.
float noise(std::mt19937& random) {
  float sum = 0;
  for (int i = 0; i < 6; ++i) {
    sum += static_cast<float>(random() % 10000) / 10000.0F - 0.5F;
  }
  return sum;
}

std::vector<std::size_t> best(const std::vector<float>& values, std::size_t n) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  order.resize(std::min(n, order.size()));
  return order;
}

void openGroups(const engine::ModelConfig& config, const std::vector<float>& biased,
                engine::RouterDecision& out) {
  const auto nGroups = static_cast<std::size_t>(config.n_group);
  const std::size_t perGroup = biased.size() / nGroups;
  for (std::size_t group = 0; group < nGroups; ++group) {
    const auto begin = biased.begin() + static_cast<std::ptrdiff_t>(group * perGroup);
    std::vector<float> members(begin, begin + static_cast<std::ptrdiff_t>(perGroup));
    std::sort(members.begin(), members.end(), std::greater<>());
    out.group_scores.push_back(perGroup > 1 ? members[0] + members[1] : members[0]);
  }
  out.group_open.assign(nGroups, 0);
  for (const std::size_t group :
       best(out.group_scores, static_cast<std::size_t>(config.topk_group))) {
    out.group_open[group] = 1;
  }
}

}  // namespace

Shape v3Shape() {
  Shape shape;
  shape.nLayers = 61;
  shape.nDense = 3;
  shape.nExperts = 256;
  shape.nActivated = 8;
  shape.nGroup = 8;
  shape.topkGroup = 4;
  shape.nHeads = 128;
  return shape;
}

std::shared_ptr<engine::ModelInfo> modelInfo(const Shape& shape) {
  auto info = std::make_shared<engine::ModelInfo>();
  info->name = "gallery";
  engine::ModelConfig& config = info->config;
  config.num_hidden_layers = shape.nLayers;
  config.first_k_dense_replace = shape.nDense;
  config.n_routed_experts = shape.nExperts;
  config.num_experts_per_tok = shape.nActivated;
  config.n_group = shape.nGroup;
  config.topk_group = shape.topkGroup;
  config.n_shared_experts = shape.nShared;
  config.num_attention_heads = shape.nHeads;
  config.kv_lora_rank = 512;
  config.qk_rope_head_dim = 64;
  config.routed_scaling_factor = 2.5;
  std::mt19937 random(7);
  for (int layer = shape.nDense; layer < shape.nLayers && shape.nExperts > 0; ++layer) {
    info->moe_layers.push_back(layer);
    for (int expert = 0; expert < shape.nExperts; ++expert) {
      info->router_bias.push_back(static_cast<float>(shape.biasLevel) + 0.08F * noise(random));
    }
  }
  info->context_length = 32768;
  return info;
}

engine::RouterDecision decision(const engine::ModelInfo& info, std::int32_t layer,
                                std::uint32_t seed) {
  const engine::ModelConfig& config = info.config;
  engine::RouterDecision out;
  out.layer = engine::LayerIndex(layer);
  std::mt19937 random(seed * 977U + static_cast<std::uint32_t>(layer));
  const auto nExperts = static_cast<std::size_t>(config.n_routed_experts);
  const std::size_t row = static_cast<std::size_t>(layer - info.moe_layers.front()) * nExperts;
  std::vector<float> biased(nExperts);
  for (std::size_t expert = 0; expert < nExperts; ++expert) {
    out.scores.push_back(1.0F / (1.0F + std::exp(1.2F - 2.2F * noise(random))));
    biased[expert] = out.scores[expert] + info.router_bias[row + expert];
  }
  openGroups(config, biased, out);
  const std::size_t perGroup = nExperts / out.group_open.size();
  for (std::size_t expert = 0; expert < nExperts; ++expert) {
    if (out.group_open[expert / perGroup] == 0) biased[expert] = -1e30F;
  }
  float sum = 0;
  for (const std::size_t expert :
       best(biased, static_cast<std::size_t>(config.num_experts_per_tok))) {
    out.expert_ids.push_back(static_cast<std::uint16_t>(expert));
    out.weights.push_back(out.scores[expert]);
    sum += out.scores[expert];
  }
  for (float& weight : out.weights) {
    weight = weight / sum * static_cast<float>(config.routed_scaling_factor);
  }
  return out;
}

std::shared_ptr<const std::vector<engine::RouterDecision>> decisions(const engine::ModelInfo& info,
                                                                     std::uint32_t seed) {
  auto all = std::make_shared<std::vector<engine::RouterDecision>>();
  for (const std::int32_t layer : info.moe_layers) all->push_back(decision(info, layer, seed));
  return all;
}

std::shared_ptr<const engine::TokenRouting> routing(
    const std::vector<engine::RouterDecision>& decisions, std::int64_t position) {
  auto out = std::make_shared<engine::TokenRouting>();
  out->position = engine::Position(position);
  for (const engine::RouterDecision& layer : decisions) {
    out->expert_ids.insert(out->expert_ids.end(), layer.expert_ids.begin(), layer.expert_ids.end());
    out->weights.insert(out->weights.end(), layer.weights.begin(), layer.weights.end());
  }
  return out;
}

std::shared_ptr<const engine::AttentionRows> attention(int layer, int nHeads,
                                                       std::int64_t nPositions,
                                                       std::uint32_t seed) {
  auto rows = std::make_shared<engine::AttentionRows>();
  rows->layer = engine::LayerIndex(layer);
  rows->n_heads = nHeads;
  rows->n_positions = nPositions;
  std::mt19937 random(seed);
  for (int head = 0; head < nHeads; ++head) {
    double sum = 0;
    const std::size_t begin = rows->weights.size();
    for (std::int64_t slot = 0; slot < nPositions; ++slot) {
      const auto distance = static_cast<float>(nPositions - 1 - slot);
      const bool target = (slot + head * 7) % 37 == 5;
      const float content =
          1.4F * noise(random) + (slot == 0 ? 5.0F : 0.0F) + (target ? 2.5F : 0.0F);
      const float rope = 2.5F * std::exp(-distance / 12.0F) + 0.6F * std::cos(distance / 3.0F);
      rows->content_scores.push_back(content);
      rows->rope_scores.push_back(rope);
      rows->weights.push_back(std::exp(content + rope));
      sum += static_cast<double>(rows->weights.back());
    }
    for (std::size_t at = begin; at < rows->weights.size(); ++at) {
      rows->weights[at] = static_cast<float>(static_cast<double>(rows->weights[at]) / sum);
    }
  }
  return rows;
}

std::shared_ptr<const engine::NextToken> nextToken(bool samplerKnown) {
  auto next = std::make_shared<engine::NextToken>();
  const std::vector<std::string> texts{" whale", " ship", " sea",  "\n",   " captain", "<|im_end|>",
                                       " white", " 鲸",   " \xe9", " old", " great",   " boat"};
  float probability = 0.61F;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    engine::TokenCandidate candidate;
    candidate.token = engine::TokenId(static_cast<std::int32_t>(1203 + 977 * i));
    candidate.text = texts[i];
    candidate.logit = 18.25F - static_cast<float>(i);
    candidate.probability = probability;
    candidate.sampled_probability = samplerKnown && i < 5 ? probability * 1.13F : 0.0F;
    probability *= 0.42F;
    next->top.push_back(candidate);
  }
  next->sampler_known = samplerKnown;
  next->chosen = next->top[1];
  next->chosen_rank = 1;
  next->entropy = 1.4142F;
  next->sampled_entropy = 1.118F;
  next->n_kept = 5;
  return next;
}

std::vector<ui::TokenLabel> labels(std::int64_t n) {
  const std::vector<std::string> words{" the", " sea", " is",  " a",  " very",  " old", " whale",
                                       ".",    "\n",   "Tell", " me", " about", " 海",  " captain"};
  std::vector<ui::TokenLabel> all;
  for (std::int64_t i = 0; i < n; ++i) {
    if (i == 0) {
      all.push_back({QStringLiteral("<|begin_of_sentence|>"), true});
    } else {
      const std::string& word = words[static_cast<std::size_t>(i * 5 % 13) % words.size()];
      all.push_back({ui::format::tokenText(word), false});
    }
  }
  return all;
}

std::vector<ui::TimelineMark> marks(std::int64_t nPrompt, std::int64_t nAnswer) {
  std::vector<ui::TimelineMark> all;
  std::mt19937 random(3);
  const auto names = labels(nPrompt + nAnswer);
  for (std::int64_t i = 0; i < nPrompt + nAnswer; ++i) {
    ui::TimelineMark mark;
    mark.label = names[static_cast<std::size_t>(i)];
    mark.isAnswer = i >= nPrompt;
    mark.isRouted = i + 1 < nPrompt + nAnswer;
    if (mark.isAnswer) mark.logProbability = -std::fabs(1.8 * static_cast<double>(noise(random)));
    all.push_back(mark);
  }
  return all;
}

}  // namespace fake
