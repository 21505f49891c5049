// info: the report a person wants before loading.
#include <iostream>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/backend/backend.h"
#include "engine/checkpoint/device_plan.h"
#include "engine/checkpoint/report.h"
#include "engine/runtime/inspect_model.h"

namespace app::cli {

using engine::Result;

namespace {

void printBackends(const engine::CheckpointReport& report, const engine::LoadOptions& options) {
  for (const engine::BackendDescription& backend : engine::available_backends()) {
    std::cout << (backend.available ? "Runs on         " : "Not available   ")
              << backend.description << '\n';
    if (!backend.available || backend.free_bytes <= 0 || !report.loadable()) continue;
    const engine::DevicePlanRequest request{report.context_length, options.prefill_chunk,
                                            options.weight_format, backend.free_bytes,
                                            options.main_memory_layers};
    const engine::DevicePlan plan = engine::device_plan(report, request);
    const Result<void> possible = engine::check_plan(plan, request);
    std::cout << "                "
              << (possible ? engine::describe_plan(plan) : possible.error().message) << '\n';
  }
}

}  // namespace

Result<void> runInfo(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  ASSIGN_OR_RETURN(const engine::LoadOptions options, loadOptions(arguments, 0));
  const engine::CheckpointReport report = engine::inspect_model(path, options.context_length);
  std::cout << (arguments.has("--json") ? engine::report_to_json(report)
                                        : engine::report_to_text(report));
  if (!arguments.has("--json")) printBackends(report, options);
  if (report.loadable()) return {};
  for (const engine::Finding& finding : report.findings) {
    if (finding.severity == engine::Finding::Severity::Error) {
      return engine::fail(engine::ErrorCode::InvalidFile,
                          "this checkpoint cannot be loaded: " + finding.message);
    }
  }
  return engine::fail(engine::ErrorCode::InvalidFile, "this checkpoint cannot be loaded");
}

}  // namespace app::cli
