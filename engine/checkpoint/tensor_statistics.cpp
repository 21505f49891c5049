// Two passes over a tensor, a slice at a time: range and moments first, then the histogram between
// the two ends that were found.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/tensor_inventory.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/tensor/quant_block.h"

namespace engine {

namespace {

constexpr std::int64_t kSliceElements = std::int64_t{1} << 16;
constexpr std::int64_t kScaleBlock = 128;

template <class T>
void append_as_floats(std::span<const std::byte> bytes, std::vector<float>* out) {
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    out->push_back(static_cast<float>(value));
  }
}

/// Elements of an integer type as float32; false for other types.
bool read_integers(DType dtype, std::span<const std::byte> bytes, std::vector<float>* out) {
  out->clear();
  switch (dtype) {
    case DType::I8:
      append_as_floats<std::int8_t>(bytes, out);
      return true;
    case DType::U8:
    case DType::BOOL:
      append_as_floats<std::uint8_t>(bytes, out);
      return true;
    case DType::I16:
      append_as_floats<std::int16_t>(bytes, out);
      return true;
    case DType::U16:
      append_as_floats<std::uint16_t>(bytes, out);
      return true;
    case DType::I32:
      append_as_floats<std::int32_t>(bytes, out);
      return true;
    case DType::U32:
      append_as_floats<std::uint32_t>(bytes, out);
      return true;
    case DType::I64:
      append_as_floats<std::int64_t>(bytes, out);
      return true;
    case DType::U64:
      append_as_floats<std::uint64_t>(bytes, out);
      return true;
    default:
      return false;
  }
}

/// Reads a tensor's elements in order, a slice at a time.
class ElementReader {
 public:
  ElementReader(const StoredTensor& tensor, std::vector<float> scales, std::int64_t scale_cols)
      : tensor_(tensor), scales_(std::move(scales)), scale_cols_(scale_cols) {
    const DTypeBlock block = dtype_block(tensor.dtype);
    n_elements_ = static_cast<std::int64_t>(tensor.bytes.size()) / block.bytes * block.elements;
    // A slice is whole blocks.
    slice_elements_ = kSliceElements / block.elements * block.elements;
  }

  std::int64_t n_elements() const { return n_elements_; }
  std::int64_t slice_elements() const { return slice_elements_; }

  Result<void> read(std::int64_t first, std::int64_t n, std::vector<float>* out) const {
    const auto bytes =
        tensor_.bytes.subspan(static_cast<std::size_t>(dtype_bytes(tensor_.dtype, first)),
                              static_cast<std::size_t>(dtype_bytes(tensor_.dtype, n)));
    if (is_block_quantised(tensor_.dtype)) {
      out->resize(static_cast<std::size_t>(n));
      decode_blocks(tensor_.dtype, bytes.data(), n / dtype_block(tensor_.dtype).elements,
                    out->data());
      return {};
    }
    if (read_integers(tensor_.dtype, bytes, out)) return {};
    StoredTensor slice;
    slice.name = tensor_.name;
    slice.file = tensor_.file;
    slice.dtype = tensor_.dtype;
    slice.bytes = bytes;
    ASSIGN_OR_RETURN(*out, read_floats(slice));
    if (!scales_.empty()) apply_scales(first, out);
    return {};
  }

 private:
  void apply_scales(std::int64_t first, std::vector<float>* values) const {
    const std::int64_t rows = tensor_.shape[tensor_.shape.size() - 2];
    const std::int64_t cols = tensor_.shape.back();
    const std::int64_t scale_rows = (rows + kScaleBlock - 1) / kScaleBlock;
    for (std::size_t i = 0; i < values->size(); ++i) {
      const std::int64_t at = first + static_cast<std::int64_t>(i);
      const std::int64_t matrix = at / (rows * cols);
      const std::int64_t row = at / cols % rows;
      const std::int64_t block_row = matrix * scale_rows + row / kScaleBlock;
      (*values)[i] *=
          scales_[static_cast<std::size_t>(block_row * scale_cols_ + at % cols / kScaleBlock)];
    }
  }

  const StoredTensor& tensor_;
  std::vector<float> scales_;  // empty: none
  std::int64_t scale_cols_ = 0;
  std::int64_t n_elements_ = 0;
  std::int64_t slice_elements_ = 0;
};

template <class Visit>
Result<void> for_each_slice(const ElementReader& reader, const std::stop_token& stop,
                            const Visit& visit) {
  std::vector<float> values;
  for (std::int64_t first = 0; first < reader.n_elements(); first += reader.slice_elements()) {
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "reading the tensor was stopped");
    const std::int64_t n = std::min(reader.slice_elements(), reader.n_elements() - first);
    RETURN_IF_ERROR(reader.read(first, n, &values));
    visit(values);
  }
  return {};
}

void count_values(const std::vector<float>& values, TensorStatistics* s, double* sum) {
  for (const float value : values) {
    if (!std::isfinite(value)) {
      (std::isnan(value) ? s->n_nan : s->n_infinite) += 1;
      continue;
    }
    s->n_zero += value == 0.0F ? 1 : 0;
    s->lowest = std::min(s->lowest, value);
    s->highest = std::max(s->highest, value);
    *sum += static_cast<double>(value);
  }
}

/// The second pass: squares around the mean (so that nothing cancels) and the bins.
void bin_values(const std::vector<float>& values, TensorStatistics* s, double* squares) {
  const double low = static_cast<double>(s->lowest);
  const double width = static_cast<double>(s->highest) - low;
  const double per_unit = width > 0 ? kHistogramBins / width : 0.0;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const double v = static_cast<double>(value);
    *squares += (v - s->mean) * (v - s->mean);
    const auto bin = static_cast<std::size_t>((v - low) * per_unit);
    s->histogram[std::min<std::size_t>(bin, kHistogramBins - 1)] += 1;
  }
}

/// The scales of an FP8 matrix, when they have the shape they must have.
Result<std::vector<float>> scales_of(const StoredTensor& tensor, const StoredTensor* scale) {
  if (tensor.dtype != DType::F8_E4M3 || scale == nullptr || tensor.shape.size() < 2) {
    return std::vector<float>{};
  }
  if (scale->shape != scale_shape_of(tensor.shape)) return std::vector<float>{};
  return read_floats(*scale);
}

}  // namespace

Result<TensorStatistics> tensor_statistics(const StoredTensor& tensor, const StoredTensor* scale,
                                           const std::stop_token& stop) {
  ASSIGN_OR_RETURN(std::vector<float> scales, scales_of(tensor, scale));
  TensorStatistics s;
  s.is_scaled = !scales.empty();
  const ElementReader reader(tensor, std::move(scales),
                             s.is_scaled ? scale->shape.back() : std::int64_t{0});
  s.n_elements = reader.n_elements();
  s.lowest = std::numeric_limits<float>::max();
  s.highest = std::numeric_limits<float>::lowest();
  double sum = 0;
  RETURN_IF_ERROR(for_each_slice(
      reader, stop, [&](const std::vector<float>& values) { count_values(values, &s, &sum); }));
  const std::int64_t n_finite = s.n_elements - s.n_nan - s.n_infinite;
  if (n_finite == 0) {
    s.lowest = s.highest = 0;
    return s;
  }
  s.mean = sum / static_cast<double>(n_finite);
  s.histogram.assign(kHistogramBins, 0);
  double squares = 0;
  RETURN_IF_ERROR(for_each_slice(
      reader, stop, [&](const std::vector<float>& values) { bin_values(values, &s, &squares); }));
  s.deviation = std::sqrt(squares / static_cast<double>(n_finite));
  return s;
}

}  // namespace engine
