// Two stages of page-locked memory: while one is copied, the other is filled.
#include "engine/backend/cuda/weight_upload.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/backend/cuda/weight_layout.h"
#include "engine/backend/cuda/weight_placement.h"

namespace engine::cuda {

namespace {

constexpr std::int64_t kStageBytes = std::int64_t{8} << 20;
constexpr std::int64_t kPieceBytes = std::int64_t{256} << 10;  // what one thread arranges at a time
constexpr int kMostThreads = 8;

}  // namespace

std::int64_t scale_bytes(const WeightView& w) {
  if (w.scale_inv == nullptr) return 0;
  return (w.rows + 127) / 128 * w.scale_cols * static_cast<std::int64_t>(sizeof(float));
}

Result<std::unique_ptr<WeightUpload>> WeightUpload::create(Device& device) {
  std::unique_ptr<WeightUpload> upload(new WeightUpload(device));
  ASSIGN_OR_RETURN(upload->pool_, ThreadPool::create(std::min(usable_processors(), kMostThreads)));
  for (Stage& stage : upload->stages_) stage.copied = DeviceEvent(device, device.make_event());
  return upload;
}

Result<void> WeightUpload::send(std::byte* device, std::int64_t n_bytes,
                                const std::function<void(std::byte* to)>& fill) {
  Stage& stage = stages_[next_];
  next_ = 1 - next_;
  device_.wait(stage.copied.handle());
  if (stage.memory.n_bytes() < n_bytes) {  // the first, or a row longer than all before
    stage.memory = PinnedMemory();
    stage.memory = PinnedMemory(device_, std::max(kStageBytes, n_bytes));
    if (stage.memory.data() == nullptr) {
      return fail(ErrorCode::OutOfMemory, "CUDA: no page-locked main memory for copies (" +
                                              std::to_string(std::max(kStageBytes, n_bytes) >> 20) +
                                              " MiB)");
    }
  }
  auto* memory = static_cast<std::byte*>(stage.memory.data());
  fill(memory);
  device_.to_device(device, memory, n_bytes);
  device_.record(stage.copied.handle());
  return {};
}

Result<void> WeightUpload::rows(const WeightView& host, std::byte* device) {
  const std::int64_t row_bytes = placed_row_bytes(weight_layout(host.dtype), host.cols);
  const std::int64_t rows_at_once = std::max<std::int64_t>(kStageBytes / row_bytes, 1);
  const std::int64_t piece_rows = std::max<std::int64_t>(kPieceBytes / row_bytes, 1);
  for (std::int64_t first = 0; first < host.rows; first += rows_at_once) {
    const std::int64_t n = std::min(rows_at_once, host.rows - first);
    const auto arrange = [&](std::byte* to) {
      pool_->run((n + piece_rows - 1) / piece_rows, [&](std::int64_t piece, int) {
        const std::int64_t at = piece * piece_rows;
        arrange_rows(host, first + at, std::min(piece_rows, n - at), to + at * row_bytes);
      });
    };
    RETURN_IF_ERROR(send(device + first * row_bytes, n * row_bytes, arrange));
  }
  return {};
}

Result<void> WeightUpload::scales(const WeightView& host, std::byte* device) {
  const std::int64_t n_bytes = scale_bytes(host);
  if (n_bytes == 0) return {};
  return send(device, n_bytes, [&](std::byte* to) {
    std::memcpy(to, host.scale_inv, static_cast<std::size_t>(n_bytes));
  });
}

}  // namespace engine::cuda
