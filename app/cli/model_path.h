// What the commands have in common: MODEL as a path, the common options, loading, token ids.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "engine/base/ids.h"
#include "engine/runtime/load_model.h"

namespace app::cli {

/// --backend, --instruction-set, --threads, --context, --prefill-chunk, --weights,
/// --main-memory-layers.
const std::vector<OptionSpec>& commonOptions();

/// MODEL as it is, or the folder of the bundled checkpoint for "demo".
engine::Result<std::string> modelPath(const Arguments& arguments);

/// `context` is taken when --context is not given (0: the engine's choice).
engine::Result<engine::LoadOptions> loadOptions(const Arguments& arguments, std::int64_t context);

engine::Result<std::unique_ptr<engine::LoadedModel>> loadModel(
    const Arguments& arguments, std::int64_t context, const engine::BackendWrapper& wrap = {});

/// The whole numbers of --ids 1,2,3.
engine::Result<std::vector<engine::TokenId>> tokenIds(const Arguments& arguments);

/// A text file whole; "-" is standard input.
engine::Result<std::string> readFile(const std::string& path);

}  // namespace app::cli
