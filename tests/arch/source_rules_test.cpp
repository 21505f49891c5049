// Size limits, and words that must not appear in the sources.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "tests/arch/source_files.h"

namespace {

constexpr std::size_t kMaxLines = 400;
constexpr std::size_t kMaxKernelLines = 600;

// Path → why it may be longer than kMaxLines.
const std::map<std::string, std::string> kLongFiles = {};

TEST(SourceRules, FilesStayShort) {
  for (const auto& file : arch::source_files()) {
    const std::string path = file.path.generic_string();
    const bool kernel = path.find("/kernels") != std::string::npos ||
                        path.find("/cpu/attention_") != std::string::npos || path.ends_with(".cu");
    const std::size_t limit = kernel ? kMaxKernelLines : kMaxLines;
    if (file.lines.size() > limit && !kLongFiles.contains(path)) {
      ADD_FAILURE() << path << " has " << file.lines.size() << " lines, allowed " << limit;
    }
  }
}

struct ForbiddenWord {
  std::string top;  // folder it is forbidden in; "" = everywhere
  std::regex pattern;
  std::string reason;
};

TEST(SourceRules, ForbiddenWordsAreAbsent) {
  const std::vector<ForbiddenWord> rules = {
      {"",
       std::regex("Blocking"
                  "QueuedConnection"),
       "the GUI never waits for the engine"},
      {"app",
       std::regex("process"
                  "Events\\("),
       "no nested event loops"},
      {"ui",
       std::regex("process"
                  "Events\\("),
       "no nested event loops"},
      {"app", std::regex("\\bm?u?sleep\\(|sleep_for"), "no sleeps, no polls"},
      {"ui", std::regex("\\bm?u?sleep\\(|sleep_for"), "no sleeps, no polls"},
      {"engine", std::regex("std::cout|std::printf|\\bprintf\\("), "the engine does not print"},
      {"engine", std::regex("\\bgetenv\\("), "the engine reads no environment"},
      {"engine",
       std::regex("std::"
                  "regex\\b"),
       "std::regex overflows the stack on long text"},
      {"app",
       std::regex("std::"
                  "regex\\b"),
       "std::regex overflows the stack on long text"},
      {"ui",
       std::regex("set"
                  "(Html|Markdown)\\("),
       "model text is never given to an HTML parser"},
      {"",
       std::regex("\\bTO"
                  "DO\\b|\\bFIX"
                  "ME\\b"),
       "no leftovers"},
      {"",
       std::regex("ffast"
                  "-math"),
       "sums must not be reordered by the compiler"},
  };
  for (const auto& file : arch::source_files()) {
    for (const auto& rule : rules) {
      if (!rule.top.empty() && rule.top != file.top()) continue;
      for (const auto& line : file.lines) {
        EXPECT_FALSE(std::regex_search(line, rule.pattern))
            << file.path << ": " << rule.reason << ": " << line;
      }
    }
  }
}

}  // namespace
