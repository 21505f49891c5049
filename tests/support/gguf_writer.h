// Writes GGUF files for tests: field by field, so that any field can be made wrong. Independent of
// the engine's reader and writer.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"

namespace support {

template <class T>
std::string raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

/// A string as GGUF has it: u64 length, then the bytes.
inline std::string gguf_string(std::string_view text) {
  return raw<std::uint64_t>(text.size()) + std::string(text);
}

/// Type number and value of one piece of metadata, as they lie in the file.
struct GgufPair {
  std::string key;
  std::uint32_t type = 0;
  std::string value;
};

inline GgufPair kv_u32(std::string key, std::uint32_t v) { return {std::move(key), 4, raw(v)}; }
inline GgufPair kv_u16(std::string key, std::uint16_t v) { return {std::move(key), 2, raw(v)}; }
inline GgufPair kv_i32(std::string key, std::int32_t v) { return {std::move(key), 5, raw(v)}; }
inline GgufPair kv_u64(std::string key, std::uint64_t v) { return {std::move(key), 10, raw(v)}; }
inline GgufPair kv_f32(std::string key, float v) { return {std::move(key), 6, raw(v)}; }
inline GgufPair kv_bool(std::string key, bool v) {
  return {std::move(key), 7, std::string(1, v ? '\1' : '\0')};
}
inline GgufPair kv_string(std::string key, std::string_view v) {
  return {std::move(key), 8, gguf_string(v)};
}
inline GgufPair kv_strings(std::string key, const std::vector<std::string>& list) {
  std::string value = raw<std::uint32_t>(8) + raw<std::uint64_t>(list.size());
  for (const std::string& text : list) value += gguf_string(text);
  return {std::move(key), 9, value};
}
template <class T>
GgufPair kv_array(std::string key, std::uint32_t element, const std::vector<T>& list) {
  std::string value = raw<std::uint32_t>(element) + raw<std::uint64_t>(list.size());
  for (const T item : list) value += raw(item);
  return {std::move(key), 9, value};
}

struct GgufTensorToWrite {
  std::string name;
  std::vector<std::uint64_t> dims;  // innermost first, as the file has them
  std::uint32_t type = 0;           // ggml's number: 0 F32, 8 Q8_0, …
  std::string bytes;
};

inline GgufTensorToWrite gguf_floats(std::string name, std::vector<std::uint64_t> dims,
                                     const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return {std::move(name), std::move(dims), 0, std::move(bytes)};
}

/// A file in parts. `bytes()` lays the tensors out in order; `offsets` may be overwritten first.
struct GgufToWrite {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;  // how it is laid out; the key is written by who wants it
  std::vector<GgufPair> pairs;
  std::vector<GgufTensorToWrite> tensors;
  std::vector<std::uint64_t> offsets;  // empty: sequential
  std::int64_t extra_pairs = 0;        // added to the counts only
  std::int64_t extra_tensors = 0;

  std::string header() const {
    std::string out =
        magic + raw(version) +
        raw(static_cast<std::uint64_t>(static_cast<std::int64_t>(tensors.size()) + extra_tensors)) +
        raw(static_cast<std::uint64_t>(static_cast<std::int64_t>(pairs.size()) + extra_pairs));
    for (const GgufPair& pair : pairs) out += gguf_string(pair.key) + raw(pair.type) + pair.value;
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const GgufTensorToWrite& tensor = tensors[i];
      out += gguf_string(tensor.name) + raw(static_cast<std::uint32_t>(tensor.dims.size()));
      for (const std::uint64_t dim : tensor.dims) out += raw(dim);
      out += raw(tensor.type) + raw(i < offsets.size() ? offsets[i] : offset);
      offset += tensor.bytes.size() + padding(tensor.bytes.size());
    }
    return out;
  }

  std::string bytes() const {
    std::string out = header();
    out += std::string(padding(out.size()), '\0');
    for (const GgufTensorToWrite& tensor : tensors) {
      out += tensor.bytes + std::string(padding(tensor.bytes.size()), '\0');
    }
    return out;
  }

 private:
  std::size_t padding(std::size_t n) const { return (alignment - n % alignment) % alignment; }
};

}  // namespace support
