// The shape of a tile of the AMX unit. Included by the AMX kernels' files inside their unnamed
// namespace.
#pragma once

struct TileShape {
  std::int64_t rows;
  std::int64_t row_bytes;
};
