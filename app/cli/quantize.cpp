// quantize: a checkpoint of any kind as one GGUF file.
#include <filesystem>
#include <iostream>
#include <optional>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/progress.h"
#include "engine/base/thread_pool.h"
#include "engine/model/gguf_exporter.h"
#include "engine/tokenizer/vocabulary_export.h"

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;
using engine::TokenizerAssets;
using engine::VocabularyListing;

namespace {

constexpr std::int64_t kMostThreads = 1024;

/// The tokenizer as lists; nothing when the checkpoint has none or it is left out.
Result<std::optional<VocabularyListing>> vocabularyOf(const engine::Checkpoint& checkpoint,
                                                      const Arguments& arguments) {
  std::optional<VocabularyListing> listing;
  if (arguments.has("--no-tokenizer")) return listing;
  auto assets = checkpoint.tokenizer_assets();
  if (!assets && assets.error().code == ErrorCode::NotFound) return listing;
  if (!assets) return tl::unexpected(assets.error());
  const std::int64_t vocabSize = checkpoint.config().vocab_size;
  switch (assets->kind) {
    case TokenizerAssets::Kind::None:
      return listing;
    case TokenizerAssets::Kind::Listing:
      listing = std::move(assets->listing);
      return listing;
    case TokenizerAssets::Kind::TokenizerJson: {
      ASSIGN_OR_RETURN(
          listing, engine::list_tokenizer_json(assets->contents, assets->config_json, vocabSize));
      return listing;
    }
    case TokenizerAssets::Kind::SentencePiece: {
      const engine::LegacyTokenFiles legacy{assets->added_tokens_json, assets->special_tokens_json};
      ASSIGN_OR_RETURN(listing, engine::list_sentencepiece(assets->contents, assets->config_json,
                                                           vocabSize, legacy));
      return listing;
    }
    case TokenizerAssets::Kind::Tiktoken:
      break;
  }
  return fail(ErrorCode::Unsupported,
              assets->file +
                  ": a tiktoken vocabulary cannot be written as GGUF; put the model's "
                  "tokenizer.json beside it, or leave it out with --no-tokenizer");
}

}  // namespace

Result<void> runQuantize(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  const std::string& out = arguments.operand(1);
  ASSIGN_OR_RETURN(const std::string type, arguments.requiredText("--type"));
  const auto mix = engine::type_mix_from_name(type);
  if (!mix) {
    return fail(ErrorCode::InvalidArgument,
                "--type: found '" + type + "', allowed bf16, q8_0, q4_k, f32");
  }
  ASSIGN_OR_RETURN(const std::int64_t threads, arguments.integer("--threads", 0, 1, kMostThreads));
  RETURN_IF_ERROR(checkMayWrite(out, arguments.has("--force")));
  ASSIGN_OR_RETURN(const engine::Checkpoint checkpoint, engine::Checkpoint::open(path));
  ASSIGN_OR_RETURN(engine::WeightSource source, engine::WeightSource::create(checkpoint));
  ASSIGN_OR_RETURN(const auto listing, vocabularyOf(checkpoint, arguments));
  Progress progress("Writing " + out);
  engine::ExportOptions options;
  options.name = checkpoint.report().name;
  options.mix = *mix;
  options.n_threads = threads > 0 ? static_cast<int>(threads) : engine::usable_processors();
  options.stop = progress.token();
  options.on_progress = [&](std::int64_t done, std::int64_t total) {
    progress.update(done, total);
  };
  ASSIGN_OR_RETURN(
      const engine::ExportSummary summary,
      engine::export_gguf(checkpoint, source, listing ? &*listing : nullptr, out, options));
  if (!listing) std::cerr << "bathyscope-cli: note: the new file has no tokenizer\n";
  for (const std::string& note : summary.notes) {
    std::cerr << "bathyscope-cli: note: " << note << '\n';
  }
  return {};
}

}  // namespace app::cli
