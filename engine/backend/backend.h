// Backend: the one door to arithmetic. Maths over views and sizes: no config, no layer, no weight
// names. Public methods check shapes once and call do_*. Reference, CPU and CUDA implement do_*.
//
// Same bits: for every op, row t of the output depends only on row t of the inputs (and on the
// cache rows it reads), computed in one fixed order, whatever the number of rows in the call and
// the number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/logit_summary.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/tensor/weight.h"

namespace engine {

enum class BackendKind { Reference, Cpu, Cuda };

/// Owns backend memory; float32 elements, zeroed, aligned to 64 bytes.
class Buffer {
 public:
  using Release = void (*)(void* data, void* context);
  Buffer() = default;
  Buffer(float* data, std::int64_t n_elements, Release release, void* context)
      : data_(data), n_elements_(n_elements), release_(release), context_(context) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Buffer() {
    if (release_ != nullptr) release_(data_, context_);
  }
  float* data() const { return data_; }
  std::int64_t n_elements() const { return n_elements_; }
  MatView view(std::int64_t rows, std::int64_t cols) const { return {data_, rows, cols, cols}; }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(n_elements_, other.n_elements_);
    std::swap(release_, other.release_);
    std::swap(context_, other.context_);
  }
  float* data_ = nullptr;
  std::int64_t n_elements_ = 0;
  Release release_ = nullptr;
  void* context_ = nullptr;
};

/// How many rows and how wide the widest op of this model gets: backends take their scratch at load
/// time from it.
struct BackendLimits {
  std::int64_t max_tokens = 0;  // rows per call: the prefill chunk
  std::int64_t max_context = 0;
  std::int64_t max_width = 0;      // widest matmul side
  std::int64_t max_input = 0;      // widest x of a product, MLPs' inner sides apart; 0: max_width
  std::int64_t hidden_size = 0;    // residual width; 0: max_width
  std::int64_t max_mlp_width = 0;  // widest SwiGLU inner width
  std::int64_t expert_width = 0;   // of a routed expert
  std::int64_t n_heads = 0;
  std::int64_t latent_dim = 0;
  std::int64_t n_experts = 0;
  std::int64_t experts_per_token = 0;
  std::int64_t n_moe_layers = 0;  // routers of one pass
  std::int64_t index_heads = 0;   // V3.2's indexer; 0: none
};

/// Interleaved pairs (x_2i, x_2i+1), or half-split pairs (x_i, x_i+d/2).
enum class RopeLayout { Interleaved, HalfSplit };

/// The rotation table of one model: cos/sin already multiplied by YaRN's attention_factor. Backend
/// memory.
struct RopeTable {
  const float* cos = nullptr;  // [max_context, dim/2]
  const float* sin = nullptr;  // [max_context, dim/2]
  std::int64_t dim = 0;
  RopeLayout layout = RopeLayout::Interleaved;
};

/// W_UK and W_UV as the checkpoint has them: joined (Hugging Face, older GGUF), or split with W_UK
/// transposed per head (newer GGUF). Either the first or the other two are set.
struct LatentUpWeights {
  WeightView w_ukv;   // [n_heads · (nope + v), kv_lora_rank]; per head W_UK rows then W_UV rows
  WeightView w_uk_t;  // [n_heads · kv_lora_rank, nope]: row (h, l) gives component l of q_absorbed
  WeightView w_uv;    // [n_heads · v, kv_lora_rank]

  bool is_split() const { return w_ukv.empty(); }
};

/// What a backend keeps beside one layer's latent cache, so that attention need not prepare the
/// same slots at every step: memory that it lays out as it likes.
struct KeptLatents {
  float* data = nullptr;  // n_slots times what kept_latent_elements says; null: nothing is kept
  std::int64_t n_slots = 0;
};

/// MLA over cached latents (V2 §2.1). Token row t stands at position first_position + t and reads
/// slots 0..that position.
struct MlaAttentionArgs {
  std::int64_t n_heads = 0;
  std::int64_t kv_lora_rank = 0;
  std::int64_t qk_nope_head_dim = 0;
  std::int64_t qk_rope_head_dim = 0;
  std::int64_t v_head_dim = 0;
  float scale = 1.0F;  // qk_head_dim^-1/2 · mscale²
  std::int64_t first_position = 0;
  ConstMatView
      q;  // [n_tokens, n_heads · (nope + rope)]; per head nope then rope, rope already rotated
  LatentUpWeights w_up;
  ConstMatView c_kv;    // [n_slots ≥ first_position + n_tokens, kv_lora_rank], normalised latents
  ConstMatView k_rope;  // [n_slots, rope], rotated
  /// V3.2: the slots each token may read, ascending, [n_tokens, index_topk]; a token at position p
  /// has min(index_topk, p + 1) of them. Host memory; see settle(). Empty: all slots up to its own.
  std::span<const std::int32_t> picked_slots = {};
  std::int64_t index_topk = 0;
  /// What keep_latents made of these slots, or nothing: the same bits either way.
  KeptLatents kept = {};
};

/// Attention over cached keys and values; query head h reads KV head h · n_kv_heads / n_heads.
/// Token row t stands at first_position + t and reads the last `window` slots up to that position
/// (0: all of them).
struct GqaAttentionArgs {
  std::int64_t n_heads = 0;
  std::int64_t n_kv_heads = 0;
  std::int64_t head_dim = 0;
  float scale = 1.0F;  // head_dim^-1/2
  std::int64_t window = 0;
  std::int64_t first_position = 0;
  ConstMatView q;  // [n_tokens, n_heads · head_dim], rotated
  ConstMatView k;  // [n_slots ≥ first_position + n_tokens, n_kv_heads · head_dim], rotated
  ConstMatView v;  // [n_slots, n_kv_heads · head_dim]
};

/// V3.2's lightning indexer (DeepSeek-V3.2-Exp report §2.1): I[t,s] = Σ_h w[t,h] ·
/// relu(q[t,h]·k_s).
struct IndexerArgs {
  std::int64_t n_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t top_k = 0;
  std::int64_t first_position = 0;
  ConstMatView q;        // [n_tokens, n_heads · head_dim]; per head rotary part first, rotated
  ConstMatView weights;  // [n_tokens, n_heads]; a common positive factor changes no choice
  ConstMatView k;        // [n_slots, head_dim], LayerNorm'ed, rotary part first, rotated
};

/// Where the rows of one observed token go (each may be empty); scores are scaled, before softmax.
/// They are the numbers of this very pass: weights = softmax(content_scores + rope_scores).
struct AttentionProbe {
  std::int64_t token_row = 0;  // which row of the call
  float* weights = nullptr;    // [n_heads, position + 1]
  float* content_scores = nullptr;
  float* rope_scores = nullptr;  // MLA only: elsewhere a score has no parts and content has it all
};

struct RouterArgs {
  bool sigmoid = true;  // else softmax
  std::int64_t n_group = 1;
  std::int64_t topk_group = 1;
  std::int64_t top_k = 1;
  bool group_by_top2_sum = true;  // V3; else the group's maximum (V2)
  bool normalise = true;          // divide by (Σ + epsilon)
  float scaling_factor = 1.0F;
  const float* bias = nullptr;  // [n_experts] or null; for choosing only
  float epsilon = 1e-20F;
};

/// Host memory, filled when settle() returns. `scores`, `group_scores`, `group_mask` may be empty:
/// they are then not recorded. Ids in order of descending biased score, ties to the lower index;
/// weights in the same order, final.
struct RouterOutput {
  std::span<std::int32_t> ids;         // [n_tokens, top_k]
  std::span<float> weights;            // [n_tokens, top_k]
  std::span<float> scores;             // [n_tokens, n_experts], unbiased
  std::span<float> group_scores;       // [n_tokens, n_group]
  std::span<std::uint8_t> group_mask;  // [n_tokens, n_group], 1 = open
};

enum class AttentionForm { Absorbed, Expanded };

/// One decoded token as a device may keep it: steps of the same `shape` call the same ops on the
/// same memory, but for the token and what lies at its position.
struct DecodeStep {
  std::uint64_t shape = 0;
  TokenId token;
  std::int64_t position = 0;
};
enum class StepState {
  Run,       // call the ops
  Replayed,  // they are queued already, as they were recorded: do not call them
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual BackendKind kind() const = 0;
  /// "CPU · AVX-512 · 2 threads"
  virtual std::string description() const = 0;

  /// Ops return nothing, because a device answers later than they do: the first failure of any of
  /// them stays here. Asked once per forward pass; what was computed since the last asking is not
  /// to be trusted when it fails.
  virtual Result<void> health() const { return {}; }
  /// Waits for what is queued. Results in host memory (route, index_slots, fetch) are there
  /// afterwards, and not to be read before: a device answers later than its ops return. Ops that
  /// take such spans untouched (moe, mla_attention) may come before it: they take what the device
  /// knows.
  virtual void settle() {}
  /// Bytes that allocate and place could still take; 0: main memory, nobody knows.
  virtual std::int64_t free_bytes() { return 0; }
  /// Row p of these rows belongs to position p: in a step that is replayed, a row that stood at the
  /// recorded position moves along.
  virtual void rows_by_position(ConstMatView /*rows*/) {}
  /// Around the ops of one decoded token. After Run, end_step says whether they were queued; if
  /// not, they were only recorded and have to be called once more, beginning with begin_step.
  virtual StepState begin_step(const DecodeStep& /*step*/) { return StepState::Run; }
  virtual bool end_step() { return true; }
  /// Zeroed memory for n float32 elements; OutOfMemory names the bytes.
  virtual Result<Buffer> allocate(std::int64_t n_elements) = 0;
  /// Takes all scratch memory; called once after load, before any op. Ops within the limits then
  /// allocate nothing.
  virtual Result<void> reserve(const BackendLimits& limits) = 0;
  /// Makes a weight computable on this backend. CPU backends return the view itself (no copy):
  /// whoever owns the bytes keeps them alive. Device backends copy and own.
  virtual Result<WeightView> place(const WeightView& host) = 0;
  /// The same for a routed expert that is to stay in main memory, where the backend knows another
  /// memory beside its own (split_backend.h).
  virtual Result<WeightView> place_in_main_memory(const WeightView& host) { return place(host); }
  /// Float32 elements of KeptLatents for each slot, where attention with these weights would read
  /// it; 0: it reads the cache itself.
  virtual std::int64_t kept_latent_elements(const LatentUpWeights& /*w_up*/,
                                            std::int64_t /*kv_lora_rank*/,
                                            std::int64_t /*qk_rope_head_dim*/) const {
    return 0;
  }
  /// Device memory ↔ host memory.
  virtual void upload(std::span<const float> host, MatView device) = 0;
  virtual void download(ConstMatView device, std::span<float> host) = 0;
  /// As download, but `host` is filled when settle() returns.
  virtual void fetch(ConstMatView device, std::span<float> host) { download(device, host); }

  /// out[t] = table[tokens[t]] as float32. Ids must be inside the table (checked by the model).
  void embed(const WeightView& table, std::span<const TokenId> tokens, MatView out);
  /// out[t,i] = x[t,i] · rsqrt(mean(x[t]²) + eps) · gamma[i]. x and out may be the same.
  void rms_norm(ConstMatView x, const float* gamma, float eps, MatView out);
  /// out[t,o] = Σ_i w[o,i] · x[t,i] (+ bias[o]). Here and below: out overlaps no input unless the
  /// comment says so.
  void matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out);
  /// out += a
  void add(ConstMatView a, MatView out);
  void copy(ConstMatView a, MatView out);
  /// Rotates the n_heads vectors of dim table.dim in each row: head h starts at column offset +
  /// h·head_stride. Row t stands at first_position + t.
  void rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
            std::int64_t first_position, const RopeTable& table);
  /// Rows of c_kv and k_rope, slots from first_slot on, were written: `kept` follows. Every writer
  /// of a cache that has something kept beside it calls this.
  void keep_latents(ConstMatView c_kv, ConstMatView k_rope, std::int64_t first_slot,
                    const KeptLatents& kept);
  /// out [n_tokens, n_heads · v]. Both forms give equal results within float32 rounding. `probe`
  /// may be null.
  void mla_attention(const MlaAttentionArgs& args, AttentionForm form, const AttentionProbe* probe,
                     MatView out);
  /// out [n_tokens, n_heads · head_dim]. `probe` may be null; slots outside the window have weight
  /// 0 and score -inf there.
  void gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe, MatView out);
  /// The top_k best slots of each token, ascending, into picked [n_tokens, top_k] (host memory;
  /// what a token has too few slots for is -1); ties to the lower slot. scores (host, may be empty)
  /// [n_slots of the last token]: its I[t, ·]. Both are filled by a settle() before the next call.
  void index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                   std::span<float> scores);
  /// out[t] = (x[t] - mean) · rsqrt(var + eps) · gamma + beta. x and out may be the same.
  void layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps, MatView out);
  /// out[t] = down( silu(gate·x[t]) ⊙ up·x[t] )
  void gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out);
  /// The router: scores, groups, top-k, weights, from logits [n_tokens, n_experts].
  void route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out);
  /// out[t] = Σ_j weights[t,j] · mlp_{ids[t,j]}(x[t]); the sum runs in the order of j.
  void moe(ConstMatView x, std::span<const MlpWeights> experts, std::span<const std::int32_t> ids,
           std::span<const float> weights, std::int64_t top_k, MatView out);
  /// What a sampler needs of one row of logits, into *request.out (host memory; see settle()).
  void summarise_logits(ConstMatView logits, const LogitSummaryRequest& request);

 protected:
  virtual void do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) = 0;
  virtual void do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) = 0;
  virtual void do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) = 0;
  virtual void do_add(ConstMatView a, MatView out) = 0;
  virtual void do_copy(ConstMatView a, MatView out) = 0;
  virtual void do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride,
                       std::int64_t offset, std::int64_t first_position,
                       const RopeTable& table) = 0;
  virtual void do_keep_latents(ConstMatView /*c_kv*/, ConstMatView /*k_rope*/,
                               std::int64_t /*first_slot*/, const KeptLatents& /*kept*/) {}
  virtual void do_mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                                const AttentionProbe* probe, MatView out) = 0;
  virtual void do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                                MatView out) = 0;
  virtual void do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                              std::span<float> scores) = 0;
  virtual void do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                             MatView out) = 0;
  virtual void do_gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) = 0;
  virtual void do_route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) = 0;
  virtual void do_moe(ConstMatView x, std::span<const MlpWeights> experts,
                      std::span<const std::int32_t> ids, std::span<const float> weights,
                      std::int64_t top_k, MatView out) = 0;
  virtual void do_summarise_logits(ConstMatView logits, const LogitSummaryArgs& args,
                                   LogitSummary* out) = 0;
};

struct BackendOptions {
  BackendKind kind = BackendKind::Cpu;
  int n_threads = 0;            // 0: the cores this process may use
  std::string instruction_set;  // "", or "generic", "avx2", "avx2-vnni", "avx512", "avx512-vnni",
                                // "amx-int8", "amx-bf16" to force one
  int device = -1;              // of several GPUs; -1: the one with most free memory
  bool operator==(const BackendOptions&) const = default;
};

/// What could be used here, and why not what cannot: "CUDA: no plug-in beside the program".
struct BackendDescription {
  BackendKind kind = BackendKind::Cpu;
  bool available = false;
  std::string description;
  std::int64_t free_bytes = 0;  // of the device's own memory; 0: it computes in main memory
  std::int64_t total_bytes = 0;
  int device = -1;  // BackendOptions::device for exactly this one
};

/// Of GPUs the one that is used by default comes first.
std::vector<BackendDescription> available_backends();
Result<std::unique_ptr<Backend>> make_backend(const BackendOptions& options);

}  // namespace engine
