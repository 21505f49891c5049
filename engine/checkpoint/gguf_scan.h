// scan_gguf: everything that can be known about a GGUF model from its headers.
#pragma once

#include <stop_token>

#include "engine/checkpoint/checkpoint_scan.h"
#include "engine/checkpoint/finding_list.h"

namespace engine {

/// Fills a scan whose folder is set.
void scan_gguf(const std::stop_token& stop, CheckpointScan* scan, FindingList* findings);

/// The file with the metadata, as messages name it.
std::string gguf_shown_name(const CheckpointScan& scan);

}  // namespace engine
