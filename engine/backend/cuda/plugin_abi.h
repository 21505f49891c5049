// The interface between the program and libbathyscope_cuda.so: the only thing the two sides share.
// The program never links CUDA; it loads the plug-in by absolute path
// (engine/backend/cuda_plugin.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/backend/backend.h"

extern "C" {

/// What the CUDA runtime says about this machine and one of its devices. Strings are UTF-8 and end
/// with NUL.
struct BathyscopeCudaProbe {
  std::int32_t n_devices;           // that CUDA_VISIBLE_DEVICES shows
  std::int32_t runtime_version;     // 13000 for 13.0
  std::int32_t driver_version;      // 0 when there is no driver
  std::int32_t compute_capability;  // 90 for 9.0
  std::int64_t free_bytes;
  std::int64_t total_bytes;
  char device_name[256];  // "" when there is none
  char problem[256];      // why it cannot be used, "" when it can
};

/// Raised when the struct, a function or Backend changes; the program refuses another version by
/// name.
constexpr std::int32_t kBathyscopeCudaAbi = 6;

using BathyscopeCudaAbiVersion = std::int32_t (*)();
/// C++ objects cross this border: both sides must come from the same compiler and the same headers.
using BathyscopeCudaBuild = const char* (*)();
using BathyscopeCudaLayout = std::uint64_t (*)();
using BathyscopeCudaProbeDevice = void (*)(std::int32_t ordinal, BathyscopeCudaProbe* probe);
/// An engine::Backend of device `ordinal` for the caller to delete, or null and why in `problem`
/// [problem_bytes]. The error's code is in *code.
using BathyscopeCudaMakeBackend = void* (*)(std::int32_t ordinal, std::int32_t* code, char* problem,
                                            std::size_t problem_bytes);

}  // extern "C"

namespace engine::cuda {

constexpr const char* kBuild = __VERSION__;

/// Changes with the sizes of what the ops take.
constexpr std::uint64_t backend_layout() {
  std::uint64_t mixed = 0;
  for (const std::size_t n :
       {sizeof(Buffer), sizeof(WeightView), sizeof(MatView), sizeof(MlaAttentionArgs),
        sizeof(GqaAttentionArgs), sizeof(IndexerArgs), sizeof(AttentionProbe), sizeof(RouterArgs),
        sizeof(RouterOutput), sizeof(BackendLimits), sizeof(RopeTable), sizeof(DecodeStep),
        sizeof(LogitSummary), sizeof(Error)}) {
    mixed = mixed * 1009 + n;
  }
  return mixed;
}

}  // namespace engine::cuda
