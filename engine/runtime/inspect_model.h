// inspect_model: the report a person wants before loading, with what only trying can tell: whether
// this program can reproduce the tokenizer and whether the chat template renders.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "engine/checkpoint/report.h"
#include "engine/runtime/text_files.h"

namespace engine {

/// inspect_checkpoint, and the tokenizer and chat template made as loading makes them (a tenth of a
/// second for the largest: not for the GUI thread), then let go. `stop` ends it between its steps.
CheckpointReport inspect_model(const std::string& path, std::int64_t context_length,
                               const std::stop_token& stop = {});

/// Writes what became of a checkpoint's texts into its report: `tokenizer`, `chat_template` and
/// the findings about them. `text`: what make_text_model said of `sources`.
void report_text(const TextSources& sources, const Result<TextModel>& text,
                 CheckpointReport* report);

}  // namespace engine
