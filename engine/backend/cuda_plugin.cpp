#include "engine/backend/cuda_plugin.h"

#include <dlfcn.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "engine/backend/cuda/plugin_abi.h"

namespace engine {
namespace {

struct CloseLibrary {
  void operator()(void* handle) const { dlclose(handle); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

BackendDescription not_used(const std::string& reason) {
  return {BackendKind::Cuda, false, "CUDA is not used: " + reason};
}

}  // namespace

std::string cuda_plugin_path() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  return (program.parent_path() / "libbathyscope_cuda.so").string();
}

BackendDescription describe_cuda(const std::string& plugin_path) {
  std::error_code error;
  if (plugin_path.empty() || !std::filesystem::exists(plugin_path, error)) {
    return not_used("there is no plug-in (libbathyscope_cuda.so) beside the program");
  }
  const Library library(dlopen(plugin_path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library) return not_used(std::string("the plug-in cannot be loaded: ") + dlerror());
  const auto version = reinterpret_cast<BathyscopeCudaAbiVersion>(
      dlsym(library.get(), "bathyscope_cuda_abi_version"));
  const auto probe_devices = reinterpret_cast<BathyscopeCudaProbeDevices>(
      dlsym(library.get(), "bathyscope_cuda_probe_devices"));
  if (version == nullptr || probe_devices == nullptr) {
    return not_used(plugin_path + " is not a Bathyscope plug-in");
  }
  if (version() != kBathyscopeCudaAbi) {
    return not_used("the plug-in is of version " + std::to_string(version()) +
                    ", this program needs " + std::to_string(kBathyscopeCudaAbi));
  }
  BathyscopeCudaProbe probe{};
  probe_devices(&probe);
  if (probe.problem[0] != '\0') return not_used(probe.problem);
  return not_used(std::string(probe.device_name) +
                  " is there, but this version computes on the CPU only");
}

}  // namespace engine
