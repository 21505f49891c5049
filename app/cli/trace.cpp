// trace: routing, latents and attention of given tokens as a safetensors file.
#include "engine/runtime/trace.h"

#include "app/cli/commands.h"
#include "app/cli/model_path.h"

namespace app::cli {

using engine::Result;

Result<void> runTrace(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::vector<engine::TokenId> ids, tokenIds(arguments));
  ASSIGN_OR_RETURN(const std::string out, arguments.requiredText("--out"));
  ASSIGN_OR_RETURN(const auto model, loadModel(arguments, static_cast<std::int64_t>(ids.size())));
  const auto attention = arguments.has("--attention") ? engine::TraceAttention::With
                                                      : engine::TraceAttention::Without;
  return engine::write_trace(ids, attention, model->info->router_bias, *model->session, out, {});
}

}  // namespace app::cli
