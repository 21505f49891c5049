// export_gguf: an opened checkpoint → one GGUF file, tensor by tensor: what Hugging Face keeps
// apart is joined, what it joins is split, matrices are encoded on all threads.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/vocabulary_listing.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/gguf_export.h"
#include "engine/checkpoint/weight_source.h"

namespace engine {

struct ExportOptions {
  std::string name;  // general.name
  TypeMix mix = TypeMix::BF16;
  int n_threads = 1;
  std::function<void(std::int64_t, std::int64_t)> on_progress;  // bytes written and in all
  std::stop_token stop;
};

/// What the reader of the new file should know: where it says less than the old one did.
struct ExportSummary {
  std::int64_t file_bytes = 0;
  std::vector<std::string> notes;
};

/// `listing` may be null: a file without a tokenizer. The file appears only when it is whole.
Result<ExportSummary> export_gguf(const Checkpoint& checkpoint, WeightSource& source,
                                  const VocabularyListing* listing, const std::string& path,
                                  const ExportOptions& options);

}  // namespace engine
