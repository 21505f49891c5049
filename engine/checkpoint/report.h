// CheckpointReport: everything a person wants to know before loading. Reads headers only, never
// weights.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/model_part.h"
#include "engine/checkpoint/weight_format.h"

namespace engine {

enum class CheckpointFormat;  // checkpoint.h

/// One finding about a checkpoint; an Error-severity finding keeps it from being loaded.
struct Finding {
  enum class Severity { Info, Warning, Error };
  Severity severity = Severity::Info;
  std::string code;     // stable: "tensor-missing", "shape-mismatch", "code-reference", …
  std::string message;  // file › tensor/key › field: found …, allowed …; the remedy last
  bool operator==(const Finding&) const = default;
};

/// One line of the cache ledger: what another attention kind would keep for the same model.
struct CacheLedgerRow {
  std::string kind;                     // "MLA latent", "MHA", "GQA-8", "MQA"
  std::int64_t elements_per_token = 0;  // over all layers
  std::int64_t bytes_per_token = 0;     // at the cache's element size
  bool operator==(const CacheLedgerRow&) const = default;
};

struct ParameterCount {
  std::int64_t total = 0;  // main model, without MTP layers
  std::int64_t activated =
      0;  // per token: all but unchosen experts and the embedding; the head included
  std::int64_t embedding = 0;
  std::int64_t output_head = 0;
  std::int64_t attention = 0;
  std::int64_t routed_experts = 0;
  std::int64_t shared_experts = 0;
  std::int64_t dense_mlp = 0;
  std::int64_t router = 0;
  std::int64_t norms = 0;
  std::int64_t mtp = 0;  // in the files, skipped
  bool operator==(const ParameterCount&) const = default;
};

/// Bytes in each WeightFormat.
struct WeightBytes {
  std::int64_t as_stored = 0;
  std::int64_t q8_0 = 0;
  std::int64_t q4_k = 0;
  bool operator==(const WeightBytes&) const = default;
};

/// One part of the model: counted from the table of shapes and from the files.
struct PartTotals {
  ModelPart part = ModelPart::Other;
  std::int64_t parameters = 0;  // scales are no parameters
  std::int64_t activated = 0;   // of them, per token
  std::int64_t n_tensors = 0;   // in the files, scales included
  WeightBytes bytes;            // of the files' tensors, scales included
  std::map<std::string, std::int64_t> bytes_by_dtype;
  bool operator==(const PartTotals&) const = default;
};

struct CheckpointReport {
  std::string path;
  std::string name;  // folder name
  CheckpointFormat format{};
  bool config_valid = false;
  ModelConfig config;
  ParameterCount parameters;
  std::vector<PartTotals> parts;                       // those that have parameters or bytes
  WeightBytes weight_bytes_by_format;                  // main model
  std::string router_rule;                             // in words, English
  std::string attention_summary;                       // in words, English
  std::map<std::string, std::int64_t> bytes_by_dtype;  // of the main model
  std::string dtype_summary;                           // "BF16", "F8_E4M3 + BF16 + F32"
  std::int64_t weight_bytes = 0;                       // main model, as stored
  std::int64_t skipped_bytes = 0;                      // MTP and unexpected tensors
  std::int64_t drafter_bytes = 0;  // of those, the MTP module that drafts tokens; always mapped
  std::int64_t cache_bytes_per_token = 0;
  /// Besides, on this machine's processor: latents once more in whole numbers, in the layers whose
  /// attention reads them so (engine/README.md).
  WeightBytes kept_bytes_per_token;
  std::int64_t context_length = 0;  // the length the next three are for
  std::int64_t cache_bytes = 0;
  std::int64_t scratch_bytes = 0;
  std::int64_t memory_available = 0;  // bytes free on this machine when the report was made
  std::vector<CacheLedgerRow> cache_ledger;
  std::int64_t text_bytes = 0;  // the tokenizer's files: what it takes in memory follows from them
  // Both filled by runtime/inspect_model, which makes them: "tokenizer.json · BPE · 8,192 pieces",
  // or why there is none; "tokenizer_config.json" or "built-in deepseek-v3".
  std::string tokenizer;
  std::string chat_template;
  int n_files = 0;
  int n_tensors = 0;  // in the files, skipped ones included
  std::vector<Finding> findings;

  bool loadable() const;  // config valid and no Error finding
};

/// The latent cache keeps float32.
inline constexpr std::int64_t kCacheElementBytes = 4;

/// The pieces of a report that follow from the config alone.
ParameterCount count_parameters(const ModelConfig& config);  // `mtp` stays 0
std::vector<CacheLedgerRow> cache_ledger(const ModelConfig& config);
/// Working memory while a prompt of `context_length` tokens is read in chunks of 512: an estimate.
std::int64_t scratch_bytes(const ModelConfig& config, std::int64_t context_length);

/// Opens headers only. Never fails as a whole: what is wrong is in `findings`.
/// `context_length` 0 means the smaller of max_position_embeddings and 4,096. `stop` ends it
/// between files, with the finding "cancelled".
CheckpointReport inspect_checkpoint(const std::string& path, std::int64_t context_length,
                                    const std::stop_token& stop = {});

/// What loading takes, in bytes. `weights` stored as they are lie in mapped files: what does not
/// fit is read from disk again and again. The rest is the process's own.
struct MemoryNeed {
  std::int64_t weights = 0;
  bool weights_are_mapped = true;
  std::int64_t drafter = 0;  // the MTP module, mapped in every format
  std::int64_t cache = 0;    // with the drafter's own row
  std::int64_t kept = 0;     // beside the cache, where the processor computes
  std::int64_t scratch = 0;
  std::int64_t program = 0;  // with the tokenizer
  std::int64_t own() const {
    return cache + kept + scratch + program + (weights_are_mapped ? 0 : weights);
  }
  std::int64_t total() const { return weights + drafter + cache + kept + scratch + program; }
  bool operator==(const MemoryNeed&) const = default;
};
MemoryNeed memory_need(const CheckpointReport& report, std::int64_t context_length,
                       WeightFormat format);

/// Whether that much memory is there.
enum class MemoryVerdict {
  Fits,
  ReadFromDisk,  // mapped weights do not fit beside the rest: slow, but it runs
  TooMuch,       // what must be in memory does not fit: it cannot be loaded
};
MemoryVerdict memory_verdict(const CheckpointReport& report, const MemoryNeed& need);
/// The longest context with which everything fits into free memory; 0 when none does. At most the
/// model's own maximum.
std::int64_t longest_context(const CheckpointReport& report, WeightFormat format);

/// The router's rule and the attention's shape in words; English.
std::string describe_router(const ModelConfig& config);
std::string describe_attention(const ModelConfig& config);

/// The report as text for a terminal, and as JSON (stable keys, snake_case, the field names above).
std::string report_to_text(const CheckpointReport& report);
std::string report_to_json(const CheckpointReport& report);

}  // namespace engine
