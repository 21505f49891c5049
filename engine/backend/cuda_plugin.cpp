#include "engine/backend/cuda_plugin.h"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "engine/backend/cuda/plugin_abi.h"

namespace engine {
namespace {

/// What a plug-in of this version offers.
struct Plugin {
  BathyscopeCudaProbeDevice probe_device = nullptr;
  BathyscopeCudaMakeBackend make_backend = nullptr;
};

struct CloseLibrary {
  void operator()(void* handle) const { dlclose(handle); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

template <class Function>
Function symbol(const Library& library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library.get(), name));
}

Result<Plugin> check_plugin(const Library& library, const std::string& path) {
  const auto version = symbol<BathyscopeCudaAbiVersion>(library, "bathyscope_cuda_abi_version");
  if (version == nullptr) {
    return fail(ErrorCode::InvalidFile, path + " is not a Bathyscope plug-in");
  }
  if (version() != kBathyscopeCudaAbi) {
    return fail(ErrorCode::Unsupported, "the plug-in is of version " + std::to_string(version()) +
                                            ", this program needs " +
                                            std::to_string(kBathyscopeCudaAbi));
  }
  const auto build = symbol<BathyscopeCudaBuild>(library, "bathyscope_cuda_build");
  const auto layout = symbol<BathyscopeCudaLayout>(library, "bathyscope_cuda_layout");
  const Plugin plugin{symbol<BathyscopeCudaProbeDevice>(library, "bathyscope_cuda_probe_device"),
                      symbol<BathyscopeCudaMakeBackend>(library, "bathyscope_cuda_make_backend")};
  if (build == nullptr || layout == nullptr || plugin.probe_device == nullptr ||
      plugin.make_backend == nullptr) {
    return fail(ErrorCode::InvalidFile, path + " is damaged: a function is missing");
  }
  if (std::strcmp(build(), cuda::kBuild) != 0 || layout() != cuda::backend_layout()) {
    return fail(ErrorCode::Unsupported, "the plug-in was built with " + std::string(build()) +
                                            " or other sources, this program with " + cuda::kBuild +
                                            ": install both from one build");
  }
  return plugin;
}

template <class T>
bool read_at(std::ifstream& file, std::uint64_t offset, T* value) {
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(reinterpret_cast<char*>(value), sizeof(T)));
}

/// The dynamic loader maps a library that was cut short and dies of reading it: so its segments are
/// looked at first.
bool is_whole_library(const std::string& path) {
  std::error_code error;
  const std::uint64_t n_bytes = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header{};
  if (error || !read_at(file, 0, &header)) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) return false;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!read_at(file, header.e_phoff + i * sizeof segment, &segment)) return false;
    if (segment.p_offset > n_bytes || segment.p_filesz > n_bytes - segment.p_offset) return false;
  }
  return header.e_phnum > 0;
}

/// `flags`: RTLD_NODELETE once it is to do more than say what it is.
Result<Library> open_plugin(const std::string& path, int flags) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) {
    return fail(ErrorCode::NotFound,
                "there is no plug-in (libbathyscope_cuda.so) beside the program");
  }
  if (!is_whole_library(path)) {
    return fail(ErrorCode::InvalidFile,
                "the plug-in cannot be loaded: " + path + " is damaged or cut short");
  }
  Library library(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | flags));
  if (library) return library;
  return fail(ErrorCode::InvalidFile, std::string("the plug-in cannot be loaded: ") + dlerror());
}

BackendDescription not_used(const std::string& reason) {
  return {BackendKind::Cuda, false, "CUDA is not used: " + reason, 0, 0};
}

BackendDescription describe(const BathyscopeCudaProbe& probe, int device) {
  BackendDescription description = not_used(probe.problem);
  description.device = device;
  if (probe.problem[0] != '\0') return description;
  const std::string number =
      probe.n_devices > 1 ? "GPU " + std::to_string(device) + ", " : std::string();
  description.available = true;
  description.description = "CUDA · " + number + probe.device_name + " · " +
                            std::to_string(probe.free_bytes >> 20) + " of " +
                            std::to_string(probe.total_bytes >> 20) + " MiB free";
  description.free_bytes = probe.free_bytes;
  description.total_bytes = probe.total_bytes;
  return description;
}

bool is_better(const BackendDescription& a, const BackendDescription& b) {
  if (a.available != b.available) return a.available;
  return a.free_bytes > b.free_bytes;
}

}  // namespace

std::string cuda_plugin_path() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  return (program.parent_path() / "libbathyscope_cuda.so").string();
}

std::vector<BackendDescription> describe_cuda(const std::string& plugin_path) {
  const auto library = open_plugin(plugin_path, 0);
  if (!library) return {not_used(library.error().message)};
  const auto plugin = check_plugin(*library, plugin_path);
  if (!plugin) return {not_used(plugin.error().message)};
  // From the first question on the CUDA runtime has threads and thread-local memory of its own:
  // what it is made of must not be unmapped under them.
  const auto stays = open_plugin(plugin_path, RTLD_NODELETE);
  if (!stays) return {not_used(stays.error().message)};
  std::vector<BackendDescription> devices;
  BathyscopeCudaProbe probe{};
  do {
    const auto device = static_cast<int>(devices.size());
    plugin->probe_device(device, &probe);
    devices.push_back(describe(probe, device));
  } while (static_cast<int>(devices.size()) < probe.n_devices);
  // The best to the front; the others stay in their order, those of use before those of none.
  const auto best = std::min_element(devices.begin(), devices.end(), is_better);
  std::rotate(devices.begin(), best, best + 1);
  std::stable_partition(devices.begin(), devices.end(),
                        [](const BackendDescription& d) { return d.available; });
  return devices;
}

Result<std::unique_ptr<Backend>> make_cuda_backend(const std::string& plugin_path, int device) {
  const std::vector<BackendDescription> devices = describe_cuda(plugin_path);
  auto used = devices.begin();
  if (device >= 0 && devices.front().device >= 0) {
    used = std::find_if(devices.begin(), devices.end(),
                        [device](const BackendDescription& d) { return d.device == device; });
    if (used == devices.end()) {
      return fail(ErrorCode::InvalidArgument, "GPU: found " + std::to_string(device) +
                                                  ", allowed 0 to " +
                                                  std::to_string(devices.size() - 1));
    }
  }
  if (!used->available) {
    return fail(ErrorCode::Unsupported, used->description + "; choose the CPU backend");
  }
  ASSIGN_OR_RETURN(const Library library, open_plugin(plugin_path, RTLD_NODELETE));
  ASSIGN_OR_RETURN(const Plugin plugin, check_plugin(library, plugin_path));
  std::array<char, 1024> problem{};
  auto code = static_cast<std::int32_t>(ErrorCode::Device);
  auto* backend = static_cast<Backend*>(
      plugin.make_backend(used->device, &code, problem.data(), problem.size()));
  if (backend == nullptr) {
    return fail(static_cast<ErrorCode>(code),
                std::string(problem.data()) + "; choose the CPU backend");
  }
  return std::unique_ptr<Backend>(backend);
}

}  // namespace engine
