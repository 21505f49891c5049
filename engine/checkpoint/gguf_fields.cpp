// Reading typed metadata with findings.
#include "engine/checkpoint/gguf_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace engine {

namespace {

using Severity = Finding::Severity;

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

}  // namespace

void GgufFields::fault(Severity severity, const std::string& code, std::string_view key,
                       const std::string& problem) {
  findings_.push_back(
      {severity, code, file_ + " › metadata › " + prefix_ + std::string(key) + ": " + problem});
}

void GgufFields::missing(std::string_view key, const std::string& allowed) {
  fault(Severity::Error, "config-missing", key, "found nothing, allowed " + allowed);
}

void GgufFields::wrong_type(std::string_view key, const GgufValue& found,
                            const std::string& allowed) {
  fault(Severity::Error, "config-type", key, "found " + found.shown() + ", allowed " + allowed);
}

bool GgufFields::any_error() const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [](const Finding& finding) { return finding.severity == Severity::Error; });
}

std::optional<std::int64_t> GgufFields::integer(std::string_view key, std::int64_t min,
                                                std::int64_t max) {
  const std::optional<GgufValue> found = value(key);
  if (!found) return std::nullopt;
  const std::string allowed =
      "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  std::optional<std::int64_t> number = found->integer();
  if (found->type == GgufType::Array) {
    for (std::uint64_t i = 0; i < found->count && found->element != GgufType::String; ++i) {
      const std::optional<std::int64_t> item = found->item(i).integer();
      if (!item) break;
      if (number && *number != 0 && *item != 0 && *item != *number) {
        fault(Severity::Error, "config-unsupported", key,
              "found " + std::to_string(*number) + " for some layers and " + std::to_string(*item) +
                  " for others, allowed the same for all");
        return std::nullopt;
      }
      if (!number || *number == 0) number = item;
    }
  }
  if (!number) {
    wrong_type(key, *found, allowed);
    return std::nullopt;
  }
  if (*number >= min && *number <= max) return number;
  fault(Severity::Error, "config-value", key,
        "found " + std::to_string(*number) + ", allowed " + allowed);
  return std::nullopt;
}

std::int64_t GgufFields::required_integer(std::string_view key, std::int64_t min,
                                          std::int64_t max) {
  if (!has(key)) {
    missing(key, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return 0;
  }
  return integer(key, min, max).value_or(0);
}

std::optional<double> GgufFields::number(std::string_view key, double min, double max) {
  const std::optional<GgufValue> found = value(key);
  if (!found) return std::nullopt;
  const std::string allowed = "a number from " + number_text(min) + " to " + number_text(max);
  const std::optional<double> number = found->number();
  if (!number) {
    wrong_type(key, *found, allowed);
    return std::nullopt;
  }
  if (*number >= min && *number <= max) return number;
  fault(Severity::Error, "config-value", key,
        "found " + number_text(*number) + ", allowed " + allowed);
  return std::nullopt;
}

std::optional<bool> GgufFields::flag(std::string_view key) {
  const std::optional<GgufValue> found = value(key);
  if (!found) return std::nullopt;
  if (!found->flag()) wrong_type(key, *found, "a bool");
  return found->flag();
}

std::optional<std::string> GgufFields::word(std::string_view key) {
  const std::optional<GgufValue> found = value(key);
  if (!found) return std::nullopt;
  if (!found->text()) {
    wrong_type(key, *found, "a string");
    return std::nullopt;
  }
  return std::string(*found->text());
}

}  // namespace engine
