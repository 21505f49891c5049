// Why a GPU is not used, in one line: from what a driver and a device say about themselves. Apart
// from plugin.cpp, so that it is tested without either.
#pragma once

#include <cstdint>
#include <string>

namespace engine::cuda {

/// Versions as CUDA counts them: 11040 for 11.4; 0: there is no driver.
struct DriverFacts {
  int driver_version = 0;
  int runtime_version = 0;
  bool too_old = false;  // the runtime says so
  std::string error;     // what it says otherwise
};
/// When no device can be asked.
std::string driver_problem(const DriverFacts& facts);

struct DeviceFacts {
  std::string name;
  int compute_capability = 0;  // 90 for 9.0
  std::int64_t free_bytes = 0;
};
/// "" when the device can be used.
std::string device_problem(const DeviceFacts& facts);

}  // namespace engine::cuda
