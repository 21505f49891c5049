// The experts' section of GGUF metadata: how they are scored, chosen and weighed.
#include <algorithm>
#include <array>

#include "engine/checkpoint/gguf_config.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr std::int64_t kMillion = 1'000'000;

/// A released model by its sizes: converters wrote its groups only from 2025 on.
struct ReleasedGroups {
  std::int64_t layers, hidden, experts, n_group, topk_group;
  std::string_view name;
};
constexpr std::array<ReleasedGroups, 2> kReleasedGroups = {{
    {60, 5120, 160, 8, 3, "DeepSeek-V2"},
    {61, 7168, 256, 8, 4, "DeepSeek-V3"},
}};

/// The chosen experts' scores are always normalised, without an epsilon.
void read_mixtral(GgufFields* fields, ModelConfig* config) {
  config->architecture = Architecture::Mixtral;
  config->moe_intermediate_size = fields->integer("expert_feed_forward_length", 1, kMillion)
                                      .value_or(config->intermediate_size);
  config->norm_topk_prob = true;
  config->norm_topk_epsilon = 0.0;
}

/// Softmax where nothing is said: files of V2's time have no such key.
void read_gating(std::span<const StoredTensor> tensors, GgufFields* fields, ModelConfig* config) {
  const std::int64_t function = fields->integer("expert_gating_func", 0, 1000).value_or(0);
  const bool has_bias = std::any_of(tensors.begin(), tensors.end(), [](const StoredTensor& t) {
    return t.name.ends_with(".exp_probs_b.bias");
  });
  if (function > 2) {
    fields->fault(Severity::Error, "config-unsupported", "expert_gating_func",
                  "found " + std::to_string(function) + ", allowed 1 (softmax) or 2 (sigmoid)");
  } else if (function != 2 && has_bias) {
    fields->fault(Severity::Error, "config-rule", "expert_gating_func",
                  (function == 0 ? std::string("found nothing") : "found 1 (softmax)") +
                      ", while the router has a correction bias (exp_probs_b), allowed 2 "
                      "(sigmoid); the file was converted wrongly");
  }
  if (function != 2) return;
  config->scoring_func = ScoreFunction::Sigmoid;
  config->topk_method = TopkMethod::NoauxTc;
  if (config->architecture == Architecture::DeepseekV2) {
    config->architecture = Architecture::DeepseekV3;
  }
  if (!has_bias) {
    fields->fault(Severity::Warning, "router-bias-missing", "expert_gating_func",
                  "found 2 (sigmoid), but no layer has exp_probs_b.bias; the experts are chosen "
                  "by their scores alone");
  }
}

void read_groups(GgufFields* fields, ModelConfig* config) {
  if (fields->has("expert_group_count")) {
    const auto at_least_one = [fields](const char* key, std::int64_t fallback) {
      const std::int64_t found = fields->integer(key, 0, 65536).value_or(fallback);
      return std::max<std::int64_t>(found, 1);
    };
    config->n_group = at_least_one("expert_group_count", 1);
    config->topk_group = at_least_one("expert_group_used_count", config->n_group);
    return;
  }
  for (const ReleasedGroups& known : kReleasedGroups) {
    if (known.layers != config->num_hidden_layers || known.hidden != config->hidden_size ||
        known.experts != config->n_routed_experts) {
      continue;
    }
    config->n_group = known.n_group;
    config->topk_group = known.topk_group;
    fields->fault(Severity::Info, "expert-groups-known", "expert_group_count",
                  "found nothing; the sizes are those of " + std::string(known.name) +
                      ", so its groups are used: " + std::to_string(known.topk_group) + " of " +
                      std::to_string(known.n_group));
  }
}

}  // namespace

void read_gguf_experts(std::span<const StoredTensor> tensors, GgufFields* fields,
                       ModelConfig* config) {
  ModelConfig& c = *config;
  c.scoring_func = ScoreFunction::Softmax;
  c.topk_method = TopkMethod::Greedy;
  c.norm_topk_prob = false;
  c.n_routed_experts = fields->integer("expert_count", 0, 65536).value_or(0);
  if (c.n_routed_experts == 0) return;
  c.num_experts_per_tok = fields->required_integer("expert_used_count", 1, 1024);
  c.routed_scaling_factor = fields->number("expert_weights_scale", 0.0, 1e6).value_or(1.0);
  if (c.routed_scaling_factor == 0.0) c.routed_scaling_factor = 1.0;  // how some write "none"
  if (c.architecture == Architecture::Llama) return read_mixtral(fields, config);
  c.first_k_dense_replace = fields->integer("leading_dense_block_count", 0, 1024).value_or(0);
  c.moe_intermediate_size = fields->required_integer("expert_feed_forward_length", 1, kMillion);
  c.n_shared_experts = fields->integer("expert_shared_count", 0, 1024).value_or(0);
  c.norm_topk_prob = fields->flag("expert_weights_norm").value_or(false);
  read_gating(tensors, fields, config);
  if (c.attention_kind() != AttentionKind::Mla) return;
  read_groups(fields, config);
  if (c.scoring_func == ScoreFunction::Softmax && c.n_group > 1) {
    c.topk_method = TopkMethod::GroupLimitedGreedy;
  }
}

}  // namespace engine
