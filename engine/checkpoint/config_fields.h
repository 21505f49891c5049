// ConfigFields: typed reading of a settings document that notes every fault instead of stopping at
// the first. Shared by config.json and generation_config.json.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/checkpoint/report.h"

namespace engine {

/// What an integer key may hold, and what it is when absent.
struct IntegerLimits {
  std::int64_t fallback = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool may_be_null = false;  // null then means null_value
  std::int64_t null_value = 0;
};

class ConfigFields {
 public:
  /// `text` is the document the values were parsed from; it and `findings` must outlive this.
  ConfigFields(std::string_view text, std::string_view file, std::vector<Finding>* findings)
      : text_(text), file_(file), findings_(findings) {}

  /// How a fault in a value is reported: an error for config.json, a warning where a default does.
  void set_severity(Finding::Severity severity) { severity_ = severity; }

  // Each reads `object[key]`; on a fault or when absent the fallback is returned. `section` is the
  // path of the object inside the document, "" or "rope_scaling › ".
  std::int64_t integer(const JsonValue& object, const std::string& section, const std::string& key,
                       const IntegerLimits& limits);
  double positive_number(const JsonValue& object, const std::string& section,
                         const std::string& key, double fallback);
  double number(const JsonValue& object, const std::string& section, const std::string& key,
                double fallback, double min, double max);
  bool flag(const JsonValue& object, const std::string& section, const std::string& key,
            bool fallback);
  /// The string, or the fallback; null counts as absent.
  std::string word(const JsonValue& object, const std::string& section, const std::string& key,
                   const std::string& fallback);

  /// Notes `file › key (line, column): problem`; an Error-severity fault also marks the key.
  void fault(Finding::Severity severity, const std::string& code, const std::string& key,
             const JsonValue* at, const std::string& problem);
  bool is_faulty(const std::string& key) const { return faulty_.count(key) != 0; }
  /// Keys that were absent, so that a default stands for them.
  const std::vector<std::string>& defaulted() const { return defaulted_; }

 private:
  void wrong_type(const std::string& path, const JsonValue& value, const std::string& allowed);

  std::string_view text_;
  std::string file_;
  std::vector<Finding>* findings_;
  Finding::Severity severity_ = Finding::Severity::Error;
  std::set<std::string> faulty_;
  std::vector<std::string> defaulted_;
};

/// A value as a message shows it: `"7168" (a string)`, `1e999`, `an object`.
std::string shown_value(const JsonValue& value);

/// "1,048,576"
std::string grouped_digits(std::int64_t value);

}  // namespace engine
