// The project's own source files, for the tests that read them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace arch {

struct SourceFile {
  std::filesystem::path path;  // relative to the project: "engine/model/router.cpp"
  std::vector<std::string> lines;
  std::string top() const { return path.begin()->string(); }  // "engine"
};

/// Every .h, .cpp, .cu and .cuh under engine, app, ui and tests.
std::vector<SourceFile> source_files();

}  // namespace arch
