// The order in which a GGUF model is read: files, config, weights, texts.
#include "engine/checkpoint/gguf_scan.h"

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/gguf_config.h"
#include "engine/checkpoint/gguf_table.h"
#include "engine/checkpoint/gguf_text.h"

namespace engine {

namespace {

/// The file with the metadata, as messages name it.
std::string gguf_shown_name(const CheckpointScan& scan) {
  return quoted_name(scan.table.gguf_files.front().name());
}

}  // namespace

void scan_gguf(const std::stop_token& stop, CheckpointScan* scan, FindingList* findings) {
  scan->table = read_gguf_files(*scan->folder, stop, findings);
  if (!scan->table.any_file || stop.stop_requested()) return;
  const std::string file = gguf_shown_name(*scan);
  const GgufHeader& header = scan->table.gguf_files.front().header();
  // Without all parts a config that leans on tensors would be wrong, and every other tensor
  // missing.
  if (scan->table.complete) {
    ConfigReading reading = read_gguf_config(header, file, scan->table.tensors);
    scan->config_valid = reading.valid();
    scan->config = std::move(reading.config);
    for (Finding& finding : reading.findings) findings->add(std::move(finding));
  }
  if (scan->config_valid) {
    scan->tally =
        check_tensors(scan->config, scan->table.tensors, scan->table.known_absences, findings);
  }
  if (!gguf_has_texts(*scan)) return;  // the part with the texts is not there
  scan->generation = read_gguf_generation_defaults(header, file, scan->config, findings);
}

bool gguf_has_texts(const CheckpointScan& scan) {
  return scan.table.gguf_files.front().header().find("general.architecture").has_value();
}

Result<TokenizerAssets> gguf_tokenizer_assets(const CheckpointScan& scan) {
  TokenizerAssets assets;
  assets.kind = TokenizerAssets::Kind::Listing;
  assets.file = scan.table.gguf_files.front().name();
  assets.config_json = "{}";
  ASSIGN_OR_RETURN(assets.listing, read_gguf_vocabulary(scan.table.gguf_files.front().header(),
                                                        gguf_shown_name(scan)));
  return assets;
}

Result<ChatTemplateSource> gguf_chat_template(const CheckpointScan& scan) {
  return read_gguf_chat_template(scan.table.gguf_files.front().header(), gguf_shown_name(scan));
}

}  // namespace engine
