#include "engine/runtime/events.h"

namespace engine {

double GenerationStatistics::prefill_tokens_per_second() const {
  const std::int64_t n_computed = n_prompt_tokens - n_reused_tokens;
  return n_computed > 0 && prefill_seconds > 0 ? static_cast<double>(n_computed) / prefill_seconds
                                               : 0.0;
}

double GenerationStatistics::decode_tokens_per_second() const {
  return n_generated_tokens > 0 && decode_seconds > 0
             ? static_cast<double>(n_generated_tokens) / decode_seconds
             : 0.0;
}

double GenerationStatistics::acceptance() const {
  return n_drafted_tokens > 0
             ? static_cast<double>(n_accepted_tokens) / static_cast<double>(n_drafted_tokens)
             : 0.0;
}

}  // namespace engine
