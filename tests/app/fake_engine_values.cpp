// What the fake engine says of its model and its tokens.
#include <functional>

#include "tests/app/fake_engine.h"

namespace fake {

using namespace engine;

std::int32_t tokenOf(const std::string& bytes) {
  return static_cast<std::int32_t>(std::hash<std::string>{}(bytes) % 1000);
}

std::shared_ptr<const ModelInfo> modelInfo(const Control& control, const std::string& path) {
  auto info = std::make_shared<ModelInfo>();
  info->path = path;
  info->name = "fake";
  info->backend_description = control.backendDescription;
  info->device_plan = control.devicePlan;
  info->report.findings = control.findings;
  info->config.num_hidden_layers = control.nLayers;
  info->config.num_attention_heads = control.nHeads;
  info->config.kv_lora_rank = 512;
  info->config.qk_rope_head_dim = 64;
  info->config.n_routed_experts = control.nExperts;
  info->config.num_experts_per_tok = control.nActivated;
  for (int layer = 1; layer < control.nLayers; ++layer) info->moe_layers.push_back(layer);
  info->context_length = control.contextLength;
  info->has_tokenizer = control.hasTokenizer;
  info->tokenizer_description = control.hasTokenizer ? "fake" : "tokenizer.json is missing";
  info->generation_defaults.temperature = 0.6F;
  info->report.cache_ledger = {{"MLA latent", 100, 200}, {"MHA", 1000, 2000}, {"MQA", 50, 100}};
  return info;
}

TokenRouting routing(const Control& control, std::int64_t position) {
  TokenRouting out;
  out.position = Position{position};
  for (int layer = 1; layer < control.nLayers; ++layer) {
    for (int k = 0; k < control.nActivated; ++k) {
      const auto expert = (position + layer + k) % control.nExperts;
      out.expert_ids.push_back(static_cast<std::uint16_t>(expert));
      out.weights.push_back(1.0F / static_cast<float>(control.nActivated));
    }
  }
  return out;
}

std::shared_ptr<const std::vector<RouterDecision>> decisions(const Control& control,
                                                             std::int64_t position) {
  auto out = std::make_shared<std::vector<RouterDecision>>();
  const TokenRouting chosen = routing(control, position);
  for (int layer = 1; layer < control.nLayers; ++layer) {
    RouterDecision decision;
    decision.layer = LayerIndex{layer};
    decision.scores.assign(static_cast<std::size_t>(control.nExperts),
                           static_cast<float>(position));
    const auto first = chosen.expert_ids.begin() + (layer - 1) * control.nActivated;
    decision.expert_ids.assign(first, first + control.nActivated);
    out->push_back(std::move(decision));
  }
  return out;
}

std::vector<PromptToken> prompt(const Control& control, const std::vector<ChatMessage>& messages) {
  std::vector<PromptToken> out;
  const auto addTemplate = [&out](const std::string& text) {
    PromptToken token;
    token.token = TokenId{tokenOf(text)};
    token.bytes = text;
    token.is_control = true;
    out.push_back(token);
  };
  addTemplate("<bos>");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const bool assistant = messages[i].role == Role::Assistant;
    addTemplate(assistant ? control.promptEnd
                          : (messages[i].role == Role::System ? "<system>" : "<user>"));
    const std::string& content = messages[i].content;
    for (std::size_t begin = 0; begin < content.size(); begin += 3) {
      PromptToken token;
      token.bytes = content.substr(begin, 3);
      token.token = TokenId{tokenOf(token.bytes)};
      token.message_index = static_cast<std::int32_t>(i);
      token.content_begin = begin;
      token.content_end = begin + token.bytes.size();
      out.push_back(token);
    }
    if (assistant) addTemplate("<eos>");
  }
  addTemplate(control.promptEnd);
  return out;
}

}  // namespace fake
