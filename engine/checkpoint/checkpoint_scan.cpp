// The order in which a checkpoint folder is read: config, tensor files, weights, texts.
#include "engine/checkpoint/checkpoint_scan.h"

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/gguf_scan.h"
#include "engine/checkpoint/gguf_table.h"
#include "engine/checkpoint/tensor_spec.h"
#include "engine/checkpoint/text_assets.h"

namespace engine {

namespace {

constexpr const char* kConfig = "config.json";
constexpr std::uint64_t kMaxConfigBytes = 16U << 20U;

void read_config(const CheckpointFolder& folder, CheckpointScan* scan, FindingList* findings) {
  const Result<std::string> text = folder.read_text(kConfig, kMaxConfigBytes);
  if (!text) {
    const bool missing = text.error().code == ErrorCode::NotFound;
    if (missing && folder.has("adapter_config.json")) {
      findings->error("layout-unsupported",
                      "adapter_config.json: this checkpoint is " + std::string(kAdapterLayout));
      return;
    }
    findings->error(
        missing ? "config-missing-file" : "config-unreadable",
        text.error().message + (missing ? "; a checkpoint folder has one beside its weights" : ""));
    return;
  }
  ConfigReading reading = read_model_config(*text, kConfig);
  scan->config_valid = reading.valid();
  scan->config = std::move(reading.config);
  for (Finding& finding : reading.findings) findings->add(std::move(finding));
}

}  // namespace

CheckpointScan scan_checkpoint(const std::string& path, const std::stop_token& stop) {
  CheckpointScan scan;
  FindingList findings;
  Result<CheckpointFolder> folder = CheckpointFolder::open(path);
  if (!folder) {
    findings.error("path", folder.error().message);
    scan.findings = findings.take();
    return scan;
  }
  scan.folder = std::move(*folder);
  if (is_gguf_checkpoint(*scan.folder)) {
    scan_gguf(stop, &scan, &findings);
    if (stop.stop_requested()) findings.error("cancelled", "reading the files was cancelled");
    scan.findings = findings.take();
    return scan;
  }
  read_config(*scan.folder, &scan, &findings);
  scan.table = read_tensor_files(*scan.folder, stop, &findings);
  if (scan.config_valid && scan.table.any_file && !stop.stop_requested()) {
    scan.tally =
        check_tensors(scan.config, scan.table.tensors, scan.table.known_absences, &findings);
  }
  if (!stop.stop_requested()) {
    ModelConfig known = scan.config_valid ? scan.config : ModelConfig();
    scan.generation = read_generation_defaults(*scan.folder, known, &findings);
  }
  if (stop.stop_requested()) findings.error("cancelled", "reading the folder was cancelled");
  scan.findings = findings.take();
  return scan;
}

bool has_texts(const CheckpointScan& scan) {
  if (!scan.folder) return false;
  if (scan.table.format != CheckpointFormat::Gguf) return true;
  return !scan.table.gguf_files.empty() && gguf_has_texts(scan);
}

Result<TokenizerAssets> tokenizer_assets_of(const CheckpointScan& scan) {
  return scan.table.format == CheckpointFormat::Gguf ? gguf_tokenizer_assets(scan)
                                                     : read_tokenizer_assets(*scan.folder);
}

Result<ChatTemplateSource> chat_template_of(const CheckpointScan& scan) {
  return scan.table.format == CheckpointFormat::Gguf ? gguf_chat_template(scan)
                                                     : read_chat_template(*scan.folder);
}

}  // namespace engine
