// The dependency rule of engine/README.md, read off the #include lines.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>

#include "tests/arch/source_files.h"

namespace {

// Layer → the layers it may include, its own included. app/cli is the engine without a window: no
// Qt.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"engine/base", {"engine/base"}},
    {"engine/tensor", {"engine/tensor", "engine/base"}},
    {"engine/checkpoint", {"engine/checkpoint", "engine/tensor", "engine/base"}},
    {"engine/tokenizer", {"engine/tokenizer", "engine/base"}},
    {"engine/backend", {"engine/backend", "engine/tensor", "engine/base"}},
    {"engine/model",
     {"engine/model", "engine/backend", "engine/checkpoint", "engine/tensor", "engine/base"}},
    {"engine/runtime",
     {"engine/runtime", "engine/model", "engine/backend", "engine/checkpoint", "engine/tokenizer",
      "engine/tensor", "engine/base"}},
    {"app/cli",
     {"app/cli", "engine/runtime", "engine/model", "engine/backend", "engine/checkpoint",
      "engine/tokenizer", "engine/tensor", "engine/base"}},
    {"app",
     {"app", "engine/runtime", "engine/backend", "engine/checkpoint", "engine/tokenizer",
      "engine/base"}},
    {"ui",
     {"ui", "app", "engine/runtime", "engine/backend", "engine/checkpoint", "engine/tokenizer",
      "engine/base"}},
};

std::optional<std::string> layer_of(const std::string& path) {
  std::optional<std::string> best;
  for (const auto& [layer, allowed] : kMayInclude) {
    if (path.starts_with(layer + "/") && (!best || layer.size() > best->size())) best = layer;
  }
  return best;
}

TEST(IncludeRules, NoLayerIncludesWhatStandsAboveOrBesideIt) {
  const std::regex include(R"re(^\s*#\s*include\s*"([^"]+)")re");
  int checked = 0;
  for (const auto& file : arch::source_files()) {
    const auto layer = layer_of(file.path.generic_string());
    if (!layer) continue;
    for (const auto& line : file.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const std::string target = match[1];
      if (target.starts_with("tests/")) {
        ADD_FAILURE() << file.path << " includes a test: " << target;
      }
      const auto target_layer = layer_of(target);
      if (!target_layer) continue;
      ++checked;
      EXPECT_TRUE(kMayInclude.at(*layer).contains(*target_layer))
          << file.path << " (" << *layer << ") includes " << target;
    }
  }
  EXPECT_GT(checked, 50) << "the test no longer finds the includes it is there to check";
}

TEST(IncludeRules, EngineAndCommandLineSeeNoQt) {
  const std::regex qt(R"(^\s*#\s*include\s*<Q[A-Za-z0-9/]*>)");
  for (const auto& file : arch::source_files()) {
    const std::string path = file.path.generic_string();
    if (!path.starts_with("engine/") && !path.starts_with("app/cli/")) continue;
    for (const auto& line : file.lines) {
      EXPECT_FALSE(std::regex_search(line, qt)) << path << ": " << line;
    }
  }
}

TEST(IncludeRules, AppSeesNoWidgets) {
  const std::regex widgets(R"(^\s*#\s*include\s*<(QtWidgets|QtGui|QWidget|QPainter|QColor|QFont))");
  for (const auto& file : arch::source_files()) {
    const std::string path = file.path.generic_string();
    if (!path.starts_with("app/")) continue;
    for (const auto& line : file.lines) {
      EXPECT_FALSE(std::regex_search(line, widgets)) << path << ": " << line;
    }
  }
}

// How long a test waits is said in one place: Qt's own five seconds are too few for a sanitizer on
// a busy machine, and what a clock on the wall says is no property of the program.
TEST(IncludeRules, QtTestsArePatient) {
  const std::regex impatient(
      R"(<QtTest>|<QTest>|<QSignalSpy>|qWaitFor|_WITH_TIMEOUT|QElapsedTimer|\.wait\(\))");
  int checked = 0;
  for (const auto& file : arch::source_files()) {
    const std::string path = file.path.generic_string();
    if (!path.starts_with("tests/app/") && !path.starts_with("tests/ui/")) continue;
    ++checked;
    for (const auto& line : file.lines) {
      EXPECT_FALSE(std::regex_search(line, impatient)) << path << ": " << line;
    }
  }
  EXPECT_GT(checked, 20);
}

TEST(IncludeRules, ModelSeesNoDevice) {
  for (const auto& file : arch::source_files()) {
    const std::string path = file.path.generic_string();
    if (!path.starts_with("engine/model/")) continue;
    for (const auto& line : file.lines) {
      for (const char* device :
           {"engine/backend/cpu/", "engine/backend/cuda/", "engine/backend/reference/"}) {
        EXPECT_EQ(line.find(device), std::string::npos) << path << ": " << line;
      }
    }
  }
}

}  // namespace
