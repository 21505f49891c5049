// Writes safetensors files for tests: the plain, valid form. Tests that need a broken file patch
// the bytes of a good one. Independent of the engine's reader.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace support {

struct TensorToWrite {
  std::string name;
  std::string dtype;  // as the header spells it: "BF16"
  std::vector<std::int64_t> shape;
  std::string bytes;
};

inline std::string header_json(const std::vector<TensorToWrite>& tensors,
                               const std::string& metadata = "{\"format\":\"pt\"}") {
  std::string json = "{\"__metadata__\":" + metadata;
  std::size_t offset = 0;
  for (const TensorToWrite& tensor : tensors) {
    json += ",\"" + tensor.name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      if (i > 0) json += ',';
      json += std::to_string(tensor.shape[i]);
    }
    json += "],\"data_offsets\":[" + std::to_string(offset) + ",";
    offset += tensor.bytes.size();
    json += std::to_string(offset) + "]}";
  }
  return json + "}";
}

/// 8 bytes little-endian length, the header as it is, the data.
inline std::string safetensors_bytes(std::string_view header, std::string_view data) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>((static_cast<std::uint64_t>(header.size()) >> (8 * i)) & 0xFFU);
  }
  bytes.append(header);
  bytes.append(data);
  return bytes;
}

inline std::string safetensors_bytes(const std::vector<TensorToWrite>& tensors) {
  std::string header = header_json(tensors);
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string data;
  for (const TensorToWrite& tensor : tensors) data += tensor.bytes;
  return safetensors_bytes(header, data);
}

inline void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors) {
  write_file(path, safetensors_bytes(tensors));
}

template <class T>
std::string bytes_of(std::span<const T> values) {
  std::string bytes(values.size_bytes(), '\0');
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::uint16_t encode_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

/// Round to nearest even over the normal range of IEEE half; smaller magnitudes become subnormal.
inline std::uint16_t encode_f16(float value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000U : 0U;
  const float magnitude = std::fabs(value);
  if (magnitude < 0x1p-14F) {
    return static_cast<std::uint16_t>(
        sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 0x1p24F)));
  }
  const auto bits = std::bit_cast<std::uint32_t>(magnitude);
  const std::uint32_t rounded = bits + 0xFFFU + ((bits >> 13) & 1U);
  return static_cast<std::uint16_t>(sign |
                                    static_cast<std::uint16_t>((rounded >> 13) - (112U << 10)));
}

/// Round to nearest even E4M3, saturating at 448; codes are counted in steps of the value's binade.
inline std::uint8_t encode_e4m3(float value) {
  const float magnitude = std::fmin(std::fabs(value), 448.0F);
  const int exponent = magnitude < 0x1p-6F ? -6 : std::ilogb(magnitude);
  const int steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 3 - exponent)));
  const int code = exponent == -6 ? steps : ((exponent + 7) << 3) + steps - 8;
  return static_cast<std::uint8_t>(code | (std::signbit(value) ? 0x80 : 0));
}

/// A float tensor in one of the dtypes F32, F16, BF16.
inline TensorToWrite float_tensor(std::string name, std::string dtype,
                                  std::vector<std::int64_t> shape, std::span<const float> values) {
  TensorToWrite tensor{std::move(name), std::move(dtype), std::move(shape), {}};
  if (tensor.dtype == "F32") {
    tensor.bytes = bytes_of(values);
    return tensor;
  }
  std::vector<std::uint16_t> halves(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    halves[i] = tensor.dtype == "BF16" ? encode_bf16(values[i]) : encode_f16(values[i]);
  }
  tensor.bytes = bytes_of(std::span<const std::uint16_t>(halves));
  return tensor;
}

/// Appends an F8_E4M3 matrix [rows, cols] and its F32 scales [ceil(rows/128), ceil(cols/128)].
inline void append_fp8_tensors(std::vector<TensorToWrite>* out, const std::string& name,
                               std::int64_t rows, std::int64_t cols,
                               std::span<const float> values) {
  const std::int64_t block_rows = (rows + 127) / 128;
  const std::int64_t block_cols = (cols + 127) / 128;
  std::vector<float> scales(static_cast<std::size_t>(block_rows * block_cols), 0.0F);
  const auto scale_of = [&](std::int64_t r, std::int64_t c) -> float& {
    return scales[static_cast<std::size_t>(r / 128 * block_cols + c / 128)];
  };
  const auto value_at = [&](std::int64_t r, std::int64_t c) {
    return values[static_cast<std::size_t>(r * cols + c)];
  };
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) {
      scale_of(r, c) = std::max(scale_of(r, c), std::fabs(value_at(r, c)) / 448.0F);
    }
  }
  std::string codes;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) {
      const float scale = scale_of(r, c) > 0.0F ? scale_of(r, c) : 1.0F;
      codes.push_back(static_cast<char>(encode_e4m3(value_at(r, c) / scale)));
    }
  }
  out->push_back({name, "F8_E4M3", {rows, cols}, std::move(codes)});
  out->push_back(float_tensor(name + "_scale_inv", "F32", {block_rows, block_cols}, scales));
}

}  // namespace support
