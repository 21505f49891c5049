// inspect: one past token's inner values for the panels, recomputed from the cache.
#pragma once

#include <stop_token>

#include "engine/base/result.h"
#include "engine/runtime/events.h"
#include "engine/runtime/load_model.h"

namespace engine {

/// The session is whole again afterwards. NotFound: the position is not in the cache.
Result<Inspection> inspect(const InspectRequest& request, LoadedModel& model, std::stop_token stop);

}  // namespace engine
