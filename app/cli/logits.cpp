// logits: the model's raw answer for every token, block by block into the file.
#include <algorithm>
#include <span>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/npy_writer.h"
#include "engine/runtime/session.h"

namespace app::cli {

using engine::Result;

namespace {

constexpr std::int64_t kBlockElements = std::int64_t{4} << 20;

// The logits of the last `n_tokens` tokens that went through the model.
Result<void> writeLogits(std::int64_t n_tokens, engine::Session& session, NpyWriter& file) {
  const std::int64_t vocab_size = session.config().vocab_size;
  const std::int64_t block = std::clamp<std::int64_t>(kBlockElements / vocab_size, 1, n_tokens);
  std::vector<float> rows(static_cast<std::size_t>(block * vocab_size));
  for (std::int64_t first = 0; first < n_tokens; first += block) {
    const std::int64_t n = std::min(block, n_tokens - first);
    session.logits(first, n, rows);
    RETURN_IF_ERROR(file.append(std::span(rows).first(static_cast<std::size_t>(n * vocab_size))));
  }
  return {};
}

}  // namespace

Result<void> runLogits(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::vector<engine::TokenId> ids, tokenIds(arguments));
  ASSIGN_OR_RETURN(const std::string out, arguments.requiredText("--out"));
  const auto n_tokens = static_cast<std::int64_t>(ids.size());
  ASSIGN_OR_RETURN(const auto model, loadModel(arguments, n_tokens));
  engine::Session& session = *model->session;
  RETURN_IF_ERROR(session.check_tokens(ids));
  RETURN_IF_ERROR(session.check_room(n_tokens));
  ASSIGN_OR_RETURN(NpyWriter file, NpyWriter::create(out, n_tokens, session.config().vocab_size));
  while (session.length() < n_tokens) {
    const std::int64_t first = session.length();
    const std::int64_t n = std::min(n_tokens - first, session.longest_chunk());
    RETURN_IF_ERROR(session.extend(
        std::span(ids).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)),
        nullptr, {}));
    RETURN_IF_ERROR(writeLogits(n, session, file));
  }
  return file.commit();
}

}  // namespace app::cli
