// Where the cells of a rows × columns map lie, in whole device pixels: even cells, no blur, no
// moiré. Spare width goes between the groups of columns. Used by the expert map and the head map.
#pragma once

#include <QPoint>
#include <QRect>
#include <QSize>
#include <optional>

namespace ui {

struct CellGridShape {
  int nRows = 0;
  int nColumns = 0;
  int nGroups = 1;        // of columns; a gap stands between two of them
  int maxCellWidth = 28;  // device pixels, as all the lengths here
  int maxCellHeight = 24;
  int maxGap = 10;
  bool operator==(const CellGridShape&) const = default;
};

class CellGrid {
 public:
  struct Cell {
    int row = 0;
    int column = 0;
    bool operator==(const Cell&) const = default;
  };

  CellGrid() = default;
  /// Fits the shape into `area`; cells are at least one pixel, so a grid may be larger than a tiny
  /// area.
  CellGrid(const CellGridShape& shape, const QRect& area);

  bool isEmpty() const { return shape_.nRows <= 0 || shape_.nColumns <= 0; }
  const CellGridShape& shape() const { return shape_; }
  int pitchX() const { return pitchX_; }
  int pitchY() const { return pitchY_; }
  int columnsPerGroup() const { return columnsPerGroup_; }
  QRect bounds() const;
  /// The painted part of a cell: without the hairline between neighbours, where there is room for
  /// one.
  QRect cellRect(Cell cell) const;
  int columnX(int column) const;
  int rowY(int row) const { return origin_.y() + row * pitchY_; }
  /// The cell whose area, hairline included, holds the point.
  std::optional<Cell> cellAt(QPoint point) const;

 private:
  CellGridShape shape_;
  QPoint origin_;
  int pitchX_ = 1;
  int pitchY_ = 1;
  int gap_ = 0;
  int columnsPerGroup_ = 1;
};

}  // namespace ui
