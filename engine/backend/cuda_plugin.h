// Looks for libbathyscope_cuda.so beside the program, loads it by absolute path, asks what it sees,
// and makes its backend.
#pragma once

#include <memory>
#include <string>

#include "engine/backend/backend.h"

namespace engine {

/// Where the plug-in has to lie: the folder of the running program.
std::string cuda_plugin_path();

/// One line for people: the device, or why the GPU is not used (no plug-in, a damaged or foreign
/// one, no driver, driver too old, no device, a device too old, too little memory). `available` is
/// true only when ops would run there.
BackendDescription describe_cuda(const std::string& plugin_path);

/// The plug-in's backend on the first device, after its self-check. A plug-in that was asked what
/// it sees stays loaded until the program ends.
Result<std::unique_ptr<Backend>> make_cuda_backend(const std::string& plugin_path);

}  // namespace engine
