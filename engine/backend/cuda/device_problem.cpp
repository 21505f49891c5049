#include "engine/backend/cuda/device_problem.h"

namespace engine::cuda {

namespace {

constexpr int kOldest = 75;  // compute capability 7.5: what the plug-in is built for
constexpr std::int64_t kLeastFree = std::int64_t{512} << 20;

std::string version(int v) {
  return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10);
}
std::string capability(int c) { return std::to_string(c / 10) + "." + std::to_string(c % 10); }
std::string mebibytes(std::int64_t n) { return std::to_string(n >> 20) + " MiB"; }

}  // namespace

std::string driver_problem(const DriverFacts& facts) {
  if (facts.driver_version == 0) return "no NVIDIA driver is installed";
  if (facts.too_old) {
    return "the driver supports CUDA " + version(facts.driver_version) + ", this plug-in needs " +
           version(facts.runtime_version) + ": update the driver";
  }
  return facts.error;
}

std::string device_problem(const DeviceFacts& facts) {
  if (facts.compute_capability < kOldest) {
    return facts.name + " has compute capability " + capability(facts.compute_capability) +
           ", this plug-in needs " + capability(kOldest) + " or newer";
  }
  if (facts.free_bytes < kLeastFree) {
    return "not enough memory: " + mebibytes(facts.free_bytes) + " of " + facts.name +
           " are free, at least " + mebibytes(kLeastFree) + " are needed";
  }
  return "";
}

}  // namespace engine::cuda
