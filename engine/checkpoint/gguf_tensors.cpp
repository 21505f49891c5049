// The rules of GGUF's tensor table, one function each. Sizes are computed in 128 bits.
#include "engine/checkpoint/gguf_tensors.h"

#include <array>
#include <numeric>
#include <optional>

namespace engine {

namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint32_t kMaxDims = 4;
constexpr std::uint64_t kMaxNameBytes = 63;
constexpr std::uint64_t kSmallestEntry = 25;  // name length, one letter, dims, type, offset
constexpr std::size_t kMaxTensors = 1'000'000;
constexpr Wide kMaxBytes = Wide{1} << 62U;

struct TypeRow {
  std::uint32_t id;
  DType dtype;
};

// ggml's numbers of the types that exist today.
constexpr std::array<TypeRow, 35> kTypes = {{
    {0, DType::F32},      {1, DType::F16},     {2, DType::Q4_0},     {3, DType::Q4_1},
    {6, DType::Q5_0},     {7, DType::Q5_1},    {8, DType::Q8_0},     {9, DType::Q8_1},
    {10, DType::Q2_K},    {11, DType::Q3_K},   {12, DType::Q4_K},    {13, DType::Q5_K},
    {14, DType::Q6_K},    {15, DType::Q8_K},   {16, DType::IQ2_XXS}, {17, DType::IQ2_XS},
    {18, DType::IQ3_XXS}, {19, DType::IQ1_S},  {20, DType::IQ4_NL},  {21, DType::IQ3_S},
    {22, DType::IQ2_S},   {23, DType::IQ4_XS}, {24, DType::I8},      {25, DType::I16},
    {26, DType::I32},     {27, DType::I64},    {28, DType::F64},     {29, DType::IQ1_M},
    {30, DType::BF16},    {34, DType::TQ1_0},  {35, DType::TQ2_0},   {39, DType::MXFP4},
    {40, DType::NVFP4},   {41, DType::Q1_0},   {42, DType::Q2_0},
}};

/// Types that once had a number and were removed from ggml again.
std::string_view removed_type(std::uint32_t id) {
  switch (id) {
    case 4:
      return "Q4_2";
    case 5:
      return "Q4_3";
    case 31:
      return "Q4_0_4_4";
    case 32:
      return "Q4_0_4_8";
    case 33:
      return "Q4_0_8_8";
    case 36:
      return "IQ4_NL_4_4";
    case 37:
      return "IQ4_NL_4_8";
    case 38:
      return "IQ4_NL_8_8";
    default:
      return {};
  }
}

std::optional<DType> dtype_of(std::uint32_t id) {
  for (const TypeRow& row : kTypes) {
    if (row.id == id) return row.dtype;
  }
  return std::nullopt;
}

std::string digits(Wide value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return text;
}

std::uint64_t dim_at(const std::string& bytes, std::uint32_t start, std::uint32_t i) {
  std::uint64_t dim = 0;
  std::memcpy(&dim, bytes.data() + start + 8 * std::size_t{i}, sizeof(dim));
  return dim;
}

}  // namespace

std::string_view GgufTensorReader::name_of(const GgufHeader::Tensor& tensor) const {
  return std::string_view(header_.bytes_).substr(tensor.name_start, tensor.name_length);
}

Result<void> GgufTensorReader::read(std::uint64_t count, std::uint64_t alignment) {
  if (count > cursor_.remaining() / kSmallestEntry || count > kMaxTensors) {
    return cursor_.error(
        "tensor table", "found a count of " + std::to_string(count) + " tensors, allowed at most " +
                            std::to_string(std::min<std::uint64_t>(
                                cursor_.remaining() / kSmallestEntry, kMaxTensors)) +
                            " in the " + std::to_string(cursor_.remaining()) +
                            " bytes that follow");
  }
  header_.tensors_.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) RETURN_IF_ERROR(read_one(i, count, alignment));
  RETURN_IF_ERROR(check_names());
  return check_ends(gguf_aligned(cursor_.position(), alignment), alignment);
}

Result<void> GgufTensorReader::read_one(std::uint64_t index, std::uint64_t count,
                                        std::uint64_t alignment) {
  GgufHeader::Tensor tensor;
  const std::string number = "tensor " + std::to_string(index + 1) + " of " + std::to_string(count);
  RETURN_IF_ERROR(read_name(number, &tensor));
  const std::string where = number + " " + quoted_name(name_of(tensor));
  RETURN_IF_ERROR(read_dims(where, &tensor));
  RETURN_IF_ERROR(read_type(where, &tensor));
  RETURN_IF_ERROR(place(where, alignment, &tensor));
  header_.tensors_.push_back(tensor);
  return {};
}

Result<void> GgufTensorReader::read_name(const std::string& where, GgufHeader::Tensor* tensor) {
  ASSIGN_OR_RETURN(const auto length, cursor_.number<std::uint64_t>(where + " › name › length"));
  if (length == 0 || length > kMaxNameBytes) {
    return cursor_.error(where + " › name › length", "found " + std::to_string(length) +
                                                         " bytes, allowed 1 to " +
                                                         std::to_string(kMaxNameBytes));
  }
  ASSIGN_OR_RETURN(const std::uint64_t start, cursor_.take(length, where + " › name"));
  tensor->name_start = static_cast<std::uint32_t>(start);
  tensor->name_length = static_cast<std::uint8_t>(length);
  if (name_of(*tensor).find('\0') != std::string_view::npos) {
    return cursor_.error(where + " › name", "found a NUL character in \"" +
                                                quoted_name(name_of(*tensor)) + "\", allowed none");
  }
  return {};
}

Result<void> GgufTensorReader::read_dims(const std::string& where, GgufHeader::Tensor* tensor) {
  ASSIGN_OR_RETURN(const auto n_dims,
                   cursor_.number<std::uint32_t>(where + " › number of dimensions"));
  if (n_dims > kMaxDims) {
    return cursor_.error(where + " › number of dimensions",
                         "found " + std::to_string(n_dims) + ", allowed at most 4");
  }
  ASSIGN_OR_RETURN(const std::uint64_t start,
                   cursor_.take(std::uint64_t{8} * n_dims, where + " › dimensions"));
  tensor->n_dims = static_cast<std::uint8_t>(n_dims);
  tensor->dims_start = static_cast<std::uint32_t>(start);
  for (std::uint32_t i = 0; i < n_dims; ++i) {
    const auto dim = static_cast<std::int64_t>(dim_at(header_.bytes_, tensor->dims_start, i));
    if (dim < 0) {
      return cursor_.error(where + " › dimension " + std::to_string(i),
                           "found " + std::to_string(dim) + ", allowed 0 or more");
    }
  }
  return {};
}

Result<void> GgufTensorReader::read_type(const std::string& where, GgufHeader::Tensor* tensor) {
  ASSIGN_OR_RETURN(const auto id, cursor_.number<std::uint32_t>(where + " › type"));
  if (const std::optional<DType> dtype = dtype_of(id)) {
    tensor->dtype = *dtype;
    return {};
  }
  const std::string_view removed = removed_type(id);
  const std::string found = "found type " + std::to_string(static_cast<std::int32_t>(id));
  if (!removed.empty()) {
    return cursor_.error(where + " › type", found + ", which was " + std::string(removed) +
                                                " and was removed from the format; convert the "
                                                "model again");
  }
  return cursor_.error(where + " › type", found + ", which is no type known to this program");
}

/// Size, alignment and place of the data. Tensors follow each other in the order of the table.
Result<void> GgufTensorReader::place(const std::string& where, std::uint64_t alignment,
                                     GgufHeader::Tensor* tensor) {
  const DTypeBlock block = dtype_block(tensor->dtype);
  const std::uint64_t row = tensor->n_dims == 0 ? 1 : dim_at(header_.bytes_, tensor->dims_start, 0);
  if (row % static_cast<std::uint64_t>(block.elements) != 0) {
    return cursor_.error(where + " › dimension 0",
                         "found rows of " + std::to_string(row) + " elements, allowed a multiple " +
                             "of " + std::to_string(block.elements) + ", the block of " +
                             std::string(dtype_name(tensor->dtype)));
  }
  bool is_empty = false;
  for (std::uint32_t i = 0; i < tensor->n_dims; ++i) {
    is_empty |= dim_at(header_.bytes_, tensor->dims_start, i) == 0;
  }
  Wide elements = is_empty ? 0 : 1;
  for (std::uint32_t i = 0; i < tensor->n_dims && !is_empty; ++i) {
    elements *= dim_at(header_.bytes_, tensor->dims_start, i);
    if (elements > kMaxBytes) {
      return cursor_.error(where + " › dimensions",
                           "found " + digits(elements) + " elements or more, allowed at most 2^62");
    }
  }
  const Wide bytes = elements / static_cast<std::uint64_t>(block.elements) *
                     static_cast<std::uint64_t>(block.bytes);
  ASSIGN_OR_RETURN(const auto offset, cursor_.number<std::uint64_t>(where + " › offset"));
  if (offset % alignment != 0) {
    return cursor_.error(where + " › offset", "found " + std::to_string(offset) +
                                                  ", allowed a multiple of " +
                                                  std::to_string(alignment) + " (the alignment)");
  }
  if (offset != next_offset_) {
    const bool is_first = header_.tensors_.empty();
    const std::string before =
        is_first ? "the start of the data" : quoted_name(name_of(header_.tensors_.back()));
    const std::string range = is_first
                                  ? ""
                                  : " of bytes " + std::to_string(header_.tensors_.back().begin) +
                                        " to " + std::to_string(header_.tensors_.back().end);
    return cursor_.error(where + " › offset",
                         "found bytes " + std::to_string(offset) + " to " +
                             digits(Wide{offset} + bytes) + ", allowed from " +
                             std::to_string(next_offset_) + " on, after " + before + range +
                             (offset < next_offset_ ? " (they overlap)" : " (a hole)"));
  }
  const Wide end = Wide{offset} + bytes;
  if (end > kMaxBytes) {
    return cursor_.error(where + " › dimensions",
                         "found data up to byte " + digits(end) + ", allowed at most 2^62");
  }
  tensor->begin = offset;
  tensor->end = static_cast<std::uint64_t>(end);
  next_offset_ = gguf_aligned(tensor->end, alignment);
  return {};
}

Result<void> GgufTensorReader::check_names() const {
  std::vector<std::uint32_t> order(header_.tensors_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return name_of(header_.tensors_[a]) < name_of(header_.tensors_[b]);
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const GgufHeader::Tensor& a = header_.tensors_[order[i - 1]];
    const GgufHeader::Tensor& b = header_.tensors_[order[i]];
    if (name_of(a) != name_of(b)) continue;
    return fail(ErrorCode::InvalidFile,
                cursor_.file() + " › tensor table: found \"" + quoted_name(name_of(a)) +
                    "\" at byte " + std::to_string(std::min(a.name_start, b.name_start)) +
                    " and again at byte " + std::to_string(std::max(a.name_start, b.name_start)) +
                    ", allowed once");
  }
  return {};
}

/// Ranges become positions in the file. The padding after the last tensor may be missing.
Result<void> GgufTensorReader::check_ends(std::uint64_t data_start, std::uint64_t alignment) {
  const std::uint64_t size = cursor_.file_size();
  const std::uint64_t last = header_.tensors_.empty() ? 0 : header_.tensors_.back().end;
  const std::uint64_t needed = data_start + last;
  for (GgufHeader::Tensor& tensor : header_.tensors_) {
    const bool is_empty = tensor.begin == tensor.end;
    tensor.begin = is_empty ? std::min(data_start + tensor.begin, size) : data_start + tensor.begin;
    tensor.end = is_empty ? tensor.begin : data_start + tensor.end;
    if (tensor.end <= size) continue;
    const auto percent = static_cast<std::uint64_t>(Wide{size} * 100 / needed);
    return fail(ErrorCode::InvalidFile,
                cursor_.file() + " › tensor " + quoted_name(name_of(tensor)) +
                    ": the file ends at byte " + std::to_string(size) + ", the tensor needs " +
                    std::to_string(tensor.end) + ": an incomplete download, " +
                    std::to_string(percent) + " % are here; download it again");
  }
  const std::uint64_t padded = gguf_aligned(needed, alignment);
  if (!header_.tensors_.empty() && size > padded) {
    header_.warnings_.push_back(cursor_.file() + ": found " + std::to_string(size - padded) +
                                " bytes after the last tensor, ignored");
  }
  return {};
}

GgufHeader::Entry GgufHeader::tensor(std::size_t index) const {
  const Tensor& tensor = tensors_[index];
  Entry entry;
  entry.name = std::string_view(bytes_).substr(tensor.name_start, tensor.name_length);
  entry.dtype = tensor.dtype;
  entry.begin = tensor.begin;
  entry.end = tensor.end;
  for (std::uint32_t i = tensor.n_dims; i > 0; --i) {
    entry.shape.push_back(static_cast<std::int64_t>(dim_at(bytes_, tensor.dims_start, i - 1)));
  }
  return entry;
}

}  // namespace engine
