// ggml's block types → float32, for every kernel table; their products are in kernels_int.h.
// Included by kernels_body.h, inside its unnamed namespace.

namespace quant = engine::quant;
#include "engine/tensor/quant_decode_body.h"

template <class Block>
const Block* blocks_of(const Weight& w, Index row) {
  return reinterpret_cast<const Block*>(w.data) + row * (w.cols / Block::kElements);
}

/// Decodes n elements, whole blocks, from element k of a row on.
template <class Block>
void decode_elements(const Block* row, Index k, Index n, float* out) {
  const Block* block = row + k / Block::kElements;
  for (Index i = 0; i < n; i += Block::kElements, ++block) decode_block(*block, out + i);
}

/// Calls task with a null pointer to the block type of `type`; nothing for types without blocks.
template <class Task>
void with_block_type(WeightType type, const Task& task) {
  switch (type) {
    case WeightType::Q4_0:
      return task(static_cast<const quant::BlockQ4_0*>(nullptr));
    case WeightType::Q4_1:
      return task(static_cast<const quant::BlockQ4_1*>(nullptr));
    case WeightType::Q5_0:
      return task(static_cast<const quant::BlockQ5_0*>(nullptr));
    case WeightType::Q5_1:
      return task(static_cast<const quant::BlockQ5_1*>(nullptr));
    case WeightType::Q8_0:
      return task(static_cast<const quant::BlockQ8_0*>(nullptr));
    case WeightType::Q2_K:
      return task(static_cast<const quant::BlockQ2_K*>(nullptr));
    case WeightType::Q3_K:
      return task(static_cast<const quant::BlockQ3_K*>(nullptr));
    case WeightType::Q4_K:
      return task(static_cast<const quant::BlockQ4_K*>(nullptr));
    case WeightType::Q5_K:
      return task(static_cast<const quant::BlockQ5_K*>(nullptr));
    case WeightType::Q6_K:
      return task(static_cast<const quant::BlockQ6_K*>(nullptr));
    case WeightType::IQ4_NL:
      return task(static_cast<const quant::BlockIQ4_NL*>(nullptr));
    case WeightType::IQ4_XS:
      return task(static_cast<const quant::BlockIQ4_XS*>(nullptr));
    default:
      return;
  }
}

void decode_rows_of_blocks(const Weight& w, Index first_row, Index n_rows, Index begin, Index end,
                           const Out& out) {
  with_block_type(w.type, [&](const auto* block) {
    using Block = std::remove_cvref_t<decltype(*block)>;
    for (Index r = 0; r < n_rows; ++r) {
      decode_elements(blocks_of<Block>(w, first_row + r), begin, end - begin,
                      out.data + r * out.stride);
    }
  });
}
