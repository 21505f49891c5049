// bathyscope-cli: picks the command, prints help, turns an Error into one line and an exit status.
#include <algorithm>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/base/mapping_guard.h"

namespace app::cli {

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

std::vector<OptionSpec> allOptions(const CommandSpec& command) {
  std::vector<OptionSpec> options = command.options;
  if (!command.runs_a_model) return options;
  options.insert(options.end(), commonOptions().begin(), commonOptions().end());
  return options;
}

void printOptions(std::span<const OptionSpec> options) {
  for (const OptionSpec& option : options) {
    const std::string left = std::string(option.name) + " " + std::string(option.placeholder);
    std::cout << "  " << std::left << std::setw(24) << left << option.help << '\n';
  }
}

void printHelp() {
  std::cout << "bathyscope-cli " << BATHYSCOPE_VERSION
            << ": the Bathyscope engine without a window\n\n"
               "usage: bathyscope-cli COMMAND MODEL [options]\n\n"
               "MODEL is a checkpoint's folder, a file in it, or 'demo' for the bundled one.\n\n"
               "commands:\n";
  for (const CommandSpec& command : commands()) {
    std::cout << "  " << std::left << std::setw(12) << command.name << command.summary << '\n';
  }
  std::cout << "\noptions of every command:\n";
  printOptions(commonOptions());
  std::cout << "\nbathyscope-cli COMMAND --help lists a command's own options.\n";
}

void printHelp(const CommandSpec& command) {
  std::cout << "usage: bathyscope-cli " << command.name;
  for (const std::string_view operand : command.operands) std::cout << ' ' << operand;
  std::cout << " [options]\n\n" << command.summary << "\n\noptions:\n";
  printOptions(command.options);
  if (!command.runs_a_model) return;
  std::cout << "\noptions of every command:\n";
  printOptions(commonOptions());
}

int report(const engine::Error& error, int status) {
  std::string line = error.message;
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::cout.flush();
  std::cerr << "bathyscope-cli: " << line << " [" << engine::error_code_name(error.code) << "]\n";
  return status;
}

int run(std::span<const std::string_view> words) {
  const auto wantsHelp = [](std::string_view word) { return word == "--help" || word == "-h"; };
  if (words.empty()) {
    return report({engine::ErrorCode::InvalidArgument, "no command is given; see --help"}, kUsage);
  }
  if (wantsHelp(words.front())) {
    printHelp();
    return 0;
  }
  if (words.front() == "--version") {
    std::cout << "bathyscope-cli " << BATHYSCOPE_VERSION << '\n';
    return 0;
  }
  const auto command = std::find_if(commands().begin(), commands().end(),
                                    [&](const CommandSpec& c) { return c.name == words.front(); });
  if (command == commands().end()) {
    return report({engine::ErrorCode::InvalidArgument,
                   "unknown command '" + std::string(words.front()) + "'; see --help"},
                  kUsage);
  }
  if (std::any_of(words.begin(), words.end(), wantsHelp)) {
    printHelp(*command);
    return 0;
  }
  const auto arguments =
      Arguments::parse(words.subspan(1), allOptions(*command), command->operands);
  if (!arguments) {
    engine::Error error = arguments.error();
    error.message += "; see bathyscope-cli " + std::string(command->name) + " --help";
    return report(error, kUsage);
  }
  const auto done = command->run(*arguments);
  std::cout.flush();
  if (!done) return report(done.error(), kFailed);
  if (!std::cout)
    return report({engine::ErrorCode::Io, "writing to standard output failed"}, kFailed);
  return 0;
}

}  // namespace

}  // namespace app::cli

int main(int argc, char** argv) {
  engine::install_mapping_guard();
  try {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    return app::cli::run(words);
  } catch (const std::bad_alloc&) {
    return app::cli::report({engine::ErrorCode::OutOfMemory, "out of memory"}, app::cli::kFailed);
  } catch (const std::exception& e) {
    return app::cli::report({engine::ErrorCode::Internal, e.what()}, app::cli::kFailed);
  }
}
