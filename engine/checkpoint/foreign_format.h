// foreign_format: what people take for a file of a checkpoint, by its first bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace engine {

/// "a Git-LFS pointer, not the model itself: fetch it with `git lfs pull`", an HTML page, an
/// archive …; empty when not recognised. For files that are text when they are right.
std::string_view known_format(std::string_view first_bytes);

/// The same for files that are weights when they are right: any other text is named as one.
std::string foreign_format(std::span<const std::byte> first_bytes);

}  // namespace engine
