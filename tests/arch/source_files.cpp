#include "tests/arch/source_files.h"

#include <fstream>
#include <set>

namespace arch {

std::vector<SourceFile> source_files() {
  const std::filesystem::path root = BATHYSCOPE_SOURCE_DIR;
  const std::set<std::string> extensions = {".h", ".cpp", ".cu", ".cuh"};
  std::vector<SourceFile> files;
  for (const char* top : {"engine", "app", "ui", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
      if (!entry.is_regular_file() || !extensions.contains(entry.path().extension().string())) {
        continue;
      }
      SourceFile file{std::filesystem::relative(entry.path(), root), {}};
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) file.lines.push_back(line);
      files.push_back(std::move(file));
    }
  }
  return files;
}

}  // namespace arch
