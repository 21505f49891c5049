// Arguments: the command line, checked against what a command knows. Every command of the program
// is described by one CommandSpec.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace app::cli {

struct OptionSpec {
  std::string_view name;         // "--threads"
  std::string_view placeholder;  // "N"; empty: a flag without a value
  std::string_view help;
};

class Arguments;

struct CommandSpec {
  std::string_view name;
  std::string_view summary;
  std::vector<OptionSpec> options;
  engine::Result<void> (*run)(const Arguments& arguments);
  /// The names of what stands without an option, all of it required.
  std::vector<std::string_view> operands = {"MODEL"};
  bool runs_a_model = true;  // takes the options of every command
};

/// The operands (MODEL, mostly) and the options that were given.
class Arguments {
 public:
  /// `words` after the command's name. InvalidArgument names what is unknown, missing or repeated.
  static engine::Result<Arguments> parse(std::span<const std::string_view> words,
                                         std::span<const OptionSpec> options,
                                         std::span<const std::string_view> operands);

  const std::string& model() const { return operands_.front(); }
  const std::string& operand(std::size_t i) const { return operands_[i]; }
  bool has(std::string_view option) const { return values_.contains(option); }
  std::optional<std::string> text(std::string_view option) const;
  engine::Result<std::string> requiredText(std::string_view option) const;
  /// Whole numbers from `least` to `most`; `fallback` when the option is not given.
  engine::Result<std::int64_t> integer(std::string_view option, std::int64_t fallback,
                                       std::int64_t least, std::int64_t most) const;
  /// 0 to 2^64 − 1; the option was given.
  engine::Result<std::uint64_t> unsignedInteger(std::string_view option) const;
  engine::Result<std::optional<double>> number(std::string_view option) const;

 private:
  std::vector<std::string> operands_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace app::cli
