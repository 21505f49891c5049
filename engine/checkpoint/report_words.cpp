// The router's rule and the attention's shape as sentences: every variant the config can describe.
#include <cstdio>

#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/report.h"

namespace engine {

namespace {

std::string number(std::int64_t n) { return grouped_digits(n); }

std::string short_real(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

/// "; 8 groups scored by the sum of their two best experts, 4 of them open"
std::string group_words(const ModelConfig& c) {
  if (c.n_group <= 1 || c.topk_method == TopkMethod::Greedy) return "";
  const char* score = c.topk_method == TopkMethod::NoauxTc ? "the sum of their two best experts"
                                                           : "their best expert";
  return "; " + number(c.n_group) + " groups scored by " + score + ", " + number(c.topk_group) +
         " of them open";
}

std::string weight_words(const ModelConfig& c) {
  std::string text = c.scoring_func == ScoreFunction::Sigmoid ? "the affinities" : "the softmax";
  if (c.topk_method == TopkMethod::NoauxTc) text += " without the bias";
  if (c.norm_topk_prob) text += ", divided by their sum";
  if (c.routed_scaling_factor != 1.0) text += ", times " + short_real(c.routed_scaling_factor);
  return text;
}

std::string scaling_words(const ModelConfig& c) {
  const char* name = nullptr;
  switch (c.rope_scaling.kind) {
    case RopeScalingKind::None:
      return "";
    case RopeScalingKind::Linear:
      name = "linear";
      break;
    case RopeScalingKind::Yarn:
      name = "YaRN";
      break;
    case RopeScalingKind::Llama3:
      name = "Llama 3";
      break;
  }
  return std::string(" · ") + name + " ×" + short_real(c.rope_scaling.factor);
}

}  // namespace

std::string describe_router(const ModelConfig& c) {
  if (c.n_routed_experts == 0) return "none: a dense model, every token takes the same MLP";
  const std::string chosen = number(c.num_experts_per_tok);
  if (c.architecture == Architecture::Mixtral) {
    return "the best " + chosen + " of " + number(c.n_routed_experts) +
           " experts by logit; weights: a softmax over the chosen";
  }
  std::string text =
      c.scoring_func == ScoreFunction::Sigmoid ? "sigmoid affinity of each of " : "softmax over ";
  text += number(c.n_routed_experts) + " experts";
  if (c.topk_method == TopkMethod::NoauxTc) text += ", plus a bias that counts for choosing only";
  text += group_words(c) + "; the best " + chosen +
          (group_words(c).empty() ? "" : " of the open groups") + " are chosen";
  return text + "; weights: " + weight_words(c);
}

std::string describe_attention(const ModelConfig& c) {
  const std::string heads = number(c.num_attention_heads);
  std::string text;
  if (c.attention_kind() == AttentionKind::Mla) {
    text = "MLA · " + heads + " heads · latent " + number(c.kv_lora_rank) + " + " +
           number(c.qk_rope_head_dim) +
           (c.q_lora_rank > 0 ? " · query rank " + number(c.q_lora_rank) : "");
  } else if (c.num_key_value_heads == c.num_attention_heads) {
    text = "MHA · " + heads + " heads of " + number(c.head_dim);
  } else if (c.num_key_value_heads == 1) {
    text = "MQA · " + heads + " heads of " + number(c.head_dim) + " share one key-value head";
  } else {
    text = "GQA · " + heads + " heads of " + number(c.head_dim) + " share " +
           number(c.num_key_value_heads) + " key-value heads";
  }
  text += scaling_words(c);
  if (c.sliding_window > 0) text += " · sliding window of " + number(c.sliding_window) + " tokens";
  if (c.index_n_heads > 0) {
    text += " · indexer picks " + number(c.index_topk) + " slots per token";
  }
  return text;
}

}  // namespace engine
