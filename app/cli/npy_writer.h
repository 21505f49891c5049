// NpyWriter: a NumPy file of float32 rows, written row block by row block.
#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>

#include "engine/base/result.h"

namespace app::cli {

class NpyWriter {
 public:
  /// Writes beside `path`; the file appears there only after `commit`.
  static engine::Result<NpyWriter> create(const std::string& path, std::int64_t n_rows,
                                          std::int64_t n_cols);
  NpyWriter(NpyWriter&&) = default;
  NpyWriter& operator=(NpyWriter&&) = default;
  ~NpyWriter();

  engine::Result<void> append(std::span<const float> rows);
  engine::Result<void> commit();

 private:
  NpyWriter() = default;
  std::string path_;
  std::ofstream file_;
};

}  // namespace app::cli
