// What an op has to read and to multiply at least, for the rates of `bench --profile`.
#pragma once

#include <cstdint>
#include <span>

#include "engine/backend/backend.h"

namespace app::cli {

struct OpCost {
  double bytes = 0;  // of weights and cache, each counted once
  double ops = 0;    // multiplications and additions

  OpCost& operator+=(const OpCost& other);
};

OpCost productCost(const engine::WeightView& w, std::int64_t nTokens);
OpCost mlpCost(const engine::MlpWeights& mlp, std::int64_t nTokens);
/// Experts that some token chose; ids are in main memory.
OpCost moeCost(std::span<const engine::MlpWeights> experts, std::span<const std::int32_t> ids);
/// The bytes of a slot are those that the backend keeps for it, or of the float32 cache.
OpCost mlaCost(const engine::MlaAttentionArgs& args, engine::AttentionForm form,
               std::int64_t keptElements);
OpCost gqaCost(const engine::GqaAttentionArgs& args);

}  // namespace app::cli
