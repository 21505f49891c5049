#include "engine/checkpoint/device_plan.h"

#include <algorithm>
#include <cstdio>

namespace engine {

namespace {

// The driver's own, allocations rounded up, and what other programs take while ours loads.
constexpr std::int64_t kSpareBytes = std::int64_t{384} << 20;
constexpr std::int64_t kSpareShare = 50;  // of the weights, for padded rows

std::int64_t in_format(const WeightBytes& bytes, WeightFormat format) {
  switch (format) {
    case WeightFormat::Q8_0:
      return bytes.q8_0;
    case WeightFormat::Q4_K:
      return bytes.q4_k;
    case WeightFormat::AsStored:
      break;
  }
  return bytes.as_stored;
}

std::int64_t expert_bytes(const CheckpointReport& report, WeightFormat format) {
  for (const PartTotals& part : report.parts) {
    if (part.part == ModelPart::RoutedExperts) return in_format(part.bytes, format);
  }
  return 0;
}

// The kernels' own memory beside the activations: terms of the inner sides, one partial sum per
// head, the experts' outputs before they are added.
std::int64_t kernel_bytes(const ModelConfig& config, std::int64_t rows, std::int64_t context) {
  const std::int64_t heads = config.num_attention_heads;
  const std::int64_t width = config.is_mla() ? config.latent_dim() : config.head_dim;
  const std::int64_t pairs = rows * config.num_experts_per_tok;
  const std::int64_t inner =
      std::max({rows * config.intermediate_size, pairs * config.moe_intermediate_size,
                rows * config.n_shared_experts * config.moe_intermediate_size});
  const std::int64_t input =
      rows * std::max(2 * config.hidden_size, heads * config.value_head_dim());
  return 4 * (3 * rows * heads * width + inner + input + pairs * config.hidden_size +
              3 * heads * context);
}

// One layer's routed experts as they lie in GPU memory.
std::int64_t placed_bytes(std::int64_t layer_bytes) {
  return layer_bytes + layer_bytes / kSpareShare;
}

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

std::string layers_text(const DevicePlan& plan, std::int64_t n) {
  return std::to_string(n) + " of " + std::to_string(plan.n_moe_layers) + " layers";
}

}  // namespace

DevicePlan device_plan(const CheckpointReport& report, const DevicePlanRequest& request) {
  const ModelConfig& config = report.config;
  DevicePlan plan;
  plan.free_bytes = request.free_bytes;
  plan.n_moe_layers = static_cast<std::int64_t>(config.moe_layers().size());
  const std::int64_t experts = expert_bytes(report, request.weight_format);
  if (plan.n_moe_layers > 0) plan.layer_bytes = experts / plan.n_moe_layers;
  const MemoryNeed need = memory_need(report, request.context_length, request.weight_format);
  const std::int64_t rows =
      std::min(std::max<std::int64_t>(request.prefill_chunk, 1), request.context_length);
  const std::int64_t all = need.weights + need.weights / kSpareShare + need.cache +
                           need.scratch * std::max<std::int64_t>(rows, 512) / 512 +
                           kernel_bytes(config, rows, request.context_length) + kSpareBytes;
  const std::int64_t per_layer = placed_bytes(plan.layer_bytes);
  std::int64_t n = request.main_memory_layers.value_or(0);
  if (!request.main_memory_layers && all > request.free_bytes && per_layer > 0) {
    n = std::min((all - request.free_bytes + per_layer - 1) / per_layer, plan.n_moe_layers);
  }
  plan.main_memory_layers = n;
  plan.device_bytes = all - n * per_layer;
  plan.main_memory_bytes = n * plan.layer_bytes;
  return plan;
}

std::string describe_plan(const DevicePlan& plan) {
  const std::string sizes = gigabytes(plan.device_bytes) + " of " + gigabytes(plan.free_bytes);
  if (plan.main_memory_layers == 0) return "all on the GPU: " + sizes;
  return "routed experts of " + layers_text(plan, plan.main_memory_layers) +
         " in main memory: " + sizes + " on the GPU, " + gigabytes(plan.main_memory_bytes) +
         " in main memory";
}

Result<void> check_plan(const DevicePlan& plan, const DevicePlanRequest& request) {
  if (plan.main_memory_layers < 0 || plan.main_memory_layers > plan.n_moe_layers) {
    return fail(ErrorCode::InvalidArgument,
                "layers in main memory: found " + std::to_string(plan.main_memory_layers) +
                    ", allowed 0 to " + std::to_string(plan.n_moe_layers));
  }
  if (plan.fits()) return {};
  std::string message = "GPU memory: the model needs " + gigabytes(plan.device_bytes) + ", " +
                        gigabytes(plan.free_bytes) + " are free; ";
  const std::int64_t missing = plan.device_bytes - plan.free_bytes;
  const std::int64_t layer = placed_bytes(plan.layer_bytes);
  const std::int64_t more = layer > 0 ? (missing + layer - 1) / layer : 0;
  if (request.main_memory_layers && more > 0 &&
      plan.main_memory_layers + more <= plan.n_moe_layers) {
    return fail(ErrorCode::OutOfMemory, message + "keep the routed experts of " +
                                            layers_text(plan, plan.main_memory_layers + more) +
                                            " in main memory");
  }
  if (plan.main_memory_layers > 0) {
    message += "with the routed experts of " + layers_text(plan, plan.main_memory_layers) +
               " in main memory it is still too much; ";
  }
  return fail(ErrorCode::OutOfMemory,
              message + "choose a shorter context, a smaller quantisation, or the CPU backend");
}

}  // namespace engine
