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

/// The family by `model_type` and `architectures`; fills in its defaults. False when nothing else
/// in the file is worth reading.
bool read_family(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

/// What a config of this family is when its file says nothing.
ModelConfig family_defaults(Architecture architecture);

/// Every whole-number key of the family; absent ones keep the defaults already in `config`.
void read_integer_keys(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

/// What `config` has for a key of its family's table; 0 for another key.
std::int64_t integer_key_value(const ModelConfig& config, std::string_view key);

/// `sliding_window`, and which layers have it.
void read_window(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

/// The rules between keys, each checked only when its keys are right by themselves.
void check_rules(const JsonValue& root, const ModelConfig& config, ConfigFields* fields);

/// `rope_theta`, and `rope_scaling` or `rope_parameters` in either spelling.
void read_rope(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

/// `quantization_config`: FP8 blocks or nothing.
void read_quantization(const JsonValue& root, ConfigFields* fields, ModelConfig* config);

}  // namespace engine
