// tiny_gguf: tiny models of every GGUF architecture, valid and random; and a Hugging Face tiny
// checkpoint written again as GGUF. Spells names and shapes itself, so that it tests the engine's
// table.
#pragma once

#include <cmath>
#include <map>

#include "tests/support/gguf_writer.h"
#include "tests/support/tiny_checkpoint.h"

namespace support {

struct TinyGgufOptions {
  bool split_kv_b = true;
  bool new_lengths = true;     // key_length_mla beside the absorbed key_length
  bool merged_experts = true;  // else one tensor for each expert
  bool fused_gate_up = false;  // ffn_gate_up_exps
  std::uint32_t version = 3;
};

/// The floats of a tensor of write_tiny_checkpoint, which must be F32.
inline std::vector<float> floats_of(const TensorToWrite& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// Metadata of a deepseek2 model with the sizes of a tiny checkpoint (V3 gating).
inline std::vector<GgufPair> tiny_deepseek2_metadata(const TinyCheckpointOptions& o,
                                                     const TinyGgufOptions& g) {
  const std::string a = "deepseek2.";
  const auto u = [&a](const char* key, std::int64_t value) {
    return kv_u32(a + key, static_cast<std::uint32_t>(value));
  };
  const std::int64_t qk = o.qk_nope_head_dim + o.qk_rope_head_dim;
  std::vector<GgufPair> pairs = {
      kv_string("general.architecture", "deepseek2"),
      kv_string("general.name", "tiny"),
      u("block_count", o.num_hidden_layers),
      u("context_length", o.max_position_embeddings),
      u("embedding_length", o.hidden_size),
      u("feed_forward_length", o.intermediate_size),
      u("attention.head_count", o.num_attention_heads),
      u("attention.head_count_kv", g.new_lengths ? 1 : o.num_attention_heads),
      kv_f32(a + "attention.layer_norm_rms_epsilon", 1e-6F),
      u("attention.kv_lora_rank", o.kv_lora_rank),
      u("attention.key_length", g.new_lengths ? o.kv_lora_rank + o.qk_rope_head_dim : qk),
      u("attention.value_length", g.new_lengths ? o.kv_lora_rank : o.v_head_dim),
      u("rope.dimension_count", o.qk_rope_head_dim),
      kv_f32(a + "rope.freq_base", 10000.0F),
      u("vocab_size", o.vocab_size),
      u("leading_dense_block_count", o.first_k_dense_replace),
      u("expert_count", o.n_routed_experts),
      u("expert_used_count", o.num_experts_per_tok),
      u("expert_shared_count", o.n_shared_experts),
      u("expert_feed_forward_length", o.moe_intermediate_size),
      kv_f32(a + "expert_weights_scale", 2.5F),
      kv_bool(a + "expert_weights_norm", true),
      u("expert_gating_func", 2),
      u("expert_group_count", o.n_group),
      u("expert_group_used_count", o.topk_group),
      kv_u32("tokenizer.ggml.bos_token_id", 0),
      kv_u32("tokenizer.ggml.eos_token_id", 1),
  };
  if (g.new_lengths) {
    pairs.push_back(u("attention.key_length_mla", qk));
    pairs.push_back(u("attention.value_length_mla", o.v_head_dim));
  }
  if (o.q_lora_rank > 0) pairs.push_back(u("attention.q_lora_rank", o.q_lora_rank));
  if (o.yarn) {
    pairs.push_back(kv_string(a + "rope.scaling.type", "yarn"));
    pairs.push_back(
        kv_f32(a + "rope.scaling.factor", static_cast<float>(o.max_position_embeddings / 64)));
    pairs.push_back(u("rope.scaling.original_context_length", 64));
    pairs.push_back(kv_f32(a + "rope.scaling.yarn_log_multiplier", 0.1F));
  }
  return pairs;
}

/// Writes the tensors of a Hugging Face DeepSeek-V3 checkpoint under GGUF names.
class GgufOfTiny {
 public:
  GgufOfTiny(const TinyCheckpointOptions& o, const TinyGgufOptions& g) : o_(o), g_(g) {
    for (TensorToWrite& tensor : tiny_tensors(o)) source_.emplace(tensor.name, tensor);
  }

  std::vector<GgufTensorToWrite> write() {
    copy("model.embed_tokens.weight", "token_embd.weight");
    copy("model.norm.weight", "output_norm.weight");
    if (!o_.tie_word_embeddings) copy("lm_head.weight", "output.weight");
    for (std::int64_t layer = 0; layer < o_.num_hidden_layers; ++layer) {
      from_ = "model.layers." + std::to_string(layer) + ".";
      to_ = "blk." + std::to_string(layer) + ".";
      decoder_layer(layer);
    }
    return std::move(out_);
  }

 private:
  static std::vector<std::uint64_t> reversed(const std::vector<std::int64_t>& shape) {
    return {shape.rbegin(), shape.rend()};
  }
  void copy(const std::string& from, const std::string& to) {
    const TensorToWrite& tensor = source_.at(from_ + from);
    out_.push_back({to_ + to, reversed(tensor.shape), 0, tensor.bytes});
  }

  void decoder_layer(std::int64_t layer) {
    copy("input_layernorm.weight", "attn_norm.weight");
    if (o_.q_lora_rank > 0) {
      copy("self_attn.q_a_proj.weight", "attn_q_a.weight");
      copy("self_attn.q_a_layernorm.weight", "attn_q_a_norm.weight");
      copy("self_attn.q_b_proj.weight", "attn_q_b.weight");
    } else {
      copy("self_attn.q_proj.weight", "attn_q.weight");
    }
    copy("self_attn.kv_a_proj_with_mqa.weight", "attn_kv_a_mqa.weight");
    copy("self_attn.kv_a_layernorm.weight", "attn_kv_a_norm.weight");
    if (g_.split_kv_b) {
      split_kv_b();
    } else {
      copy("self_attn.kv_b_proj.weight", "attn_kv_b.weight");
    }
    copy("self_attn.o_proj.weight", "attn_output.weight");
    copy("post_attention_layernorm.weight", "ffn_norm.weight");
    if (layer < o_.first_k_dense_replace || o_.n_routed_experts == 0) {
      copy("mlp.gate_proj.weight", "ffn_gate.weight");
      copy("mlp.up_proj.weight", "ffn_up.weight");
      copy("mlp.down_proj.weight", "ffn_down.weight");
    } else {
      moe();
    }
  }

  /// k_b[head][l][d] = kv_b[head][d][l]; v_b[head][d][l] = kv_b[head][nope + d][l].
  void split_kv_b() {
    const std::vector<float> kv = floats_of(source_.at(from_ + "self_attn.kv_b_proj.weight"));
    const std::int64_t heads = o_.num_attention_heads;
    const std::int64_t nope = o_.qk_nope_head_dim;
    const std::int64_t v = o_.v_head_dim;
    const std::int64_t rank = o_.kv_lora_rank;
    std::vector<float> k_b;
    std::vector<float> v_b;
    const auto at = [&](std::int64_t head, std::int64_t row, std::int64_t l) {
      return kv[static_cast<std::size_t>((head * (nope + v) + row) * rank + l)];
    };
    for (std::int64_t head = 0; head < heads; ++head) {
      for (std::int64_t l = 0; l < rank; ++l) {
        for (std::int64_t d = 0; d < nope; ++d) k_b.push_back(at(head, d, l));
      }
      for (std::int64_t d = 0; d < v; ++d) {
        for (std::int64_t l = 0; l < rank; ++l) v_b.push_back(at(head, nope + d, l));
      }
    }
    const auto u = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
    out_.push_back(gguf_floats(to_ + "attn_k_b.weight", {u(nope), u(rank), u(heads)}, k_b));
    out_.push_back(gguf_floats(to_ + "attn_v_b.weight", {u(rank), u(v), u(heads)}, v_b));
  }

  void moe() {
    copy("mlp.gate.weight", "ffn_gate_inp.weight");
    copy("mlp.gate.e_score_correction_bias", "exp_probs_b.bias");
    if (g_.fused_gate_up) {
      stack({"gate_proj", "up_proj"}, "ffn_gate_up_exps.weight");
      stack({"down_proj"}, "ffn_down_exps.weight");
    } else if (g_.merged_experts) {
      stack({"gate_proj"}, "ffn_gate_exps.weight");
      stack({"up_proj"}, "ffn_up_exps.weight");
      stack({"down_proj"}, "ffn_down_exps.weight");
    } else {
      for (std::int64_t e = 0; e < o_.n_routed_experts; ++e) {
        const std::string from = "mlp.experts." + std::to_string(e) + ".";
        const std::string to = "." + std::to_string(e) + ".weight";
        copy(from + "gate_proj.weight", "ffn_gate" + to);
        copy(from + "up_proj.weight", "ffn_up" + to);
        copy(from + "down_proj.weight", "ffn_down" + to);
      }
    }
    if (o_.n_shared_experts == 0) return;
    copy("mlp.shared_experts.gate_proj.weight", "ffn_gate_shexp.weight");
    copy("mlp.shared_experts.up_proj.weight", "ffn_up_shexp.weight");
    copy("mlp.shared_experts.down_proj.weight", "ffn_down_shexp.weight");
  }

  /// The named matrices of each expert one below the other, expert after expert.
  void stack(const std::vector<std::string>& parts, const std::string& to) {
    std::string bytes;
    std::vector<std::uint64_t> dims;
    for (std::int64_t e = 0; e < o_.n_routed_experts; ++e) {
      for (const std::string& part : parts) {
        const TensorToWrite& tensor =
            source_.at(from_ + "mlp.experts." + std::to_string(e) + "." + part + ".weight");
        bytes += tensor.bytes;
        dims = reversed(tensor.shape);
      }
    }
    dims[1] *= parts.size();
    dims.push_back(static_cast<std::uint64_t>(o_.n_routed_experts));
    out_.push_back({to_ + to, dims, 0, bytes});
  }

  TinyCheckpointOptions o_;
  TinyGgufOptions g_;
  std::map<std::string, TensorToWrite> source_;
  std::string from_;
  std::string to_;
  std::vector<GgufTensorToWrite> out_;
};

/// The same model as write_tiny_checkpoint (dtype F32, unfused) as GGUF.
inline GgufToWrite tiny_deepseek2(const TinyCheckpointOptions& o = {},
                                  const TinyGgufOptions& g = {}) {
  GgufToWrite file;
  file.version = g.version;
  file.pairs = tiny_deepseek2_metadata(o, g);
  file.tensors = GgufOfTiny(o, g).write();
  return file;
}

/// Some floats that differ from tensor to tensor.
inline std::vector<float> wave(std::uint64_t n, float step) {
  std::vector<float> values(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    values[i] = 0.1F * std::sin(step * static_cast<float>(i + 1));
  }
  return values;
}

struct TinyLlamaOptions {
  std::string architecture = "llama";  // llama, qwen2, deepseek
  std::uint64_t vocab = 40;
  std::uint64_t hidden = 32;
  std::uint64_t width = 48;
  std::uint64_t layers = 2;
  std::uint64_t heads = 4;
  std::uint64_t kv_heads = 2;
  std::uint64_t experts = 0;  // llama: Mixtral; deepseek: from layer 1 on, one shared
  bool per_expert_tensors = false;
  bool tied = false;
  bool rope_factors = false;
};

/// A dense, Mixtral-like or DeepSeekMoE model with grouped queries.
inline GgufToWrite tiny_llama(const TinyLlamaOptions& o = {}) {
  GgufToWrite file;
  const std::string a = o.architecture + ".";
  const auto u = [&a](const char* key, std::uint64_t value) {
    return kv_u32(a + key, static_cast<std::uint32_t>(value));
  };
  file.pairs = {kv_string("general.architecture", o.architecture),
                u("block_count", o.layers),
                u("context_length", 128),
                u("embedding_length", o.hidden),
                u("feed_forward_length", o.width),
                u("attention.head_count", o.heads),
                u("attention.head_count_kv", o.kv_heads),
                u("rope.dimension_count", o.hidden / o.heads),
                u("vocab_size", o.vocab),
                kv_f32(a + "attention.layer_norm_rms_epsilon", 1e-5F),
                kv_f32(a + "rope.freq_base", 10000.0F)};
  if (o.experts > 0) {
    file.pairs.push_back(u("expert_count", o.experts));
    file.pairs.push_back(u("expert_used_count", 2));
  }
  const bool deepseek = o.architecture == "deepseek";
  if (deepseek) {
    file.pairs.push_back(u("leading_dense_block_count", 1));
    file.pairs.push_back(u("expert_shared_count", 1));
    file.pairs.push_back(u("expert_feed_forward_length", o.width));
  }
  float step = 0.1F;
  const auto add = [&](const std::string& name, std::vector<std::uint64_t> dims) {
    std::uint64_t n = 1;
    for (const std::uint64_t dim : dims) n *= dim;
    file.tensors.push_back(gguf_floats(name, std::move(dims), wave(n, step += 0.013F)));
  };
  add("token_embd.weight", {o.hidden, o.vocab});
  add("output_norm.weight", {o.hidden});
  if (!o.tied) add("output.weight", {o.hidden, o.vocab});
  const std::uint64_t head_dim = o.hidden / o.heads;
  if (o.rope_factors) {
    std::vector<float> factors(head_dim / 2, 1.0F);
    factors.back() = 8.0F;
    file.tensors.push_back(gguf_floats("rope_freqs.weight", {head_dim / 2}, factors));
  }
  for (std::uint64_t layer = 0; layer < o.layers; ++layer) {
    const std::string b = "blk." + std::to_string(layer) + ".";
    add(b + "attn_norm.weight", {o.hidden});
    add(b + "attn_q.weight", {o.hidden, o.hidden});
    add(b + "attn_k.weight", {o.hidden, head_dim * o.kv_heads});
    add(b + "attn_v.weight", {o.hidden, head_dim * o.kv_heads});
    if (o.architecture == "qwen2") {
      add(b + "attn_q.bias", {o.hidden});
      add(b + "attn_k.bias", {head_dim * o.kv_heads});
      add(b + "attn_v.bias", {head_dim * o.kv_heads});
    }
    add(b + "attn_output.weight", {o.hidden, o.hidden});
    add(b + "ffn_norm.weight", {o.hidden});
    if (o.experts == 0 || (deepseek && layer == 0)) {
      add(b + "ffn_gate.weight", {o.hidden, o.width});
      add(b + "ffn_up.weight", {o.hidden, o.width});
      add(b + "ffn_down.weight", {o.width, o.hidden});
      continue;
    }
    add(b + "ffn_gate_inp.weight", {o.hidden, o.experts});
    if (o.per_expert_tensors) {
      for (std::uint64_t e = 0; e < o.experts; ++e) {
        const std::string suffix = "." + std::to_string(e) + ".weight";
        add(b + "ffn_gate" + suffix, {o.hidden, o.width});
        add(b + "ffn_up" + suffix, {o.hidden, o.width});
        add(b + "ffn_down" + suffix, {o.width, o.hidden});
      }
    } else {
      add(b + "ffn_gate_exps.weight", {o.hidden, o.width, o.experts});
      add(b + "ffn_up_exps.weight", {o.hidden, o.width, o.experts});
      add(b + "ffn_down_exps.weight", {o.width, o.hidden, o.experts});
    }
    if (!deepseek) continue;
    add(b + "ffn_gate_shexp.weight", {o.hidden, o.width});
    add(b + "ffn_up_shexp.weight", {o.hidden, o.width});
    add(b + "ffn_down_shexp.weight", {o.width, o.hidden});
  }
  return file;
}

}  // namespace support
