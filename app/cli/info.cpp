// info: the report a person wants before loading.
#include <iostream>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/backend/backend.h"
#include "engine/checkpoint/report.h"

namespace app::cli {

using engine::Result;

namespace {

void printBackends() {
  for (const engine::BackendDescription& backend : engine::available_backends()) {
    std::cout << (backend.available ? "Runs on         " : "Not available   ")
              << backend.description << '\n';
  }
}

}  // namespace

Result<void> runInfo(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  ASSIGN_OR_RETURN(const engine::LoadOptions options, loadOptions(arguments, 0));
  const engine::CheckpointReport report = engine::inspect_checkpoint(path, options.context_length);
  std::cout << (arguments.has("--json") ? engine::report_to_json(report)
                                        : engine::report_to_text(report));
  if (!arguments.has("--json")) printBackends();
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
