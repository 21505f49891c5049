// GgufFields: typed reading of a model's GGUF metadata that notes every fault instead of stopping
// at the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/gguf_file.h"
#include "engine/checkpoint/report.h"

namespace engine {

class GgufFields {
 public:
  /// `prefix` stands before every key asked for: "deepseek2.". Header and findings must outlive
  /// this.
  GgufFields(const GgufHeader& header, std::string file, std::string prefix,
             std::vector<Finding>* findings)
      : header_(header), file_(std::move(file)), prefix_(std::move(prefix)), findings_(*findings) {}

  bool has(std::string_view key) const { return value(key).has_value(); }
  std::optional<GgufValue> value(std::string_view key) const {
    return header_.find(prefix_ + std::string(key));
  }

  // Each reads one key; nothing when it is absent or faulty, a fault being noted.
  /// Any integer type; or one number for each layer, which must be the same in all layers that have
  /// one (zeros are layers without).
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<double> number(std::string_view key, double min, double max);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::string> word(std::string_view key);

  /// As `integer`, but an absent key is a fault; 0 then.
  std::int64_t required_integer(std::string_view key, std::int64_t min, std::int64_t max);

  /// Notes `file › metadata › key: problem`.
  void fault(Finding::Severity severity, const std::string& code, std::string_view key,
             const std::string& problem);
  void missing(std::string_view key, const std::string& allowed);
  bool any_error() const;

 private:
  void wrong_type(std::string_view key, const GgufValue& found, const std::string& allowed);

  const GgufHeader& header_;
  std::string file_;
  std::string prefix_;
  std::vector<Finding>& findings_;
};

}  // namespace engine
