// Processor time of the calling thread: what else the machine does is no part of it.
#pragma once

#include <stdlib.h>
#include <time.h>

namespace support {

inline double thread_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// What must not take longer than `milliseconds`: exactly so where BATHYSCOPE_QUIET_MACHINE says
/// that nothing else runs; elsewhere twenty times that, because a processor shared with others, or
/// a sanitizer, makes every step slower. Work that grows without bound still is far beyond it.
inline double limit(double milliseconds) {
  return ::getenv("BATHYSCOPE_QUIET_MACHINE") != nullptr ? milliseconds : 20 * milliseconds;
}

}  // namespace support
