// make-random: a checkpoint of random weights in the shape of a released model.
#include <iomanip>
#include <iostream>

#include "app/cli/commands.h"
#include "app/cli/progress.h"
#include "engine/checkpoint/random_checkpoint.h"

namespace app::cli {

using engine::Result;

namespace {

constexpr std::int64_t kMostLayers = 1024;

void listShapes() {
  for (const engine::RandomShape& shape : engine::random_shapes()) {
    std::cout << std::left << std::setw(16) << shape.name << shape.summary << '\n';
  }
}

}  // namespace

Result<void> runMakeRandom(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string shape, arguments.requiredText("--shape"));
  if (shape == "list") {
    listShapes();
    return {};
  }
  ASSIGN_OR_RETURN(const std::int64_t layers, arguments.integer("--layers", 0, 1, kMostLayers));
  ASSIGN_OR_RETURN(const engine::ModelConfig config, engine::random_shape_config(shape, layers));
  ASSIGN_OR_RETURN(const std::string type, arguments.requiredText("--type"));
  const auto mix = engine::type_mix_from_name(type);
  if (!mix) {
    return engine::fail(engine::ErrorCode::InvalidArgument,
                        "--type: found '" + type + "', allowed bf16, q8_0, q4_k_m, f32");
  }
  ASSIGN_OR_RETURN(const std::string out, arguments.requiredText("--out"));
  RETURN_IF_ERROR(checkMayWrite(out, arguments.has("--force")));
  Progress progress("Writing " + out);
  engine::RandomCheckpointOptions options;
  options.name = "random " + shape + " " + type;
  options.mix = *mix;
  if (arguments.has("--seed")) {
    ASSIGN_OR_RETURN(options.seed, arguments.unsignedInteger("--seed"));
  }
  options.stop = progress.token();
  options.on_progress = [&](std::int64_t done, std::int64_t total) {
    progress.update(done, total);
  };
  return engine::write_random_checkpoint(config, out, options);
}

}  // namespace app::cli
