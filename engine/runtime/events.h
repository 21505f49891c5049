// Everything that crosses the engine's edge as plain values: requests down, events up.
// Immutable bulk travels as shared_ptr<const T>.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/device_plan.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/report.h"
#include "engine/checkpoint/weight_format.h"
#include "engine/tokenizer/chat_message.h"

namespace engine {

// ---- down
// -------------------------------------------------------------------------------------------------------

/// Drafting with a checkpoint's MTP module: when it is measured to pay, never, always. The tokens
/// are the same in all three.
enum class Speculation { Auto, Off, Always };

struct LoadOptions {
  BackendOptions backend;
  bool prefer_gpu = false;  // with BackendKind::Cpu: the GPU where there is one for this model
  WeightFormat weight_format = WeightFormat::AsStored;
  std::int64_t context_length = 0;              // 0: the smaller of the model's maximum and 4,096
  std::int64_t prefill_chunk = 512;             // tokens per forward call
  Speculation speculation = Speculation::Auto;  // Off: an MTP module is not loaded
  /// On a GPU: the MoE layers whose routed experts stay in main memory; none: as few as fit.
  std::optional<std::int64_t> main_memory_layers;
  std::string chat_template;  // see TemplateRequest in prompt.h; "": chosen by the program
  bool operator==(const LoadOptions&) const = default;
};

struct SamplingOptions {
  float temperature = 1.0F;  // 0: greedy
  int top_k = 0;             // 0: off
  float top_p = 1.0F;
  float min_p = 0.0F;
  float repetition_penalty = 1.0F;    // 1: off; Keskar et al. 2019, over the tokens in the context
  std::optional<std::uint64_t> seed;  // none: a fresh one, reported in GenerationStarted
  int max_tokens = 0;                 // 0: until the context is full
  bool operator==(const SamplingOptions&) const = default;
};

struct GenerationRequest {
  GenerationId id;
  std::vector<ChatMessage> messages;      // rendered with the chat template …
  std::optional<std::string> raw_prompt;  // … unless this is set: tokenised as it is, after BOS
  std::string chat_template;              // "": the loaded model's
  SamplingOptions sampling;
  int n_candidates = 20;  // how many top candidates each NextToken carries
  Speculation speculation = Speculation::Auto;
};

/// Asks for one token's inner values, recomputed from the cache ("replay"). Newer requests replace
/// waiting older ones.
struct InspectRequest {
  std::uint64_t key = 0;  // comes back in the answer
  Position position;
  std::optional<LayerIndex> attention_layer;  // none: no attention rows
  bool with_next_token = true;
};

// ---- values
// -----------------------------------------------------------------------------------------------------

/// A token of the prompt and where its text came from.
struct PromptToken {
  TokenId token;
  std::string bytes;                // the token's own bytes
  std::int32_t message_index = -1;  // -1: the template's text
  std::size_t content_begin = 0;    // byte range in that message's content
  std::size_t content_end = 0;
  bool is_control = false;
  std::size_t text_begin = 0;  // byte range in the rendered prompt
  std::size_t text_end = 0;
};

/// What the router chose for one token in every MoE layer (M layers × K experts).
struct TokenRouting {
  Position position;
  std::vector<std::uint16_t> expert_ids;  // [M, K], best first
  std::vector<float> weights;             // [M, K], final (normalised, scaled)
};

/// The router's whole decision for one token in one layer. The bias is in ModelInfo.
struct RouterDecision {
  LayerIndex layer;
  std::vector<float> scores;              // [E] unbiased affinity
  std::vector<float> group_scores;        // [G]
  std::vector<std::uint8_t> group_open;   // [G]
  std::vector<std::uint16_t> expert_ids;  // [K]
  std::vector<float> weights;             // [K]
};

/// Where every head of one layer reads, for one token. Scores are scaled, before softmax; weights
/// after it. A slot outside the window, or not picked, has weight 0 and score -inf. Without MLA a
/// score has no parts: content_scores has it all.
struct AttentionRows {
  LayerIndex layer;
  std::int64_t n_heads = 0;
  std::int64_t n_positions = 0;       // position + 1
  std::vector<float> weights;         // [n_heads, n_positions]
  std::vector<float> content_scores;  // [n_heads, n_positions]  q_absorbed · c_kv
  std::vector<float> rope_scores;     // [n_heads, n_positions]  q_rope · k_rope; empty without MLA
  std::vector<std::int32_t> picked;   // V3.2: the slots read, ascending; empty: all of them
};

struct TokenCandidate {
  TokenId token;
  std::string text;  // display text
  float logit = 0;
  float probability = 0;          // softmax of the model's logits
  float sampled_probability = 0;  // after penalty, temperature and cuts; 0 = cut off
};

/// The distribution a token was drawn from.
struct NextToken {
  std::vector<TokenCandidate> top;       // by probability, descending
  std::optional<TokenCandidate> chosen;  // none on replay of a token that nothing was drawn after
  int chosen_rank = 0;                   // 0 = most probable
  float entropy = 0;                     // nats, before the sampler
  float sampled_entropy = 0;             // nats, after the sampler
  int n_kept = 0;                        // candidates the sampler left
  bool sampler_known = true;  // false on replay: only the model's own distribution is known
};

/// Static facts of the loaded model, for every panel.
struct ModelInfo {
  std::string path;
  std::string name;
  ModelConfig config;
  CheckpointReport report;
  GenerationDefaults generation_defaults;
  LoadOptions options;                    // as used: threads and context resolved
  std::string backend_description;        // with where the experts lie, when not all are on the GPU
  std::optional<DevicePlan> device_plan;  // on a GPU: what it was loaded by
  std::vector<std::int32_t> moe_layers;   // M entries, ascending
  std::vector<float> router_bias;         // [M, E]; zeros where the model has none
  std::int64_t context_length = 0;
  std::int64_t cache_bytes = 0;  // taken for the whole context
  std::int64_t cache_bytes_per_token = 0;
  std::int64_t kept_bytes_per_token = 0;  // of it: beside the cache, read in place of its latents
  std::int64_t weight_bytes = 0;
  std::int64_t bytes_read_per_token = 0;  // weights a decode step reads
  double load_seconds = 0;
  bool has_mtp = false;        // an MTP module is loaded and may draft
  std::int64_t mtp_bytes = 0;  // its weights; its cache row is in cache_bytes
  std::string mtp_problem;     // why one that is in the files is not used; empty otherwise
  bool has_tokenizer = false;
  std::string tokenizer_description;
  std::string template_name;     // "tokenizer_config.json" or "built-in deepseek-v3"
  std::string template_problem;  // why the checkpoint's own template cannot run; empty if it can
  std::string template_reason;   // why this one was chosen; empty for the checkpoint's own
};

enum class FinishReason { EndOfTurn, MaxTokens, ContextFull, Cancelled, Failed };

struct GenerationStatistics {
  std::int64_t n_prompt_tokens = 0;
  std::int64_t n_reused_tokens = 0;
  std::int64_t n_generated_tokens = 0;
  std::int64_t n_drafted_tokens = 0;   // proposed by the MTP module
  std::int64_t n_accepted_tokens = 0;  // of those, the ones that were drawn
  double prefill_seconds = 0;
  double decode_seconds = 0;
  double time_to_first_token = 0;            // seconds from the request to the first token
  double prefill_tokens_per_second() const;  // of the tokens really computed; 0 when none were
  double decode_tokens_per_second() const;
  double acceptance() const;  // share of the drafted tokens; 0 when there were none
};

// ---- up
// ---------------------------------------------------------------------------------------------------------

struct LoadProgress {
  std::string step;  // "Reading headers", "Mapping weights", "Reserving the cache"
  std::int64_t bytes_done = 0;
  std::int64_t bytes_total = 0;
};
struct ModelLoaded {
  std::shared_ptr<const ModelInfo> info;
};
struct LoadFailed {  // the previous model, if any, is still there
  std::string path;
  Error error;
};
struct ModelUnloaded {};

struct GenerationStarted {
  GenerationId id;
  std::shared_ptr<const std::vector<PromptToken>> prompt;
  std::int64_t n_reused = 0;  // leading tokens whose cache rows were kept
  std::uint64_t seed = 0;
};
/// After each prefill chunk; `routing` covers exactly the chunk's tokens, in order.
struct PrefillProgress {
  GenerationId id;
  std::int64_t n_done = 0;  // of the prompt, reused tokens included
  std::int64_t n_total = 0;
  std::shared_ptr<const std::vector<TokenRouting>> routing;
};
/// A new token was drawn for `position`. Its routing follows in TokenRouted when it is fed back.
struct TokenGenerated {
  GenerationId id;
  Position position;
  TokenId token;
  std::string bytes;  // its own bytes
  std::string
      text;  // text completed by it: append to the answer; "" for control tokens that end the turn
  bool ends_turn = false;
  bool drafted = false;  // proposed by the MTP module, then drawn by the main model itself
  NextToken next_token;  // the distribution it was drawn from (seen at position − 1)
};
/// The token at `position` went through the model: its routing, and the router's whole decision in
/// every MoE layer.
struct TokenRouted {
  GenerationId id;
  TokenRouting routing;
  std::shared_ptr<const std::vector<RouterDecision>>
      decisions;  // [M]; for the last token of a prefill too
};
struct GenerationFinished {
  GenerationId id;
  FinishReason reason = FinishReason::EndOfTurn;
  std::string tail_text;       // text completed by the end of the stream
  std::optional<Error> error;  // with FinishReason::Failed and ContextFull
  GenerationStatistics statistics;
  std::int64_t n_context_used = 0;
};
struct Inspection {
  std::uint64_t key = 0;
  Position position;
  TokenId token;
  std::shared_ptr<const std::vector<RouterDecision>> decisions;  // [M]
  std::shared_ptr<const AttentionRows> attention;                // null when not asked for
  std::optional<NextToken> next_token;  // the model's distribution after this token
  double milliseconds = 0;
};
struct InspectionFailed {
  std::uint64_t key = 0;
  Error error;
};
/// Caught at the top of the engine thread: the thread lives on.
struct EngineFault {
  Error error;
};

using Event = std::variant<LoadProgress, ModelLoaded, LoadFailed, ModelUnloaded, GenerationStarted,
                           PrefillProgress, TokenGenerated, TokenRouted, GenerationFinished,
                           Inspection, InspectionFailed, EngineFault>;

}  // namespace engine
