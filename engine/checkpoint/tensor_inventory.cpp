// Names meet roles through the table of shapes; what the table does not know is listed all the
// same.
#include "engine/checkpoint/tensor_inventory.h"

#include <algorithm>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/checkpoint_scan.h"
#include "engine/checkpoint/tensor_check.h"

namespace engine {

namespace {

TensorRow plain_row(const StoredTensor& tensor) {
  TensorRow row;
  row.name = tensor.name;
  row.file = tensor.file;
  row.dtype = tensor.dtype;
  row.shape = tensor.shape;
  row.bytes = static_cast<std::int64_t>(tensor.bytes.size());
  return row;
}

TensorRow* find_row(std::vector<TensorRow>& rows, std::string_view name) {
  const auto at =
      std::lower_bound(rows.begin(), rows.end(), name,
                       [](const TensorRow& row, std::string_view n) { return row.name < n; });
  return at != rows.end() && at->name == name ? &*at : nullptr;
}

void assign(const TensorSpec& spec, const std::string& role, TensorRow* row) {
  row->role = role;
  row->part = part_of(spec.role);
  row->layer = spec.layer;
  row->expert = spec.expert;
}

}  // namespace

std::vector<TensorRow> list_tensors(const ModelConfig& config, bool config_valid,
                                    std::span<const StoredTensor> tensors) {
  std::vector<TensorRow> rows;
  rows.reserve(tensors.size());
  for (const StoredTensor& tensor : tensors) rows.push_back(plain_row(tensor));
  if (!config_valid) return rows;
  for (const TensorSpec& spec : tensor_specs(config, layout_of_tensors(tensors))) {
    const std::string role(weight_role_name(spec.role));
    if (TensorRow* row = find_row(rows, spec.name)) assign(spec, role, row);
    if (!spec.may_be_quantised) continue;
    if (TensorRow* scale = find_row(rows, scale_name_of(spec.name))) {
      assign(spec, "scale of " + role, scale);
    }
  }
  for (TensorRow& row : rows) {
    if (!row.role.empty() || !is_mtp_tensor(config, row.name)) continue;
    row.part = ModelPart::Mtp;
    row.layer = static_cast<std::int32_t>(layer_of_tensor(row.name).value_or(-1));
  }
  return rows;
}

struct TensorInventory::Impl {
  CheckpointScan scan;
  std::vector<TensorRow> rows;
};

TensorInventory::TensorInventory(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TensorInventory::TensorInventory(TensorInventory&&) noexcept = default;
TensorInventory& TensorInventory::operator=(TensorInventory&&) noexcept = default;
TensorInventory::~TensorInventory() = default;

Result<TensorInventory> TensorInventory::open(const std::string& path,
                                              const std::stop_token& stop) {
  auto impl = std::make_unique<Impl>();
  impl->scan = scan_checkpoint(path, stop);
  if (stop.stop_requested()) return fail(ErrorCode::Cancelled, path + ": opening was cancelled");
  impl->rows = list_tensors(impl->scan.config, impl->scan.config_valid, impl->scan.table.tensors);
  if (impl->rows.empty()) {
    for (const Finding& finding : impl->scan.findings) {
      if (finding.severity == Finding::Severity::Error) {
        return fail(ErrorCode::InvalidFile, finding.message);
      }
    }
    return fail(ErrorCode::NotFound, quoted_name(path) + ": found no tensors");
  }
  return TensorInventory(std::move(impl));
}

const std::vector<TensorRow>& TensorInventory::rows() const { return impl_->rows; }

Result<TensorStatistics> TensorInventory::statistics(std::string_view name,
                                                     const std::stop_token& stop) const {
  const auto& tensors = impl_->scan.table.tensors;
  const StoredTensor* tensor = find_tensor(tensors, name);
  if (tensor == nullptr) {
    return fail(ErrorCode::NotFound, quoted_name(std::string(name)) + ": no such tensor");
  }
  return tensor_statistics(*tensor, find_tensor(tensors, scale_name_of(tensor->name)), stop);
}

}  // namespace engine
