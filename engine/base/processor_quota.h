// How much processor time this process's control groups allow: a container may see 64 processors
// and be given two.
#pragma once

#include <optional>
#include <string>

namespace engine {

/// Whole processors, rounded up, of the tightest limit; nothing without one. `root` stands before
/// /proc and /sys (tests).
std::optional<int> processor_quota(const std::string& root = "");

}  // namespace engine
