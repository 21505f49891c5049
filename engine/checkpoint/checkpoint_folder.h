// CheckpointFolder: the one place that turns a name written in a file into a path. Names are plain,
// links must not lead out (except into the hub cache's own blobs).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace engine {

class CheckpointFolder {
 public:
  /// `path` is a folder, or a file in one.
  static Result<CheckpointFolder> open(const std::string& path);

  const std::string& path() const { return path_; }
  /// The last part of the path; for a snapshot of the hub cache the repository's name.
  std::string name() const;
  /// The file `open` was given, when it was one; else empty.
  const std::string& chosen_file() const { return chosen_file_; }

  bool has(const std::string& name) const;
  /// The real path of a file in the folder. Refuses names with separators, links that leave the
  /// folder, and names that lead nowhere (NotFound).
  Result<std::string> resolve(const std::string& name) const;
  Result<std::string> read_text(const std::string& name, std::uint64_t max_bytes) const;
  /// What a downloader keeps beside a file until it is whole ("x.safetensors.incomplete"); empty
  /// when there is nothing such.
  std::string unfinished_download(const std::string& name) const;
  /// The first folder in this one that looks like a checkpoint, as "snapshots/<revision>"; empty
  /// when there is none.
  std::string checkpoint_inside() const;
  /// Names in the folder, sorted; of a crowded folder only the first many.
  std::vector<std::string> list() const;

 private:
  std::string path_;  // real path, no links in it
  std::string chosen_file_;
  std::string blobs_;  // the hub cache's …/blobs beside …/snapshots/<revision>; else empty
};

}  // namespace engine
