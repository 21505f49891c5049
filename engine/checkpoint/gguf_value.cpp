// Typed access to the values of GGUF metadata, which are kept as they lie in the file.
#include <array>
#include <charconv>
#include <cstring>

#include "engine/checkpoint/gguf_file.h"

namespace engine {

namespace {

struct TypeRow {
  std::string_view name;
  std::size_t bytes;
};

// In the order of the format's numbers.
constexpr std::array<TypeRow, kGgufTypeCount> kTypes = {{
    {"u8", 1},
    {"i8", 1},
    {"u16", 2},
    {"i16", 2},
    {"u32", 4},
    {"i32", 4},
    {"f32", 4},
    {"bool", 1},
    {"string", 0},
    {"array", 0},
    {"u64", 8},
    {"i64", 8},
    {"f64", 8},
}};

constexpr std::size_t kLongestShownText = 80;

template <class T>
T load(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// The double whose shortest decimal spelling is the float's.
double decimal_of(float value) {
  char spelling[32];
  const auto written = std::to_chars(spelling, spelling + sizeof(spelling), value);
  double decimal = value;
  std::from_chars(spelling, written.ptr, decimal);
  return decimal;
}

std::string decimal_text(double value) {
  char spelling[32];
  const auto written = std::to_chars(spelling, spelling + sizeof(spelling), value);
  return {spelling, written.ptr};
}

}  // namespace

std::string_view gguf_type_name(GgufType type) {
  return kTypes[static_cast<std::size_t>(type)].name;
}

std::size_t gguf_type_bytes(GgufType type) { return kTypes[static_cast<std::size_t>(type)].bytes; }

std::optional<std::int64_t> GgufValue::integer() const {
  switch (type) {
    case GgufType::U8:
      return load<std::uint8_t>(bytes);
    case GgufType::I8:
      return load<std::int8_t>(bytes);
    case GgufType::U16:
      return load<std::uint16_t>(bytes);
    case GgufType::I16:
      return load<std::int16_t>(bytes);
    case GgufType::U32:
      return load<std::uint32_t>(bytes);
    case GgufType::I32:
      return load<std::int32_t>(bytes);
    case GgufType::I64:
      return load<std::int64_t>(bytes);
    case GgufType::U64: {
      const auto value = load<std::uint64_t>(bytes);
      if (value >> 63U != 0) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> GgufValue::number() const {
  if (type == GgufType::F32) return decimal_of(load<float>(bytes));
  if (type == GgufType::F64) return load<double>(bytes);
  const std::optional<std::int64_t> whole = integer();
  if (!whole) return std::nullopt;
  return static_cast<double>(*whole);
}

std::optional<bool> GgufValue::flag() const {
  if (type != GgufType::Bool) return std::nullopt;
  return load<std::uint8_t>(bytes) != 0;
}

std::optional<std::string_view> GgufValue::text() const {
  if (type != GgufType::String) return std::nullopt;
  return bytes;
}

GgufValue GgufValue::item(std::uint64_t index) const {
  const std::size_t size = gguf_type_bytes(element);
  return {element, element, 1, bytes.substr(index * size, size)};
}

std::vector<std::string_view> GgufValue::strings() const {
  std::vector<std::string_view> list;
  if (type != GgufType::Array || element != GgufType::String) return list;
  list.reserve(count);
  std::string_view rest = bytes;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto length = load<std::uint64_t>(rest);
    list.push_back(rest.substr(sizeof(length), length));
    rest.remove_prefix(sizeof(length) + length);
  }
  return list;
}

std::string GgufValue::shown() const {
  if (type == GgufType::Array) {
    return "an array of " + std::to_string(count) + " " + std::string(gguf_type_name(element));
  }
  const std::string name(gguf_type_name(type));
  if (type == GgufType::String) {
    const std::string_view start = bytes.substr(0, kLongestShownText);
    return name + " \"" + quoted_name(start) + (start.size() < bytes.size() ? "…" : "") + "\"";
  }
  if (type == GgufType::Bool) return name + (*flag() ? " true" : " false");
  if (type == GgufType::U64) return name + " " + std::to_string(load<std::uint64_t>(bytes));
  if (const std::optional<std::int64_t> whole = integer()) {
    return name + " " + std::to_string(*whole);
  }
  return name + " " + decimal_text(*number());
}

}  // namespace engine
