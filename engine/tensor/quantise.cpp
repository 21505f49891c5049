// The encoders that need no search, and the choice of the searching ones' instruction set.
#include "engine/tensor/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/check.h"
#include "engine/tensor/quantise_search.h"

namespace engine {

namespace {

using quant::Half;

Half half_of(float value) {
  const std::uint16_t bits = float_to_f16(value);
  return {{static_cast<std::uint8_t>(bits & 0xFFU), static_cast<std::uint8_t>(bits >> 8)}};
}

/// The first value of largest magnitude, with its sign.
float extreme_of(const float* x) {
  float extreme = 0.0F;
  for (int i = 0; i < 32; ++i) {
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
  }
  return extreme;
}

float inverse_of(float d) { return d != 0.0F ? 1.0F / d : 0.0F; }

void encode_block(const float* x, quant::BlockQ8_0* out) {
  const float d = std::fabs(extreme_of(x)) / 127.0F;
  const float inverse = inverse_of(d);
  out->d = half_of(d);
  for (int i = 0; i < 32; ++i) {
    out->qs[i] = static_cast<std::int8_t>(std::round(x[i] * inverse));
  }
}

/// The level of x on a grid whose lowest level is the extreme value; `middle` is that of zero, plus
/// a half.
int level_of(float x, float inverse, float middle, int top) {
  return std::min(top, static_cast<int>(x * inverse + middle));
}

void encode_block(const float* x, quant::BlockQ4_0* out) {
  const float d = extreme_of(x) / -8.0F;
  const float inverse = inverse_of(d);
  out->d = half_of(d);
  for (int i = 0; i < 16; ++i) {
    const int low = level_of(x[i], inverse, 8.5F, 15);
    const int high = level_of(x[i + 16], inverse, 8.5F, 15);
    out->qs[i] = static_cast<std::uint8_t>(low | high << 4);
  }
}

void encode_block(const float* x, quant::BlockQ5_0* out) {
  const float d = extreme_of(x) / -16.0F;
  const float inverse = inverse_of(d);
  out->d = half_of(d);
  std::uint32_t fifth_bits = 0;
  for (int i = 0; i < 16; ++i) {
    const auto low = static_cast<unsigned>(level_of(x[i], inverse, 16.5F, 31));
    const auto high = static_cast<unsigned>(level_of(x[i + 16], inverse, 16.5F, 31));
    out->qs[i] = static_cast<std::uint8_t>((low & 15U) | (high & 15U) << 4);
    fifth_bits |= (low >> 4) << i | (high >> 4) << (i + 16);
  }
  std::memcpy(out->qh, &fifth_bits, sizeof(fifth_bits));
}

template <class Block>
void encode_all(std::span<const float> x, std::byte* out) {
  auto* block = reinterpret_cast<Block*>(out);  // alignment 1
  for (std::size_t i = 0; i < x.size(); i += Block::kElements) encode_block(&x[i], block++);
}

void encode_bf16(std::span<const float> x, std::byte* out) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::uint16_t bits = float_to_bf16(x[i]);
    std::memcpy(out + 2 * i, &bits, 2);
  }
}

const quant::SearchTable& search_table() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return quant::avx512_search();
  }
  if (__builtin_cpu_supports("avx2")) return quant::avx2_search();
#endif
  return quant::generic_search();
}

std::int64_t n_blocks(std::span<const float> x) {
  return static_cast<std::int64_t>(x.size()) / 256;
}

}  // namespace

bool can_encode(DType dtype) {
  switch (dtype) {
    case DType::F32:
    case DType::BF16:
    case DType::Q4_0:
    case DType::Q5_0:
    case DType::Q8_0:
    case DType::Q4_K:
    case DType::Q6_K:
      return true;
    default:
      return false;
  }
}

std::int64_t first_unencodable(std::span<const float> x) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(std::fabs(x[i]) <= kLargestEncodable)) return static_cast<std::int64_t>(i);
  }
  return -1;
}

void encode_blocks(DType dtype, std::span<const float> x, std::byte* out) {
  CHECK_EQ(static_cast<std::int64_t>(x.size()) % dtype_block(dtype).elements, 0);
  switch (dtype) {
    case DType::F32:
      std::memcpy(out, x.data(), x.size_bytes());
      return;
    case DType::BF16:
      return encode_bf16(x, out);
    case DType::Q4_0:
      return encode_all<quant::BlockQ4_0>(x, out);
    case DType::Q5_0:
      return encode_all<quant::BlockQ5_0>(x, out);
    case DType::Q8_0:
      return encode_all<quant::BlockQ8_0>(x, out);
    case DType::Q4_K:
      return search_table().q4_k(x.data(), n_blocks(x), reinterpret_cast<quant::BlockQ4_K*>(out));
    case DType::Q6_K:
      return search_table().q6_k(x.data(), n_blocks(x), reinterpret_cast<quant::BlockQ6_K*>(out));
    default:
      CHECK(can_encode(dtype));
  }
}

}  // namespace engine
