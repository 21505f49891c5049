// What `bench` measures and how it is shown.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/cli/machine_limits.h"
#include "app/cli/profiling_backend.h"
#include "engine/runtime/events.h"

namespace app::cli {

struct BenchPlan {
  std::vector<std::int64_t> promptSizes;
  std::vector<std::int64_t> depths;  // empty: decoding follows the first prompt
  std::int64_t nGenerate = 0;
  std::int64_t nRepeats = 0;
  bool record = true;
  bool compareRecording = false;  // --record both: each phase with and without, in turns
  bool profile = false;
};

/// One phase: a prompt of so many tokens, or decoding behind so many.
struct BenchPhase {
  std::int64_t nTokens = 0;
  std::vector<double> rates;            // tokens per second, one per repeat
  std::vector<double> ratesUnrecorded;  // with --record both
  std::map<std::string, ProfilingBackend::Entry> profile;
  double profiledSeconds = 0;  // of the profiled repeat, everything included
};

struct BenchResult {
  std::vector<BenchPhase> prefill;
  std::vector<BenchPhase> decode;
  MachineLimits limits;
  std::int64_t peakMemoryBytes = 0;
};

double medianOf(std::vector<double> values);

/// Multiplications and additions of a prompt of n tokens, or of one token behind `depth` others.
double prefillOps(const engine::ModelInfo& info, std::int64_t n);
/// Bytes that decoding one token behind `depth` others reads: weights and cache.
double decodeBytes(const engine::ModelInfo& info, std::int64_t depth);

std::string benchToText(const BenchPlan& plan, const BenchResult& result,
                        const engine::ModelInfo& info);
std::string benchToJson(const BenchPlan& plan, const BenchResult& result,
                        const engine::ModelInfo& info);

}  // namespace app::cli
