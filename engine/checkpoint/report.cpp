// The numbers of a report: counted from the table of shapes, so that they cannot differ from what
// is loaded.
#include "engine/checkpoint/report.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/base/system_memory.h"
#include "engine/base/vector_units.h"
#include "engine/checkpoint/checkpoint_scan.h"
#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/gguf_table.h"
#include "engine/checkpoint/report_parts.h"
#include "engine/checkpoint/tensor_spec.h"

namespace engine {

namespace {

constexpr std::int64_t kDefaultContext = 4096;
constexpr std::int64_t kPrefillChunk = 512;
constexpr std::int64_t kUsualGqaHeads = 8;

std::int64_t* group_of(WeightRole role, ParameterCount* count) {
  switch (role) {
    case WeightRole::Embedding:
      return &count->embedding;
    case WeightRole::OutputHead:
      return &count->output_head;
    case WeightRole::FinalNorm:
    case WeightRole::InputNorm:
    case WeightRole::PostAttentionNorm:
      return &count->norms;
    case WeightRole::DenseGate:
    case WeightRole::DenseUp:
    case WeightRole::DenseDown:
      return &count->dense_mlp;
    case WeightRole::Router:
    case WeightRole::RouterBias:
      return &count->router;
    case WeightRole::ExpertGate:
    case WeightRole::ExpertUp:
    case WeightRole::ExpertDown:
    case WeightRole::FusedExpertGateUp:
    case WeightRole::FusedExpertDown:
    case WeightRole::MergedExpertGate:
    case WeightRole::MergedExpertUp:
    case WeightRole::MergedExpertDown:
      return &count->routed_experts;
    case WeightRole::SharedGate:
    case WeightRole::SharedUp:
    case WeightRole::SharedDown:
      return &count->shared_experts;
    default:  // the projections of attention with their inner norms and biases
      return &count->attention;
  }
}

/// Heads a grouped-query variant of the model would keep: the config's own number where it has one.
std::int64_t gqa_heads(const ModelConfig& config) {
  const std::int64_t heads = config.num_attention_heads;
  if (config.num_key_value_heads < heads) return config.num_key_value_heads;
  for (std::int64_t n = std::min(kUsualGqaHeads, heads / 2); n > 1; --n) {
    if (heads % n == 0) return n;
  }
  return 1;
}

/// "MHA", "GQA-8" or "MQA": what a cache of `kv_heads` key-value heads is called.
std::string kv_kind(std::int64_t kv_heads, std::int64_t heads) {
  if (kv_heads == heads) return "MHA";
  return kv_heads == 1 ? "MQA" : "GQA-" + std::to_string(kv_heads);
}

std::string dtype_summary(const std::map<std::string, std::int64_t>& bytes_by_dtype) {
  std::vector<std::pair<std::int64_t, std::string>> sorted;
  for (const auto& [dtype, bytes] : bytes_by_dtype) sorted.emplace_back(-bytes, dtype);
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto& [bytes, dtype] : sorted) text += (text.empty() ? "" : " + ") + dtype;
  return text;
}

void add_memory_finding(CheckpointReport* report) {
  const MemoryNeed need = memory_need(*report, report->context_length, WeightFormat::AsStored);
  if (memory_verdict(*report, need) == MemoryVerdict::Fits) return;
  report->findings.push_back(
      {Finding::Severity::Warning, "memory",
       "memory: needed " + grouped_digits(need.total()) + " bytes, free " +
           grouped_digits(report->memory_available) +
           "; weights that do not fit are read from disk again and again, which is slow: close "
           "other programs, choose a shorter context or quantise on load"});
}

/// Size of what the tokenizer is made of.
std::int64_t text_bytes(const CheckpointScan& scan) {
  if (scan.table.format == CheckpointFormat::Gguf) {
    std::int64_t bytes = 0;
    for (const GgufFile& file : scan.table.gguf_files) bytes += file.header().n_bytes();
    return bytes;
  }
  if (!scan.folder) return 0;
  for (const char* name : {"tokenizer.json", "tokenizer.model", "tiktoken.model"}) {
    const Result<std::string> path = scan.folder->resolve(name);
    std::error_code failure;
    const auto bytes = path ? std::filesystem::file_size(*path, failure) : 0;
    if (path && !failure) return static_cast<std::int64_t>(bytes);
  }
  return 0;
}

}  // namespace

bool CheckpointReport::loadable() const {
  return config_valid && std::none_of(findings.begin(), findings.end(), [](const Finding& f) {
           return f.severity == Finding::Severity::Error;
         });
}

ParameterCount count_parameters(const ModelConfig& config) {
  ParameterCount count;
  // The fused table has the same elements in a few rows.
  for (const TensorSpec& spec : tensor_specs(config, {.experts = ExpertLayout::Fused})) {
    if (!spec.required) continue;  // a tied head is the embedding
    std::int64_t elements = 1;
    for (const std::int64_t extent : spec.shape) elements *= extent;
    *group_of(spec.role, &count) += elements;
    count.total += elements;
  }
  const std::int64_t chosen =
      config.n_routed_experts == 0
          ? 0
          : count.routed_experts / config.n_routed_experts * config.num_experts_per_tok;
  count.activated = count.attention + count.norms + count.dense_mlp + count.router +
                    count.shared_experts + chosen + config.vocab_size * config.hidden_size;
  return count;
}

std::vector<CacheLedgerRow> cache_ledger(const ModelConfig& config) {
  const std::int64_t layers = config.num_hidden_layers;
  // One key and one value.
  const std::int64_t pair = config.query_head_dim() + config.value_head_dim();
  const std::int64_t heads = config.num_attention_heads;
  std::vector<CacheLedgerRow> rows;
  const auto add = [&](const std::string& kind, std::int64_t values_per_layer) {
    const bool listed = std::any_of(
        rows.begin(), rows.end(), [&kind](const CacheLedgerRow& row) { return row.kind == kind; });
    const std::int64_t elements = layers * values_per_layer;
    if (!listed) rows.push_back({kind, elements, elements * kCacheElementBytes});
  };
  if (config.is_mla()) {
    add(config.has_indexer() ? "MLA latent + index key" : "MLA latent", config.cached_values());
  } else {
    add(kv_kind(config.num_key_value_heads, heads), config.num_key_value_heads * pair);
  }
  for (const std::int64_t n : {heads, gqa_heads(config), std::int64_t{1}}) {
    add(kv_kind(n, heads), n * pair);
  }
  return rows;
}

std::int64_t scratch_bytes(const ModelConfig& config, std::int64_t context_length) {
  const std::int64_t rows = std::min(kPrefillChunk, context_length);
  const std::int64_t heads = config.num_attention_heads;
  const std::int64_t mlp_width = std::max({config.intermediate_size, config.moe_intermediate_size,
                                           config.n_shared_experts * config.moe_intermediate_size});
  const std::int64_t index_width = config.index_n_heads * (config.index_head_dim + 1);
  const std::int64_t per_row = 4 * config.hidden_size + config.q_lora_rank +
                               heads * config.query_head_dim() + config.latent_dim() +
                               heads * config.value_head_dim() + index_width + 2 * mlp_width +
                               config.n_routed_experts;
  const std::int64_t attention_scores = heads * context_length;
  return 4 * (rows * per_row + attention_scores + config.vocab_size);
}

CheckpointReport report_of(const CheckpointScan& scan, const std::string& path,
                           std::int64_t context_length) {
  CheckpointReport report;
  report.path = scan.folder ? scan.folder->path() : path;
  report.name = scan.folder ? scan.folder->name() : path;
  report.config_valid = scan.config_valid;
  report.config = scan.config;
  if (scan.table.format == CheckpointFormat::Gguf && scan.table.any_file) {
    report.path += "/" + scan.table.gguf_files.front().name();
    report.name = gguf_model_name(scan.table.gguf_files.front().name());
  }
  report.format = scan.table.format;
  report.text_bytes = text_bytes(scan);
  report.n_files = scan.table.n_files();
  report.n_tensors = scan.table.n_tensors();
  report.findings = scan.findings;
  report.memory_available = available_memory_bytes();
  if (!scan.config_valid) {  // what the files hold can be told all the same
    for (const StoredTensor& tensor : scan.table.tensors) {
      report.bytes_by_dtype[std::string(dtype_name(tensor.dtype))] +=
          static_cast<std::int64_t>(tensor.bytes.size());
    }
    report.dtype_summary = dtype_summary(report.bytes_by_dtype);
    return report;
  }

  report.parameters = count_parameters(scan.config);
  report.parameters.mtp = scan.tally.mtp_elements;
  report.bytes_by_dtype = scan.tally.bytes_by_dtype;
  report.dtype_summary = dtype_summary(report.bytes_by_dtype);
  report.weight_bytes = scan.tally.weight_bytes;
  report.skipped_bytes = scan.tally.skipped_bytes;
  report.context_length = context_length > 0
                              ? std::min(context_length, scan.config.max_position_embeddings)
                              : std::min(scan.config.max_position_embeddings, kDefaultContext);
  report.cache_ledger = cache_ledger(scan.config);
  report.cache_bytes_per_token = report.cache_ledger.front().bytes_per_token;
  report.cache_bytes = report.cache_bytes_per_token * report.context_length;
  if (has_avx512_vnni()) {
    report.kept_bytes_per_token = kept_bytes_per_token(scan.config, scan.table.tensors);
  }
  report.scratch_bytes = scratch_bytes(scan.config, report.context_length);
  report.drafter_bytes = drafter_bytes(scan.config, scan.table.format, scan.table.tensors);
  report.parts = part_totals(scan.config, scan.table.tensors);
  report.weight_bytes_by_format = main_model_bytes(report.parts);
  report.router_rule = describe_router(scan.config);
  report.attention_summary = describe_attention(scan.config);
  add_memory_finding(&report);
  return report;
}

CheckpointReport inspect_checkpoint(const std::string& path, std::int64_t context_length,
                                    const std::stop_token& stop) {
  return report_of(scan_checkpoint(path, stop), path, context_length);
}

}  // namespace engine
