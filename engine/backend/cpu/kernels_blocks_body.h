// Products straight from ggml's block types, for every kernel table: a few hundred weights at a
// time are decoded to float32 in the first-level cache, then summed in the order of the other
// types. Included by kernels_body.h, inside its unnamed namespace.

namespace quant = engine::quant;
#include "engine/tensor/quant_decode_body.h"

// Columns decoded at a time: a whole number of blocks of every type.
constexpr Index kDecodedCols = 256;

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

template <Index kX, class Block>
void block_rows_product(const Weight& w, Index first_row, Index n_rows, const Rows& x,
                        const float* bias, const Out& out) {
  alignas(64) float decoded[kDecodedCols];
  for (Index j = 0; j < n_rows; ++j) {
    const Block* row = blocks_of<Block>(w, first_row + j);
    Reg acc[kX];
    for (Index i = 0; i < kX; ++i) acc[i] = V::zero();
    for (Index k = 0; k < w.cols; k += kDecodedCols) {
      const Index n = k + kDecodedCols < w.cols ? kDecodedCols : w.cols - k;
      decode_elements(row, k, n, decoded);
      const float* xs[kX];
      for (Index i = 0; i < kX; ++i) xs[i] = row_of(x, i) + k;
      const F32Row weights[1] = {{reinterpret_cast<const unsigned char*>(decoded)}};
      accumulate<kX, 1, false>(acc, weights, xs, n);
    }
    store_sums<kX, 1>(acc, bias == nullptr ? nullptr : bias + j, out.data + j, out.stride);
  }
}

template <class Block>
void few_block_rows(const Weight& w, Index first_row, Index n_rows, const Rows& x, Index n_x,
                    const float* bias, const Out& out) {
  switch (n_x) {
    case 1:
      return block_rows_product<1, Block>(w, first_row, n_rows, x, bias, out);
    case 2:
      return block_rows_product<2, Block>(w, first_row, n_rows, x, bias, out);
    case 3:
      return block_rows_product<3, Block>(w, first_row, n_rows, x, bias, out);
    case 4:
      return block_rows_product<4, Block>(w, first_row, n_rows, x, bias, out);
    default:
      return;
  }
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

void few_rows_of_blocks(const Weight& w, Index first_row, Index n_rows, const Rows& x, Index n_x,
                        const float* bias, const Out& out) {
  with_block_type(w.type, [&](const auto* block) {
    using Block = std::remove_cvref_t<decltype(*block)>;
    few_block_rows<Block>(w, first_row, n_rows, x, n_x, bias, out);
  });
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
