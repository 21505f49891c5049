// scan_gguf: everything that can be known about a GGUF model from its headers.
#pragma once

#include <stop_token>

#include "engine/checkpoint/checkpoint_scan.h"
#include "engine/checkpoint/finding_list.h"

namespace engine {

/// Fills a scan whose folder is set.
void scan_gguf(const std::stop_token& stop, CheckpointScan* scan, FindingList* findings);

// Of a scan that has files.
/// Whether the first file holds the metadata: another part of a split model does not.
bool gguf_has_texts(const CheckpointScan& scan);
Result<TokenizerAssets> gguf_tokenizer_assets(const CheckpointScan& scan);
Result<ChatTemplateSource> gguf_chat_template(const CheckpointScan& scan);

}  // namespace engine
