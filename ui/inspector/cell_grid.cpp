// Integer geometry of a map of cells.
// Everything is in device pixels; the painting widget scales by the device pixel ratio.
#include "ui/inspector/cell_grid.h"

#include <algorithm>

namespace ui {

CellGrid::CellGrid(const CellGridShape& shape, const QRect& area) : shape_(shape) {
  if (isEmpty()) return;
  const int nGroups =
      shape.nColumns % std::max(1, shape.nGroups) == 0 ? std::max(1, shape.nGroups) : 1;
  shape_.nGroups = nGroups;
  columnsPerGroup_ = shape.nColumns / nGroups;
  const int nGaps = nGroups - 1;
  pitchX_ = std::clamp((area.width() - 2 * nGaps) / shape.nColumns, 1, shape.maxCellWidth);
  pitchY_ = std::clamp(area.height() / shape.nRows, 1, shape.maxCellHeight);
  if (nGaps > 0) {
    const int spare = area.width() - pitchX_ * shape.nColumns;
    gap_ = std::clamp(spare / nGaps, 1, std::max(1, shape.maxGap));
  }
  origin_ = area.topLeft();
}

QRect CellGrid::bounds() const {
  if (isEmpty()) return {};
  const int width = pitchX_ * shape_.nColumns + gap_ * (shape_.nGroups - 1);
  return {origin_, QSize(width, pitchY_ * shape_.nRows)};
}

int CellGrid::columnX(int column) const {
  return origin_.x() + column * pitchX_ + gap_ * (column / columnsPerGroup_);
}

QRect CellGrid::cellRect(Cell cell) const {
  const int hairX = pitchX_ >= 4 ? 1 : 0;
  const int hairY = pitchY_ >= 4 ? 1 : 0;
  return {columnX(cell.column), rowY(cell.row), pitchX_ - hairX, pitchY_ - hairY};
}

std::optional<CellGrid::Cell> CellGrid::cellAt(QPoint point) const {
  if (isEmpty() || !bounds().contains(point)) return std::nullopt;
  const int x = point.x() - origin_.x();
  const int groupPitch = columnsPerGroup_ * pitchX_ + gap_;
  const int group = std::min(x / groupPitch, shape_.nGroups - 1);
  const int inGroup = (x - group * groupPitch) / pitchX_;
  if (inGroup >= columnsPerGroup_) return std::nullopt;  // in a gap
  return Cell{(point.y() - origin_.y()) / pitchY_, group * columnsPerGroup_ + inGroup};
}

}  // namespace ui
