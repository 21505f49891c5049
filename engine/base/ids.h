// Strong indices: a layer is not a head is not a token. Free at run time; mixing them does not
// compile.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace engine {

template <class Tag, class Rep>
struct Id {
  Rep value{};
  constexpr Id() = default;
  constexpr explicit Id(Rep v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
};

using TokenId = Id<struct TokenIdTag, std::int32_t>;  // row of the embedding table
using Position =
    Id<struct PositionTag, std::int64_t>;  // place in the sequence, from 0; also the cache slot
using LayerIndex =
    Id<struct LayerIndexTag, std::int32_t>;  // decoder layer, from 0, dense layers counted
using HeadIndex = Id<struct HeadIndexTag, std::int32_t>;
using ExpertIndex = Id<struct ExpertIndexTag, std::int32_t>;  // routed expert inside one layer
using GenerationId = Id<struct GenerationIdTag, std::uint64_t>;

}  // namespace engine

template <class Tag, class Rep>
struct std::hash<engine::Id<Tag, Rep>> {
  std::size_t operator()(const engine::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
