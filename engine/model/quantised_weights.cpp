// Quantise on load: one plan of all matrices, one allocation, then matrix by matrix on all threads.
#include "engine/model/quantised_weights.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <unordered_set>
#include <utility>

#include "engine/backend/weight_rows.h"
#include "engine/base/mapped_file.h"
#include "engine/base/thread_pool.h"
#include "engine/checkpoint/tensor_check.h"
#include "engine/checkpoint/tensor_spec.h"
#include "engine/tensor/quantise.h"

namespace engine {

namespace {

constexpr std::int64_t kChunkElements = 256 * 1024;
constexpr std::size_t kAlignment = 64;

/// One matrix to encode.
struct Job {
  std::string name;  // of the tensor it is in
  WeightView from;
  DType to = DType::Q8_0;
  std::size_t offset = 0;  // in the one allocation
};

/// The roles a stored tensor answers to: stacked experts are asked for one by one.
std::vector<WeightRole> matrix_roles(WeightRole role) {
  switch (role) {
    case WeightRole::FusedExpertGateUp:
      return {WeightRole::ExpertGate, WeightRole::ExpertUp};
    case WeightRole::FusedExpertDown:
    case WeightRole::MergedExpertDown:
      return {WeightRole::ExpertDown};
    case WeightRole::MergedExpertGate:
      return {WeightRole::ExpertGate};
    case WeightRole::MergedExpertUp:
      return {WeightRole::ExpertUp};
    default:
      return {};
  }
}

/// Collects the jobs in the order of the table, which is about the order of the files.
class Planner {
 public:
  Planner(WeightSource& source, WeightFormat format) : source_(source), format_(format) {}

  Result<void> add(const TensorSpec& spec, std::int64_t n_experts) {
    const std::vector<WeightRole> stacked = matrix_roles(spec.role);
    if (stacked.empty()) return add_matrix(spec, spec.role, spec.expert);
    for (std::int64_t e = 0; e < n_experts; ++e) {
      for (const WeightRole role : stacked) {
        RETURN_IF_ERROR(add_matrix(spec, role, static_cast<std::int32_t>(e)));
      }
    }
    return {};
  }

  std::vector<Job> jobs;
  std::size_t n_bytes = 0;
  std::int64_t source_bytes = 0;
  std::vector<std::string> fall_backs;

 private:
  Result<void> add_matrix(const TensorSpec& spec, WeightRole role, std::int32_t expert) {
    if (!source_.has(role, spec.layer, expert)) return {};
    ASSIGN_OR_RETURN(const WeightView from, source_.matrix(role, spec.layer, expert));
    const DType to = held_dtype(format_, role, from.cols, from.dtype);
    if (to == from.dtype || !seen_.insert(from.data).second) return {};  // a tied head comes twice
    jobs.push_back({spec.name, from, to, n_bytes});
    const auto bytes = static_cast<std::size_t>(from.rows * dtype_bytes(to, from.cols));
    n_bytes += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    source_bytes += from.bytes();
    note_fall_back(role, from.cols, to);
    return {};
  }

  void note_fall_back(WeightRole role, std::int64_t cols, DType to) {
    if (to != DType::Q5_0) return;
    const std::string text = std::string(weight_role_name(role)) + ": rows of " +
                             std::to_string(cols) + ", no multiple of 256: Q5_0";
    if (std::find(fall_backs.begin(), fall_backs.end(), text) == fall_backs.end()) {
      fall_backs.push_back(text);
    }
  }

  WeightSource& source_;
  WeightFormat format_;
  std::unordered_set<const std::byte*> seen_;
};

/// Encodes one matrix on all threads; the first element that cannot be encoded, or −1.
std::int64_t encode(const Job& job, std::byte* out, ThreadPool& pool,
                    std::vector<std::vector<float>>& rows, const std::stop_token& stop) {
  const WeightView& from = job.from;
  const std::int64_t out_row_bytes = dtype_bytes(job.to, from.cols);
  const std::int64_t step = std::max<std::int64_t>(1, kChunkElements / from.cols);
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> unencodable = kNone;
  for (std::vector<float>& row : rows) row.resize(static_cast<std::size_t>(from.cols));
  pool.run((from.rows + step - 1) / step, [&](std::int64_t chunk, int thread) {
    if (stop.stop_requested()) return;
    std::vector<float>& row = rows[static_cast<std::size_t>(thread)];
    for (std::int64_t r = chunk * step; r < std::min((chunk + 1) * step, from.rows); ++r) {
      decode_weight_row(from, r, row.data());
      if (const std::int64_t at = first_unencodable(row); at >= 0) {
        const std::int64_t place = r * from.cols + at;
        std::int64_t first = unencodable;
        while (place < first && !unencodable.compare_exchange_weak(first, place)) {
        }
        return;
      }
      encode_blocks(job.to, row, out + r * out_row_bytes);
    }
  });
  return unencodable == kNone ? -1 : unencodable.load();
}

Result<void> check_memory(std::size_t n_bytes, const QuantiseOptions& options) {
  const auto needed = static_cast<std::int64_t>(n_bytes);
  if (options.memory_available <= 0 || needed <= options.memory_available) return {};
  return fail(ErrorCode::OutOfMemory,
              "the weights as " + std::string(weight_format_name(options.format)) + " need " +
                  std::to_string(needed) + " bytes, free are " +
                  std::to_string(options.memory_available) +
                  "; choose a smaller type, or load them as they are stored");
}

}  // namespace

Result<QuantisedWeights> QuantisedWeights::create(const Checkpoint& checkpoint,
                                                  WeightSource& source,
                                                  const QuantiseOptions& options) {
  const ModelConfig& config = checkpoint.config();
  Planner plan(source, options.format);
  for (const TensorSpec& spec : tensor_specs(config, layout_of_tensors(checkpoint.tensors()))) {
    if (spec.may_be_quantised) RETURN_IF_ERROR(plan.add(spec, config.n_routed_experts));
  }
  RETURN_IF_ERROR(check_memory(plan.n_bytes, options));
  QuantisedWeights weights;
  ASSIGN_OR_RETURN(weights.memory_, PageBlock::allocate(plan.n_bytes));
  weights.fall_backs_ = std::move(plan.fall_backs);
  weights.held_.reserve(plan.jobs.size());
  ASSIGN_OR_RETURN(const auto pool, ThreadPool::create(options.n_threads));
  std::vector<std::vector<float>> rows(static_cast<std::size_t>(options.n_threads));
  std::int64_t done = 0;
  for (const Job& job : plan.jobs) {
    if (options.on_progress) options.on_progress(done, plan.source_bytes);
    std::byte* out = weights.memory_.data() + job.offset;
    const std::int64_t bad = encode(job, out, *pool, rows, options.stop);
    if (options.stop.stop_requested()) return fail(ErrorCode::Cancelled, "loading stopped");
    if (bad >= 0) {
      return fail(ErrorCode::InvalidFile,
                  quoted_name(job.name) + " › element [" + std::to_string(bad / job.from.cols) +
                      ", " + std::to_string(bad % job.from.cols) +
                      "]: found NaN, an infinity or a magnitude above 262,144, which a quantised "
                      "type cannot hold; load the weights as they are stored");
    }
    weights.held_.emplace(job.from.data,
                          WeightView{out, job.to, job.from.rows, job.from.cols, nullptr, 0});
    release_pages({job.from.data, static_cast<std::size_t>(job.from.bytes())});
    done += job.from.bytes();
  }
  if (options.on_progress) options.on_progress(done, plan.source_bytes);
  return weights;
}

WeightView QuantisedWeights::held(const WeightView& stored) const {
  const auto at = held_.find(stored.data);
  return at == held_.end() ? stored : at->second;
}

}  // namespace engine
