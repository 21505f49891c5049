// The scalar decoders against the definitions of the formats, over every value there is.
#include "engine/tensor/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using engine::DType;

/// sign · 2^(exponent − bias) · (1 + mantissa / 2^n), or the subnormal form, in double.
double decode(unsigned bits, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const unsigned mantissa = bits & ((1U << mantissa_bits) - 1U);
  const int exponent = static_cast<int>(bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const double sign = (bits >> (exponent_bits + mantissa_bits)) != 0U ? -1.0 : 1.0;
  const double fraction = static_cast<double>(mantissa) / (1 << mantissa_bits);
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1.0 + fraction, exponent - bias);
}

TEST(DType, HalfDecodesEveryFiniteValue) {
  for (unsigned bits = 0; bits < 0x10000U; ++bits) {
    const float value = engine::f16_to_float(static_cast<std::uint16_t>(bits));
    if ((bits & 0x7C00U) == 0x7C00U) {
      EXPECT_EQ(std::isnan(value), (bits & 0x3FFU) != 0U) << bits;
      EXPECT_EQ(std::isinf(value), (bits & 0x3FFU) == 0U) << bits;
    } else {
      ASSERT_EQ(static_cast<double>(value), decode(bits, 5, 10)) << bits;
    }
    ASSERT_EQ(std::signbit(value), (bits & 0x8000U) != 0U) << bits;
  }
}

TEST(DType, E4m3DecodesEveryValue) {
  for (unsigned bits = 0; bits < 256U; ++bits) {
    const float value = engine::f8_e4m3_to_float(static_cast<std::uint8_t>(bits));
    if ((bits & 0x7FU) == 0x7FU) {
      EXPECT_TRUE(std::isnan(value));
    } else {
      ASSERT_EQ(static_cast<double>(value), decode(bits, 4, 3)) << bits;
      ASSERT_EQ(std::signbit(value), (bits & 0x80U) != 0U) << bits;
    }
  }
  EXPECT_EQ(engine::f8_e4m3_to_float(0x7E), 448.0F);
  EXPECT_EQ(engine::f8_e4m3_to_float(0x01), 0x1p-9F);
}

TEST(DType, Bf16RoundTripsEveryValueAndRoundsToEven) {
  for (unsigned bits = 0; bits < 0x10000U; ++bits) {
    const float value = engine::bf16_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(engine::bf16_to_float(engine::float_to_bf16(value))));
    } else {
      ASSERT_EQ(engine::float_to_bf16(value), bits);
    }
  }
  EXPECT_EQ(engine::float_to_bf16(std::bit_cast<float>(0x3F808000U)), 0x3F80U);  // tie, to even
  EXPECT_EQ(engine::float_to_bf16(std::bit_cast<float>(0x3F818000U)), 0x3F82U);  // tie, to even
  EXPECT_EQ(engine::float_to_bf16(std::bit_cast<float>(0x3F808001U)), 0x3F81U);
  EXPECT_EQ(engine::float_to_bf16(std::numeric_limits<float>::max()), 0x7F80U);  // infinity
  // A NaN whose payload lies in the dropped half must not become infinity.
  EXPECT_TRUE(
      std::isnan(engine::bf16_to_float(engine::float_to_bf16(std::bit_cast<float>(0x7F800001U)))));
}

TEST(DType, NamesRoundTripAndUnknownNamesAreUnknown) {
  for (int i = 0; i <= static_cast<int>(DType::C64); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(engine::dtype_from_name(engine::dtype_name(dtype)), dtype);
  }
  EXPECT_FALSE(engine::dtype_from_name("f32").has_value());
  EXPECT_FALSE(engine::dtype_from_name("F3").has_value());
  EXPECT_FALSE(engine::dtype_from_name("").has_value());
  EXPECT_EQ(engine::dtype_bits_per_weight(DType::F6_E2M3), 6.0);
  EXPECT_EQ(engine::dtype_bits_per_weight(DType::F4), 4.0);
  EXPECT_TRUE(engine::is_weight_dtype(DType::F8_E4M3));
  EXPECT_FALSE(engine::is_weight_dtype(DType::F8_E5M2));
}

}  // namespace
