// read_model_config: config.json → ModelConfig with every fault as a finding of its own.
#pragma once

#include <string_view>
#include <vector>

#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/report.h"

namespace engine {

struct ConfigReading {
  ModelConfig config;  // as far as it could be read
  std::vector<Finding> findings;
  bool valid() const;  // no Error among the findings
};

ConfigReading read_model_config(std::string_view json_text, std::string_view file);

/// `rope_theta`, and `rope_scaling` or `rope_parameters` in either spelling.
void read_rope(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

/// `quantization_config`: FP8 blocks or nothing.
void read_quantization(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

}  // namespace engine
