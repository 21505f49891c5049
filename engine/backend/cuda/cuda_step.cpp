// CudaBackend: what comes back to the host, in one copy and one wait per pass; decode steps
// recorded once and launched again.
//
// A step is recorded when its shape comes the second time (the first run takes the memory and fills
// the tables), and again when its position leaves the range that the attention's grid was made for
// or memory it knows was given back. What depends on the position reads how far it moved from
// device memory. Whatever cannot be recorded gives the recording up, and the step's ops are called
// again.
#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

namespace {

constexpr std::int64_t kBlockAlignment = 64;
constexpr std::int64_t kLeastBlock = std::int64_t{64} << 10;
constexpr std::size_t kMostSteps = 8;
constexpr int kMostGivenUp = 4;

}  // namespace

bool CudaBackend::make_room(std::int64_t n_bytes) {
  const std::int64_t wanted = n_bytes + 8 * kBlockAlignment;  // five spans at most, each aligned
  if (block_used_ + wanted <= block_.n_bytes()) return true;
  if (!may_wait()) return false;
  settle();
  if (wanted <= block_.n_bytes()) return usable();
  forget_steps();
  const std::int64_t n = std::max(wanted, kLeastBlock);
  block_ = DeviceMemory();
  block_ = DeviceMemory(device_, n);
  block_copy_ = PinnedMemory(device_, n);
  if (block_.data() == nullptr || block_copy_.data() == nullptr) {
    fail_op(out_of_memory(n, "results").message);
    block_ = DeviceMemory();
  }
  return usable();
}

void* CudaBackend::to_deliver(void* host, std::int64_t n_bytes) {
  const std::int64_t offset = block_used_;
  block_used_ += round_up(n_bytes, kBlockAlignment);
  deliveries_.push_back({offset, n_bytes, host});
  return static_cast<std::byte*>(block_.data()) + offset;
}

void CudaBackend::fetch(ConstMatView device, std::span<float> host) {
  flush();
  if (!usable() || !make_room(extent(host.size_bytes()))) {
    std::fill(host.begin(), host.end(), 0.0F);
    return;
  }
  float* to = to_deliver(host);
  const std::int64_t row_bytes = device.cols * static_cast<std::int64_t>(sizeof(float));
  if (device.stride == device.cols) {
    return device_.between(to, device.data, device.rows * row_bytes);
  }
  for (std::int64_t r = 0; r < device.rows; ++r) {
    device_.between(to + r * device.cols, device.row(r), row_bytes);
  }
}

// The one wait.
void CudaBackend::settle() {
  flush();
  if (recording_ != Recording::No) {  // a step that was stopped
    device_.release_graph(device_.end_capture());
    recording_ = Recording::No;
    deliveries_.clear();
  }
  if (!picked_.host.empty()) {
    device_.to_host(picked_.host.data(), picked_.slots, extent(picked_.host.size_bytes()));
    device_.to_host(picked_.host_scores.data(), picked_.scores,
                    extent(picked_.host_scores.size_bytes()));
  }
  if (!deliveries_.empty() && !block_copied_) {
    device_.to_host(block_copy_.data(), block_.data(), block_used_);
  }
  device_.synchronize();
  deliver();
}

void CudaBackend::deliver() {
  for (const Delivery& d : deliveries_) {
    if (usable()) {
      std::memcpy(d.host, static_cast<std::byte*>(block_copy_.data()) + d.offset,
                  static_cast<std::size_t>(d.n_bytes));
    } else {
      std::memset(d.host, 0, static_cast<std::size_t>(d.n_bytes));
    }
  }
  if (!usable()) std::fill(picked_.host.begin(), picked_.host.end(), 0);
  deliveries_.clear();
  block_used_ = 0;
  block_copied_ = false;
  routed_ = {};
  picked_ = {};
}

bool CudaBackend::may_wait() {
  if (recording_ == Recording::Yes) {
    device_.release_graph(device_.end_capture());
    recording_ = Recording::GivenUp;
  }
  return recording_ == Recording::No;
}

void CudaBackend::forget_steps() {
  if (steps_.empty()) return;
  device_.synchronize();  // one may still run
  steps_.clear();
}

void CudaBackend::rows_by_position(ConstMatView rows) {
  if (rows.rows > 0) {
    position_rows_[rows.data] = {rows.data + rows.rows * rows.stride, rows.stride};
  }
}

const std::int64_t* CudaBackend::moved() const {
  return recording_ == Recording::Yes ? static_cast<const std::int64_t*>(step_moved_.data())
                                      : nullptr;
}

bool CudaBackend::lies_by_position(ConstMatView m) const {
  const auto next = position_rows_.upper_bound(m.data);
  if (next == position_rows_.begin()) return false;
  const PositionRows& table = std::prev(next)->second;
  return m.data < table.end && m.stride == table.stride;
}

// Only what stands at the step's own position moves: a view from row 0 on is the whole past.
Rows CudaBackend::rows(MatView m) const {
  Rows rows = rows_of(m);
  if (recording_ != Recording::Yes || !lies_by_position(m)) return rows;
  const auto& [begin, table] = *std::prev(position_rows_.upper_bound(m.data));
  if (m.data == begin + step_.position * table.stride) rows.moved = moved();
  return rows;
}

ConstRows CudaBackend::rows(ConstMatView m) const {
  const Rows own = rows(MatView{const_cast<float*>(m.data), m.rows, m.cols, m.stride});
  return {own.data, own.rows, own.cols, own.stride, own.moved};
}

CudaBackend::RecordedStep* CudaBackend::recorded(const DecodeStep& step) {
  for (RecordedStep& s : steps_) {
    if (s.shape == step.shape && step.position >= s.limit - kStepRange && step.position < s.limit) {
      return &s;
    }
  }
  return nullptr;
}

void CudaBackend::tell_step(const DecodeStep& step, std::int64_t recorded_position) {
  const std::int64_t moved = step.position - recorded_position;
  device_.to_device(step_moved_.data(), &moved, sizeof moved);
  auto* token = scratch<std::int32_t>(ScratchKind::Tokens, 1);
  if (token != nullptr) device_.to_device(token, &step.token.value, sizeof step.token.value);
}

StepState CudaBackend::begin_step(const DecodeStep& step) {
  flush();
  terms_source_ = {};
  if (!deliveries_.empty()) settle();
  const bool plain = std::exchange(run_plainly_, false);
  if (!usable() || !captures_ || plain || step.position < 1) return StepState::Run;
  if (RecordedStep* known = recorded(step)) {
    tell_step(step, known->position);
    device_.launch(known->work.handle());
    deliveries_ = known->deliveries;
    block_copied_ = true;
    return StepState::Replayed;
  }
  if (std::find(shapes_run_.begin(), shapes_run_.end(), step.shape) == shapes_run_.end()) {
    if (shapes_run_.size() >= kMostSteps) shapes_run_.erase(shapes_run_.begin());
    shapes_run_.push_back(step.shape);
    return StepState::Run;
  }
  if (step_moved_.data() == nullptr) step_moved_ = DeviceMemory(device_, sizeof(std::int64_t));
  if (step_moved_.data() == nullptr) return StepState::Run;
  tell_step(step, step.position);
  if (!usable() || !device_.begin_capture()) {
    captures_ = false;
    return StepState::Run;
  }
  step_ = {};
  step_.shape = step.shape;
  step_.position = step.position;
  step_.limit = round_up(step.position + 1, kStepRange);
  recording_ = Recording::Yes;
  return StepState::Run;
}

bool CudaBackend::end_step() {
  if (recording_ == Recording::No) return true;
  flush();
  terms_source_ = {};
  const bool given_up = recording_ == Recording::GivenUp;
  if (!given_up && !deliveries_.empty()) {
    device_.to_host(block_copy_.data(), block_.data(), block_used_);
  }
  if (!given_up) step_.work = CapturedWork(device_, device_.end_capture());
  recording_ = Recording::No;
  if (step_.work.handle() == nullptr) {
    give_up_step();
    // What a device cannot capture once it never will.
    if (!given_up || ++n_given_up_ > kMostGivenUp) captures_ = false;
    return false;
  }
  n_given_up_ = 0;
  step_.deliveries = deliveries_;
  block_copied_ = true;
  device_.launch(step_.work.handle());
  if (steps_.size() >= kMostSteps) forget_steps();
  steps_.push_back(std::move(step_));
  return true;
}

// Nothing of it ran. What memory it lacked is taken now.
void CudaBackend::give_up_step() {
  deliveries_.clear();
  block_used_ = 0;
  routed_ = {};
  picked_ = {};
  run_plainly_ = true;
  forget_steps();
  for (const Growth& g : to_grow_) {
    if (scratch_.bytes(g.kind, g.n_bytes) == nullptr) {
      fail_op(out_of_memory(g.n_bytes, "scratch").message);
    }
  }
  to_grow_.clear();
}

}  // namespace engine::cuda
