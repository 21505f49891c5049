// What a checkpoint is, in the user's language: the attention, the router's rule, the parts of the
// model. The engine says the same in English for the command line (engine/checkpoint/report_words).
#pragma once

#include <QString>

#include "engine/checkpoint/report.h"

namespace ui {

/// "64 routed, 6 per token, 2 shared", or that there are none.
QString expertsText(const engine::ModelConfig& config);
QString attentionText(const engine::ModelConfig& config);
/// "none (dense model)", or how experts are chosen and weighted, with this model's numbers.
QString routerText(const engine::ModelConfig& config);
QString partName(engine::ModelPart part);
/// What counts as activated: stands wherever the number does.
QString activatedText();
/// "as stored", "Q8_0", "experts Q4_K, the rest Q8_0".
QString formName(engine::WeightFormat form);

}  // namespace ui
