// The commands of bathyscope-cli. Each prints its result on standard output; an Error becomes one
// line on standard error and a non-zero exit status.
#pragma once

#include <span>

#include "app/cli/arguments.h"

namespace app::cli {

/// Every command, in the order of the help text.
std::span<const CommandSpec> commands();

engine::Result<void> runInfo(const Arguments& arguments);
engine::Result<void> runTokenize(const Arguments& arguments);
engine::Result<void> runDetokenize(const Arguments& arguments);
engine::Result<void> runRender(const Arguments& arguments);
engine::Result<void> runLogits(const Arguments& arguments);
engine::Result<void> runTrace(const Arguments& arguments);
engine::Result<void> runGenerate(const Arguments& arguments);
engine::Result<void> runBench(const Arguments& arguments);
engine::Result<void> runPerplexity(const Arguments& arguments);
engine::Result<void> runQuantize(const Arguments& arguments);
engine::Result<void> runMakeRandom(const Arguments& arguments);

}  // namespace app::cli
