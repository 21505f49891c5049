// Looks for libbathyscope_cuda.so beside the program, loads it by absolute path and asks what it
// sees.
#pragma once

#include <string>

#include "engine/backend/backend.h"

namespace engine {

/// Where the plug-in has to lie: the folder of the running program.
std::string cuda_plugin_path();

/// One line for people: the device, or why the GPU is not used (no plug-in, a damaged or foreign
/// one, no driver, driver too old, no device). `available` is true only when ops would run there.
BackendDescription describe_cuda(const std::string& plugin_path);

}  // namespace engine
