// Typed reading of settings, one message per fault.
#include "engine/checkpoint/config_fields.h"

#include <cmath>
#include <cstdio>

#include "engine/base/mapped_file.h"

namespace engine {

namespace {

std::string double_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

}  // namespace

std::string shown_value(const JsonValue& value) {
  constexpr std::size_t kLongest = 60;
  const std::string text = quoted_name(std::string_view(value.text).substr(0, kLongest)) +
                           (value.text.size() > kLongest ? "…" : "");
  switch (value.kind) {
    case JsonKind::String:
      return "\"" + text + "\" (a string)";
    case JsonKind::Number:
      return text;
    case JsonKind::Boolean:
      return value.boolean ? "true" : "false";
    default:
      return std::string(json_kind_name(value.kind));
  }
}

std::string grouped_digits(std::int64_t value) {
  const std::string digits = std::to_string(value);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

void ConfigFields::fault(Finding::Severity severity, const std::string& code,
                         const std::string& key, const JsonValue* at, const std::string& problem) {
  std::string message = file_;
  if (!key.empty()) message += " › " + key;
  if (at != nullptr) message += " (" + line_and_column(text_, at->offset) + ")";
  findings_->push_back({severity, code, message + ": " + problem});
  if (severity == Finding::Severity::Error) faulty_.insert(key);
}

void ConfigFields::wrong_type(const std::string& path, const JsonValue& value,
                              const std::string& allowed) {
  const bool number_in_quotes =
      value.kind == JsonKind::String && json_double(value.text).has_value();
  fault(severity_, "config-type", path, &value,
        "found " + shown_value(value) + ", allowed " + allowed +
            (number_in_quotes ? "; write the number without quotes" : ""));
}

std::int64_t ConfigFields::integer(const JsonValue& object, const std::string& section,
                                   const std::string& key, const IntegerLimits& limits) {
  const JsonValue* value = object.find(key);
  if (value == nullptr) {
    defaulted_.push_back(section + key);
    return limits.fallback;
  }
  if (value->kind == JsonKind::Null && limits.may_be_null) return limits.null_value;
  const std::string allowed =
      "a whole number from " + grouped_digits(limits.min) + " to " + grouped_digits(limits.max);
  if (value->kind != JsonKind::Number) {
    wrong_type(section + key, *value, allowed);
    return limits.fallback;
  }
  const auto number = json_integer(value->text);
  if (!number || *number < limits.min || *number > limits.max) {
    fault(severity_, "config-value", section + key, value,
          "found " + shown_value(*value) + ", allowed " + allowed);
    return limits.fallback;
  }
  return *number;
}

double ConfigFields::positive_number(const JsonValue& object, const std::string& section,
                                     const std::string& key, double fallback) {
  // The smallest and largest numbers that are still normal in float32, in which the engine works.
  return number(object, section, key, fallback, 1.2e-38, 1e38);
}

double ConfigFields::number(const JsonValue& object, const std::string& section,
                            const std::string& key, double fallback, double min, double max) {
  const JsonValue* value = object.find(key);
  if (value == nullptr || value->kind == JsonKind::Null) {
    if (value == nullptr) defaulted_.push_back(section + key);
    return fallback;
  }
  const std::string allowed = min > 0 && max > 1e37
                                  ? "a finite number above 0"
                                  : "a number from " + double_text(min) + " to " + double_text(max);
  if (value->kind != JsonKind::Number) {
    wrong_type(section + key, *value, allowed);
    return fallback;
  }
  const auto parsed = json_double(value->text);
  if (!parsed || *parsed < min || *parsed > max) {
    fault(severity_, "config-value", section + key, value,
          "found " + shown_value(*value) + ", allowed " + allowed);
    return fallback;
  }
  return *parsed;
}

bool ConfigFields::flag(const JsonValue& object, const std::string& section, const std::string& key,
                        bool fallback) {
  const JsonValue* value = object.find(key);
  if (value == nullptr || value->kind == JsonKind::Null) {
    if (value == nullptr) defaulted_.push_back(section + key);
    return fallback;
  }
  if (value->kind != JsonKind::Boolean) {
    wrong_type(section + key, *value, "true or false");
    return fallback;
  }
  return value->boolean;
}

std::string ConfigFields::word(const JsonValue& object, const std::string& section,
                               const std::string& key, const std::string& fallback) {
  const JsonValue* value = object.find(key);
  if (value == nullptr || value->kind == JsonKind::Null) return fallback;
  if (value->kind != JsonKind::String) {
    wrong_type(section + key, *value, "a string");
    return fallback;
  }
  return value->text;
}

}  // namespace engine
