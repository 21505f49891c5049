// The engine's sentences as patterns: %1, %2 … stand for what varies. In the order in which they
// are tried; engine_text takes a sentence apart by them, part for part.
#pragma once

#include <span>

namespace app {

std::span<const char* const> runPatterns();
std::span<const char* const> filePatterns();
std::span<const char* const> findingPatterns();
std::span<const char* const> partPatterns();
/// Their arguments are numbers: anything else around such words is no range.
std::span<const char* const> numberPatterns();
std::span<const char* const> lastPatterns();

}  // namespace app
