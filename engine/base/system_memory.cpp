// Reads /proc/meminfo and the limits of every control group above this process.
#include "engine/base/system_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

namespace engine {

namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> read_number(const std::string& path) {
  std::ifstream stream(path);
  std::int64_t value = 0;
  if (!(stream >> value)) return std::nullopt;  // absent, or "max"
  return value;
}

/// The value after a key at the start of a line: "MemAvailable:  123 kB", "active_file 123".
std::int64_t keyed_number(const std::string& path, std::string_view key) {
  std::ifstream stream(path);
  std::string line;
  while (std::getline(stream, line)) {
    if (!line.starts_with(key)) continue;
    std::istringstream rest(line.substr(key.size()));
    std::int64_t value = 0;
    return (rest >> value) ? value : 0;
  }
  return 0;
}

/// What one group still allows; page cache counts as free, because it is given back on demand.
std::int64_t group_allowance(const std::string& folder, const char* limit_file,
                             const char* usage_file) {
  const std::optional<std::int64_t> limit = read_number(folder + limit_file);
  const std::optional<std::int64_t> usage = read_number(folder + usage_file);
  if (!limit || !usage) return kNoLimit;
  const std::string statistics = folder + "/memory.stat";
  const std::int64_t cache =
      keyed_number(statistics, "active_file ") + keyed_number(statistics, "inactive_file ");
  return std::max<std::int64_t>(1, *limit - std::max<std::int64_t>(0, *usage - cache));
}

/// The tightest of a group and all its parents.
std::int64_t hierarchy_allowance(const std::string& mount, std::string group,
                                 const char* limit_file, const char* usage_file) {
  std::int64_t least = kNoLimit;
  while (true) {
    least = std::min(least, group_allowance(mount + group, limit_file, usage_file));
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

}  // namespace

std::int64_t available_memory_bytes(const std::string& root) {
  const std::int64_t kilobytes = keyed_number(root + "/proc/meminfo", "MemAvailable:");
  std::int64_t least = kilobytes > 0 ? kilobytes * 1024 : kNoLimit;
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {  // "0::/user.slice/…" or "5:memory:/docker/…"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string group = line.substr(second + 1);
    if (group == "/") group.clear();
    if (controllers.empty()) {
      least = std::min(least, hierarchy_allowance(root + "/sys/fs/cgroup", group, "/memory.max",
                                                  "/memory.current"));
    } else if (controllers == "memory") {
      least =
          std::min(least, hierarchy_allowance(root + "/sys/fs/cgroup/memory", group,
                                              "/memory.limit_in_bytes", "/memory.usage_in_bytes"));
    }
  }
  return least == kNoLimit ? 0 : least;
}

}  // namespace engine
