// Looks for libbathyscope_cuda.so beside the program, loads it by absolute path, asks what it sees,
// and makes its backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"

namespace engine {

/// Where the plug-in has to lie: the folder of the running program.
std::string cuda_plugin_path();

/// One line for people for each device, or one that says why no GPU is used (no plug-in, a damaged
/// or foreign one, no driver, driver too old, no device, a device too old, too little memory).
/// `available` is true only where ops would run. The device with most free memory comes first, of
/// equals the lower number; then the others that can be used, then those that cannot.
std::vector<BackendDescription> describe_cuda(const std::string& plugin_path);

/// The plug-in's backend on the first of these devices or on the one with this number, after its
/// self-check. A plug-in that was asked what it sees stays loaded until the program ends.
Result<std::unique_ptr<Backend>> make_cuda_backend(const std::string& plugin_path, int device = -1);

}  // namespace engine
