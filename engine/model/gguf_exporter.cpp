// The file's tensors in order: a slab of rows is encoded on all threads, then written.
#include "engine/model/gguf_exporter.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "engine/base/mapped_file.h"
#include "engine/base/memory_pages.h"
#include "engine/base/thread_pool.h"
#include "engine/model/exported_rows.h"
#include "engine/tensor/quantise.h"

namespace engine {

namespace {

constexpr std::int64_t kSlabBytes = std::int64_t{32} << 20;
constexpr std::int64_t kChunkElements = 128 * 1024;
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

class Exporter {
 public:
  Exporter(const ModelConfig& config, WeightSource& source, const ExportOptions& options,
           GgufWriter* writer, ThreadPool* pool)
      : config_(config), source_(source), options_(options), writer_(*writer), pool_(*pool) {
    scratch_.resize(static_cast<std::size_t>(pool_.n_threads()));
  }

  Result<void> write(const ExportedTensor& exported) {
    if (exported.spec.may_be_quantised) return write_matrix(exported);
    return write_vector(exported);
  }
  bool requantised() const { return requantised_; }

 private:
  Result<void> write_vector(const ExportedTensor& exported) {
    const TensorSpec& spec = exported.spec;
    if (spec.name == "rope_freqs.weight") {
      const std::vector<float> factors = llama3_factors(config_);
      return put(std::as_bytes(std::span(factors)));
    }
    ASSIGN_OR_RETURN(const std::vector<float> stored, source_.vector(spec.role, spec.layer));
    const RowOrder order = row_order(config_, spec.role);
    std::vector<float> values(stored.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = stored[static_cast<std::size_t>(order.stored_row(static_cast<std::int64_t>(i)))];
    }
    return put(std::as_bytes(std::span(values)));
  }

  Result<void> write_matrix(const ExportedTensor& exported) {
    ASSIGN_OR_RETURN(const ExportedRows rows,
                     ExportedRows::create(config_, exported.spec, source_));
    const DType dtype = exported.tensor.dtype;
    requantised_ |= is_block_quantised(rows.stored_dtype()) && rows.stored_dtype() != dtype;
    const std::int64_t row_bytes = dtype_bytes(dtype, rows.cols());
    const std::int64_t unit = rows.granularity();
    const std::int64_t slab = std::max<std::int64_t>(1, kSlabBytes / row_bytes / unit) * unit;
    std::vector<std::byte> bytes;
    for (std::int64_t first = 0; first < rows.rows(); first += slab) {
      const std::int64_t n = std::min(slab, rows.rows() - first);
      bytes.resize(static_cast<std::size_t>(n * row_bytes));
      const std::int64_t bad = encode(rows, dtype, first, n, bytes.data());
      if (bad != kNone) return unencodable(exported.spec, bad / rows.cols(), bad % rows.cols());
      RETURN_IF_ERROR(put(bytes));
    }
    for (const WeightView& view : rows.views()) {
      release_pages({view.data, static_cast<std::size_t>(view.bytes())});
    }
    return {};
  }

  /// Rows [first, first + n) into `out`; the first element that cannot be encoded, or kNone.
  std::int64_t encode(const ExportedRows& rows, DType dtype, std::int64_t first, std::int64_t n,
                      std::byte* out) {
    const std::int64_t cols = rows.cols();
    const std::int64_t row_bytes = dtype_bytes(dtype, cols);
    const bool copies = rows.can_copy() && rows.stored_dtype() == dtype;
    const std::int64_t unit = rows.granularity();
    const std::int64_t step = unit > 1 ? unit : std::max<std::int64_t>(1, kChunkElements / cols);
    std::atomic<std::int64_t> bad = kNone;
    pool_.run((n + step - 1) / step, [&](std::int64_t chunk, int thread) {
      if (options_.stop.stop_requested()) return;
      const std::int64_t begin = chunk * step;
      const std::int64_t count = std::min(step, n - begin);
      std::byte* to = out + begin * row_bytes;
      if (copies) {
        for (std::int64_t r = 0; r < count; ++r) {
          rows.copy_row(first + begin + r, to + r * row_bytes);
        }
        return;
      }
      std::vector<float>& values = scratch_[static_cast<std::size_t>(thread)];
      values.resize(static_cast<std::size_t>(count * cols));
      rows.read(first + begin, count, values.data());
      const std::int64_t at = is_block_quantised(dtype) ? first_unencodable(values) : -1;
      if (at >= 0) {
        const std::int64_t place = (first + begin) * cols + at;
        std::int64_t known = bad;
        while (place < known && !bad.compare_exchange_weak(known, place)) {
        }
        return;
      }
      encode_blocks(dtype, values, to);
    });
    return bad;
  }

  static unexpected<Error> unencodable(const TensorSpec& spec, std::int64_t row, std::int64_t col) {
    return fail(ErrorCode::InvalidFile,
                quoted_name(spec.name) + " › element [" + std::to_string(row) + ", " +
                    std::to_string(col) +
                    "]: found NaN, an infinity or a magnitude above 262,144, which a quantised "
                    "type cannot hold; choose bf16");
  }

  Result<void> put(std::span<const std::byte> bytes) {
    if (options_.stop.stop_requested()) return fail(ErrorCode::Cancelled, "writing stopped");
    RETURN_IF_ERROR(writer_.append(bytes));
    done_ += static_cast<std::int64_t>(bytes.size());
    if (options_.on_progress) options_.on_progress(done_, writer_.file_bytes());
    return {};
  }

  const ModelConfig& config_;
  WeightSource& source_;
  const ExportOptions& options_;
  GgufWriter& writer_;
  ThreadPool& pool_;
  std::vector<std::vector<float>> scratch_;  // [thread]
  std::int64_t done_ = 0;
  bool requantised_ = false;
};

/// What GGUF keeps less of than the checkpoint did.
std::vector<std::string> notes_on(const ModelConfig& config, bool requantised) {
  std::vector<std::string> notes;
  if (config.is_mla() && config.latent_norm_eps != config.rms_norm_eps) {
    notes.push_back("GGUF has one epsilon for all norms: those inside the attention use " +
                    std::to_string(config.rms_norm_eps) + " from now on");
  }
  if (config.num_nextn_predict_layers > 0) {
    notes.push_back(
        "the multi-token prediction layers are left out, as llama.cpp's converter does");
  }
  if (requantised) {
    notes.push_back("some tensors were quantised already and have lost a second time");
  }
  return notes;
}

}  // namespace

Result<ExportSummary> export_gguf(const Checkpoint& checkpoint, WeightSource& source,
                                  const VocabularyListing* listing, const std::string& path,
                                  const ExportOptions& options) {
  const ModelConfig& config = checkpoint.config();
  RETURN_IF_ERROR(check_exportable(config));
  std::vector<ExportedTensor> tensors = exported_tensors(config, options.mix);
  std::erase_if(tensors, [&](const ExportedTensor& exported) {
    return exported.spec.role == WeightRole::RouterBias &&
           !source.has(WeightRole::RouterBias, exported.spec.layer);
  });
  GgufMetadata metadata;
  put_model(config, options.name, options.mix, &metadata);
  if (listing != nullptr) {
    ASSIGN_OR_RETURN(const ChatTemplateSource chat, checkpoint.chat_template());
    put_vocabulary(*listing, chat.text, &metadata);
  }
  std::vector<GgufTensor> infos;
  infos.reserve(tensors.size());
  for (const ExportedTensor& exported : tensors) infos.push_back(exported.tensor);
  ASSIGN_OR_RETURN(GgufWriter writer, GgufWriter::create(path, metadata, std::move(infos)));
  ASSIGN_OR_RETURN(const auto pool, ThreadPool::create(options.n_threads));
  Exporter exporter(config, source, options, &writer, pool.get());
  for (const ExportedTensor& exported : tensors) RETURN_IF_ERROR(exporter.write(exported));
  ExportSummary summary;
  summary.file_bytes = writer.file_bytes();
  summary.notes = notes_on(config, exporter.requantised());
  RETURN_IF_ERROR(checkpoint.check_files());  // a file that lost bytes has read as zeros
  RETURN_IF_ERROR(writer.commit());
  return summary;
}

}  // namespace engine
