// read_tensor_files: opens the safetensors files of a folder and merges their tables of contents
// into one, noting everything that does not fit together.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/checkpoint_folder.h"
#include "engine/checkpoint/finding_list.h"
#include "engine/checkpoint/gguf_file.h"
#include "engine/checkpoint/safetensors_file.h"

namespace engine {

struct TensorTable {
  CheckpointFormat format = CheckpointFormat::HuggingFace;
  std::vector<SafetensorsFile> files;       // own the mappings; of a GGUF model the next do
  std::vector<GgufFile> gguf_files;         // the part with the metadata first
  std::vector<StoredTensor> tensors;        // sorted by name; views into the mappings
  std::vector<std::string> known_absences;  // sorted; tensors whose absence is already a finding
  bool any_file = false;                    // at least one file could be read
  bool complete = false;                    // GGUF: every part could be read

  int n_files() const { return static_cast<int>(files.size() + gguf_files.size()); }
  /// In the files, those an index leaves out included.
  int n_tensors() const;
};

TensorTable read_tensor_files(const CheckpointFolder& folder, const std::stop_token& stop,
                              FindingList* findings);

}  // namespace engine
