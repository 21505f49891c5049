// Checkpoint: a scan without errors, kept open.
#include "engine/checkpoint/checkpoint.h"

#include "engine/checkpoint/checkpoint_scan.h"

namespace engine {

struct Checkpoint::Impl {
  CheckpointScan scan;
  CheckpointReport report;
};

namespace {

/// The errors of a report as one message, one line each.
Error refusal(const CheckpointReport& report) {
  Error error;
  bool only_unsupported = true;
  bool only_missing = true;
  for (const Finding& finding : report.findings) {
    if (finding.severity != Finding::Severity::Error) continue;
    error.message += (error.message.empty() ? "" : "\n") + finding.message;
    only_unsupported &= finding.code.ends_with("unsupported");
    only_missing &= finding.code == "path" || finding.code.find("missing") != std::string::npos;
  }
  error.code = only_unsupported       ? ErrorCode::Unsupported
               : only_missing         ? ErrorCode::NotFound
               : !report.config_valid ? ErrorCode::InvalidConfig
                                      : ErrorCode::InvalidFile;
  return error;
}

}  // namespace

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

Result<Checkpoint> Checkpoint::open(const std::string& path, const std::stop_token& stop) {
  auto impl = std::make_unique<Impl>();
  impl->scan = scan_checkpoint(path, stop);
  if (stop.stop_requested()) return fail(ErrorCode::Cancelled, path + ": opening was cancelled");
  impl->report = report_of(impl->scan, path, 0);
  if (!impl->report.loadable()) return tl::unexpected(refusal(impl->report));
  return Checkpoint(std::move(impl));
}

const std::string& Checkpoint::path() const { return impl_->report.path; }
const ModelConfig& Checkpoint::config() const { return impl_->scan.config; }
const CheckpointReport& Checkpoint::report() const { return impl_->report; }

CheckpointFormat Checkpoint::format() const { return impl_->scan.table.format; }

const GenerationDefaults& Checkpoint::generation_defaults() const { return impl_->scan.generation; }

const StoredTensor* Checkpoint::find(std::string_view name) const {
  return find_tensor(impl_->scan.table.tensors, name);
}

std::span<const StoredTensor> Checkpoint::tensors() const { return impl_->scan.table.tensors; }

Result<TokenizerAssets> Checkpoint::tokenizer_assets() const {
  return tokenizer_assets_of(impl_->scan);
}

Result<void> Checkpoint::check_files() const {
  for (const SafetensorsFile& file : impl_->scan.table.files) {
    RETURN_IF_ERROR(file.check_unchanged());
  }
  for (const GgufFile& file : impl_->scan.table.gguf_files) {
    RETURN_IF_ERROR(file.check_unchanged());
  }
  return {};
}

Result<ChatTemplateSource> Checkpoint::chat_template() const {
  return chat_template_of(impl_->scan);
}

}  // namespace engine
