// Probe: what may be watched while tokens go through the model. A null probe costs nothing.
// Called by transformer, moe and mla_attention; implemented in runtime (recording, trace, replay).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/backend/backend.h"
#include "engine/base/ids.h"

namespace engine {

class Probe {
 public:
  virtual ~Probe() = default;
  /// Whether the router's scores and groups are wanted beside its choice.
  virtual bool wants_router_scores() const { return false; }
  /// Whether on_routed is all that is wanted: then a device need not be waited for between layers.
  virtual bool wants_only_routing() const { return false; }
  /// After the pass, layer by layer: the choices of all tokens of this call. `moe_index` counts MoE
  /// layers only. The spans of scores and groups are empty unless wanted.
  virtual void on_routed(LayerIndex /*layer*/, std::int64_t /*moe_index*/,
                         const RouterOutput& /*routing*/) {}
  /// Before each attention: where one token's rows go, if they are wanted in this layer.
  virtual std::optional<AttentionProbe> attention_target(LayerIndex /*layer*/) { return {}; }
  /// After each attention of a model with an indexer, once it leaves slots out: those each token of
  /// this call read, [n_tokens, top_k] ascending, -1 behind a shorter list. Not called where only
  /// the routing is wanted.
  virtual void on_slots_picked(LayerIndex /*layer*/, std::span<const std::int32_t> /*slots*/,
                               std::int64_t /*top_k*/) {}
  /// After each layer: the residual stream of all tokens of this call, in backend memory.
  virtual void on_layer_done(LayerIndex /*layer*/, ConstMatView /*x*/) {}
};

}  // namespace engine
