// CudaBackend: memory, weights, and the ops that are one launch each.
#include "engine/backend/cuda/cuda_backend.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "engine/backend/cuda/weight_placement.h"

namespace engine::cuda {

namespace {

struct BufferOwner {
  DeviceMemory memory;
  std::function<void()> before_release;
};

void release_buffer(void*, void* context) {
  std::unique_ptr<BufferOwner> owner(static_cast<BufferOwner*>(context));
  owner->before_release();
}

std::string mebibytes(std::int64_t n) { return std::to_string(n >> 20) + " MiB"; }

}  // namespace

PlacedWeight placed(const WeightView& w) {
  return {reinterpret_cast<const std::uint8_t*>(w.data),
          w.scale_inv,
          w.rows,
          w.cols,
          w.scale_cols,
          w.dtype};
}

Result<std::unique_ptr<Backend>> CudaBackend::create(int ordinal) {
  std::unique_ptr<CudaBackend> backend(new CudaBackend());
  if (!backend->device_.open(ordinal)) {
    return fail(ErrorCode::Device, "CUDA: " + backend->device_.failure());
  }
  RETURN_IF_ERROR(backend->self_check());
  return backend;
}

CudaBackend::~CudaBackend() { settle(); }

std::string CudaBackend::description() const {
  const DeviceProperties p = device_.properties();
  return "CUDA · " + p.name + " · compute capability " + std::to_string(p.major) + "." +
         std::to_string(p.minor);
}

Result<void> CudaBackend::health() const {
  if (!failure_.empty()) return fail(ErrorCode::OutOfMemory, failure_);
  if (!device_.ok()) {
    return fail(ErrorCode::Device, "the GPU failed: " + device_.failure() +
                                       "; the text is kept, load the model again to go on");
  }
  return {};
}

Error CudaBackend::out_of_memory(std::int64_t n_bytes, const char* purpose) {
  if (!device_.ok()) return health().error();  // it failed before: there may be plenty
  return {ErrorCode::OutOfMemory,
          std::string("GPU memory for ") + purpose + ": needs " + mebibytes(n_bytes) + " more, " +
              mebibytes(device_.free_bytes()) + " are free after " +
              mebibytes(slabs_.taken_bytes()) +
              " of weights; choose a shorter context, a smaller quantisation, or the CPU"};
}

void CudaBackend::fail_op(std::string what) {
  if (failure_.empty()) failure_ = std::move(what);
}

Result<Buffer> CudaBackend::allocate(std::int64_t n_elements) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 8;
  if (n_elements < 0 || n_elements > kMost) {
    return unexpected(out_of_memory(std::numeric_limits<std::int64_t>::max(), "a buffer"));
  }
  flush();
  const std::int64_t n_bytes = n_elements * static_cast<std::int64_t>(sizeof(float));
  DeviceMemory memory(device_, std::max<std::int64_t>(n_bytes, 64));
  if (memory.data() == nullptr) return unexpected(out_of_memory(n_bytes, "a buffer"));
  device_.fill_zero(memory.data(), n_bytes);
  auto* data = static_cast<float*>(memory.data());
  auto owner = std::make_unique<BufferOwner>();
  owner->memory = std::move(memory);
  owner->before_release = [this, data] {
    flush();
    terms_source_ = {};
    position_rows_.erase(data);
    forget_steps();
  };
  return Buffer(data, n_elements, release_buffer, owner.release());
}

Result<WeightView> CudaBackend::place(const WeightView& host) {
  flush();
  const std::int64_t n_bytes = placed_bytes(host);
  auto* device = static_cast<std::byte*>(slabs_.take(n_bytes + scale_bytes(host) + 256));
  if (device == nullptr) return unexpected(out_of_memory(n_bytes, "a weight"));
  if (!weight_upload_) {
    ASSIGN_OR_RETURN(weight_upload_, WeightUpload::create(device_));
  }
  WeightView view = host;
  view.data = device;
  RETURN_IF_ERROR(weight_upload_->rows(host, device));
  if (host.scale_inv != nullptr) {
    std::byte* scales = device + round_up(n_bytes, 256);
    RETURN_IF_ERROR(weight_upload_->scales(host, scales));
    view.scale_inv = reinterpret_cast<const float*>(scales);
  }
  RETURN_IF_ERROR(health());
  return view;
}

void CudaBackend::upload(std::span<const float> host, MatView device) {
  flush();
  changes(device);
  if (!may_wait()) return;
  const std::int64_t row_bytes = device.cols * static_cast<std::int64_t>(sizeof(float));
  if (device.stride == device.cols) {
    device_.to_device(device.data, host.data(), device.rows * row_bytes);
  } else {
    for (std::int64_t r = 0; r < device.rows; ++r) {
      device_.to_device(device.row(r), host.data() + r * device.cols, row_bytes);
    }
  }
  device_.synchronize();
}

void CudaBackend::download(ConstMatView device, std::span<float> host) {
  flush();
  if (!may_wait() || !usable()) {
    std::fill(host.begin(), host.end(), 0.0F);
    return;
  }
  const std::int64_t row_bytes = device.cols * static_cast<std::int64_t>(sizeof(float));
  if (device.stride == device.cols) {
    device_.to_host(host.data(), device.data, device.rows * row_bytes);
  } else {
    for (std::int64_t r = 0; r < device.rows; ++r) {
      device_.to_host(host.data() + r * device.cols, device.row(r), row_bytes);
    }
  }
  device_.synchronize();
  if (!usable()) std::fill(host.begin(), host.end(), 0.0F);
}

void CudaBackend::changes(ConstMatView out) {
  if (terms_source_.data != nullptr && out.rows > 0 && overlaps(terms_source_, out)) {
    terms_source_ = {};
  }
}

Terms CudaBackend::terms_of(ConstMatView x) {
  if (terms_source_.data != nullptr && same_view(terms_source_, x)) return terms_;
  terms_.padded_cols = round_up(x.cols, kTermPadding);
  terms_.data = scratch<std::uint16_t>(ScratchKind::Terms, x.rows * 2 * terms_.padded_cols);
  terms_source_ = {};
  if (terms_.data == nullptr) return terms_;
  launch_split({rows_of(x), 1, 0, terms_}, device_.stream());
  after_launch("split");
  terms_source_ = x;
  return terms_;
}

void CudaBackend::do_embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) {
  flush();
  changes(out);
  auto* device_ids = scratch<std::int32_t>(ScratchKind::Tokens, out.rows);
  if (!usable()) return;
  if (recording_ == Recording::No) {
    std::vector<std::int32_t> ids;
    for (const TokenId token : tokens) ids.push_back(token.value);
    device_.to_device(device_ids, ids.data(), out.rows * 4);
  }  // else begin_step put it there
  launch_embed(placed(table), device_ids, rows_of(out), device_.stream());
  after_launch("embed");
}

void CudaBackend::do_layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                                MatView out) {
  flush();
  changes(out);
  if (!usable()) return;
  NormArgs args;
  args.x = rows(x);
  args.gamma = gamma;
  args.beta = beta;
  args.eps = eps;
  args.out = rows(out);
  launch_layer_norm(args, device_.stream());
  after_launch("layer_norm");
}

// A large tile reads less than half of what small ones read for the same work: half of the GPU's
// multiprocessors do as much with them.
std::int64_t CudaBackend::rows_per_tile(std::int64_t n_rows, std::int64_t weight_rows,
                                        DType dtype) const {
  if (n_rows <= 2 * kFewRows) return kFewRows;
  const std::int64_t tile_weight_rows = large_tile_weight_rows(dtype);
  const std::int64_t n_tiles = (n_rows + kLargeRows - 1) / kLargeRows *
                               ((weight_rows + tile_weight_rows - 1) / tile_weight_rows);
  return 2 * n_tiles >= device_.properties().n_multiprocessors ? kLargeRows : kManyRows;
}

void CudaBackend::do_matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) {
  make_way(x, out);
  if (!usable() || x.rows == 0) return;
  MatmulArgs args;
  args.weight = placed(w);
  args.x = terms_of(x);
  args.n_rows = x.rows;
  args.bias = bias;
  args.out = rows(out);
  args.tile_rows = rows_per_tile(x.rows, w.rows, w.dtype);
  changes(out);
  if (!usable()) return;
  launch_matmul(args, device_.stream());
  after_launch("matmul");
}

}  // namespace engine::cuda
