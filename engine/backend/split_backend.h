// SplitBackend: a device whose memory does not hold the whole model. The routed experts of some
// layers stay in main memory and are computed there; everything else runs on the device.
#pragma once

#include <memory>

#include "engine/backend/backend.h"

namespace engine {

/// `host` computes in main memory. Weights given to place_in_main_memory are its; a moe whose
/// experts are among them downloads its rows, runs there, and uploads the sums: such a layer waits
/// for the device twice, and a decode step with one cannot be replayed.
std::unique_ptr<Backend> make_split_backend(std::unique_ptr<Backend> device,
                                            std::unique_ptr<Backend> host);

}  // namespace engine
