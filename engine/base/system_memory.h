// How much memory this process could still take.
#pragma once

#include <cstdint>
#include <string>

namespace engine {

/// Bytes: the machine's MemAvailable, or less where a control group (a container) allows less. 0
/// when the system does not say, 1 when nothing is left. `root` is "" outside tests: the folder
/// that /proc and /sys lie in.
std::int64_t available_memory_bytes(const std::string& root = "");

}  // namespace engine
