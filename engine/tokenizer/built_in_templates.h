// The families' chat templates, for checkpoints that bring none or one that cannot run.
#pragma once

#include <string_view>

namespace engine {

/// "" for a family that is not known.
std::string_view built_in_template(std::string_view family);

}  // namespace engine
