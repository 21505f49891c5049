// What this machine can do at most with so many threads, measured: the yardstick of `bench`.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace app::cli {

struct MachineLimits {
  double readBytesPerSecond = 0;    // a plain read of memory far larger than the caches
  double floatOpsPerSecond = 0;     // float32 multiply-adds in registers, two operations each
  double int8OpsPerSecond = 0;      // 8-bit products into 32-bit sums; 0 without such instructions
  double forkJoinMicroseconds = 0;  // handing one job to the threads and waiting for it
  std::string floatKind;            // "AVX-512"
  std::string int8Kind;             // "AMX", "AVX-512 VNNI", "AVX2"; empty without
};

/// About a second. Each number is the best of several trials: a limit is what was reached once.
engine::Result<MachineLimits> measureMachineLimits(int nThreads);

}  // namespace app::cli
