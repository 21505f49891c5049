// Checkpoint: an opened Hugging Face folder or GGUF model. Files are mapped; tensors are views into
// the mappings.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/vocabulary_listing.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/report.h"
#include "engine/tensor/dtype.h"

namespace engine {

/// A stored tensor: where it lies and what it is. Views the mapping that the Checkpoint owns.
struct StoredTensor {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  std::string file;  // for messages
};

/// generation_config.json, as far as it is given.
struct GenerationDefaults {
  std::optional<float> temperature;
  std::optional<int> top_k;
  std::optional<float> top_p;
  std::optional<float> min_p;
  std::optional<float> repetition_penalty;
  std::optional<int> max_new_tokens;
  std::optional<bool> do_sample;
  std::vector<std::int32_t> eos_token_ids;  // union of generation_config.json and config.json
  bool operator==(const GenerationDefaults&) const = default;
};

/// What a checkpoint holds to turn text into tokens: the one that is used when it holds several.
struct TokenizerAssets {
  enum class Kind { None, TokenizerJson, SentencePiece, Tiktoken, Listing };
  Kind kind = Kind::None;
  std::string file;                  // its file's name
  std::string contents;              // the file's bytes; empty for Listing
  std::string config_json;           // tokenizer_config.json, "{}" when absent
  std::string added_tokens_json;     // older folders of SentencePiece and tiktoken; "" when absent
  std::string special_tokens_json;   // special_tokens_map.json, likewise
  VocabularyListing listing;         // Listing only
  std::vector<std::string> ignored;  // files of other tokenizers that are there too
};

struct ChatTemplateSource {
  std::string text;  // Jinja; empty when there is none
  std::string file;  // where it was
};

enum class CheckpointFormat { HuggingFace, Gguf };

class Checkpoint {
 public:
  /// Opens a folder or a GGUF file (of a split model: any of its parts), reads every header, checks
  /// every rule. `path` may also name one *.safetensors or config.json in the folder. `stop` ends
  /// it between files (Cancelled).
  static Result<Checkpoint> open(const std::string& path, const std::stop_token& stop = {});

  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  const std::string& path() const;
  CheckpointFormat format() const;
  const ModelConfig& config() const;
  const CheckpointReport& report() const;
  const GenerationDefaults& generation_defaults() const;
  /// Null when there is no such tensor.
  const StoredTensor* find(std::string_view name) const;
  /// Sorted by name; of a sharded checkpoint those its index lists.
  std::span<const StoredTensor> tensors() const;

  /// The tokenizer that is used, whatever its format; kind None when there is none (such a
  /// checkpoint still runs `logits` and `trace`).
  Result<TokenizerAssets> tokenizer_assets() const;
  /// Io, naming the file, when a mapped file lost bytes or was written to since it was opened: what
  /// the tensors' views hold is then no longer the model. Cheap enough to ask after every token.
  Result<void> check_files() const;

  /// GGUF's tokenizer.chat_template, chat_template.jinja, else tokenizer_config.json's
  /// chat_template (string, or the list's "default"). Empty when absent.
  Result<ChatTemplateSource> chat_template() const;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
