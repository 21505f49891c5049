#include "app/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;

namespace {

std::string quoted(std::string_view text) { return std::string("'").append(text).append("'"); }

tl::unexpected<engine::Error> wrongValue(std::string_view option, std::string_view found,
                                         const std::string& allowed) {
  return fail(ErrorCode::InvalidArgument,
              std::string(option) + ": found " + quoted(found) + ", allowed " + allowed);
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string_view> words,
                                   std::span<const OptionSpec> options,
                                   std::span<const std::string_view> operands) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (!word.starts_with("--")) {
      if (arguments.operands_.size() == operands.size()) {
        return fail(ErrorCode::InvalidArgument, "unexpected argument " + quoted(word));
      }
      arguments.operands_.emplace_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const OptionSpec& o) { return o.name == name; });
    if (option == options.end()) {
      return fail(ErrorCode::InvalidArgument, "unknown option " + quoted(name));
    }
    std::string value;
    if (option->placeholder.empty()) {
      if (equals != std::string_view::npos) {
        return fail(ErrorCode::InvalidArgument, std::string(name) + " takes no value");
      }
    } else if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return fail(ErrorCode::InvalidArgument,
                  std::string(name) + " needs a value: " + std::string(option->placeholder));
    }
    if (!arguments.values_.emplace(name, std::move(value)).second) {
      return fail(ErrorCode::InvalidArgument, std::string(name) + " is given twice");
    }
  }
  if (arguments.operands_.size() < operands.size()) {
    const std::string_view missing = operands[arguments.operands_.size()];
    return fail(ErrorCode::InvalidArgument,
                std::string(missing) + " is missing" +
                    (missing == "MODEL" ? ": a folder, a file, or 'demo'" : ""));
  }
  return arguments;
}

std::optional<std::string> Arguments::text(std::string_view option) const {
  const auto it = values_.find(option);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

Result<std::string> Arguments::requiredText(std::string_view option) const {
  auto value = text(option);
  if (!value) return fail(ErrorCode::InvalidArgument, std::string(option) + " is missing");
  return std::move(*value);
}

Result<std::int64_t> Arguments::integer(std::string_view option, std::int64_t fallback,
                                        std::int64_t least, std::int64_t most) const {
  const auto value = text(option);
  if (!value) return fallback;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || rest != end || number < least || number > most) {
    return wrongValue(
        option, *value,
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

Result<std::uint64_t> Arguments::unsignedInteger(std::string_view option) const {
  ASSIGN_OR_RETURN(const std::string value, requiredText(option));
  std::uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || rest != end) {
    return wrongValue(option, value, "a whole number from 0 to 18446744073709551615");
  }
  return number;
}

Result<std::optional<double>> Arguments::number(std::string_view option) const {
  const auto value = text(option);
  if (!value) return std::optional<double>();
  double number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || rest != end || !std::isfinite(number)) {
    return wrongValue(option, *value, "a number");
  }
  return std::optional<double>(number);
}

}  // namespace app::cli
