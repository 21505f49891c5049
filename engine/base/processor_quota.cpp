// Reads cpu.max (version 2) and cpu.cfs_quota_us (version 1) of every group above this process.
#include "engine/base/processor_quota.h"

#include <algorithm>
#include <fstream>
#include <limits>

namespace engine {

namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

double share(double quota, double period) {
  return quota > 0 && period > 0 ? quota / period : kNoLimit;
}

/// "200000 100000", or "max 100000".
double limit_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0;
  double period = 0;
  return file >> quota >> period ? share(quota, period) : kNoLimit;
}

/// The quota is -1 without a limit.
double limit_v1(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  return quota_file >> quota && period_file >> period ? share(quota, period) : kNoLimit;
}

/// The tightest of a group and all its parents.
double tightest(const std::string& mount, std::string group, double (*limit)(const std::string&)) {
  double least = kNoLimit;
  while (true) {
    least = std::min(least, limit(mount + group));
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

}  // namespace

std::optional<int> processor_quota(const std::string& root) {
  double least = kNoLimit;
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {  // "0::/user.slice/…" or "4:cpu,cpuacct:/docker/…"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    std::string group = line.substr(second + 1);
    if (group == "/") group.clear();
    if (controllers == ",,") {
      least = std::min(least, tightest(root + "/sys/fs/cgroup", group, limit_v2));
    } else if (controllers.find(",cpu,") != std::string::npos) {
      least = std::min(least, tightest(root + "/sys/fs/cgroup/cpu", group, limit_v1));
    }
  }
  if (least > 1e6) return std::nullopt;
  const int whole = static_cast<int>(least);
  return std::max(1, whole < least ? whole + 1 : whole);
}

}  // namespace engine
