// Canvas: the common ground of every painted view of the inspector: device-pixel painting, tooltips
// that do not cover what they describe, copy, focus frame and the sentence that stands in an empty
// view.
#pragma once

#include <QFont>
#include <QPainter>
#include <QString>
#include <QWidget>

#include "ui/theme/theme.h"

namespace ui {

class Canvas : public QWidget {
  Q_OBJECT
 public:
  /// `theme` is main()'s and outlives every widget.
  explicit Canvas(const Theme& theme, QWidget* parent = nullptr);

  /// While set, the sentence stands where the picture would be: what will be here, or why it is
  /// not.
  void setMessage(const QString& message);
  QString message() const { return message_; }
  /// What Ctrl+C and the context menu copy: rows of tab-separated values with a head line.
  virtual QString tableText() const { return {}; }
  /// The readout at a point in device pixels; empty where there is nothing.
  virtual QString readoutAt(QPoint devicePoint) const;

 Q_SIGNALS:
  /// "Copy" was chosen and the clipboard now holds the table.
  void tableCopied();

 protected:
  /// Paints the whole view; every length is in device pixels.
  virtual void paintPicture(QPainter& painter, QSize size) = 0;
  /// The pointer moved, or left (then outside every rectangle).
  virtual void pointerMoved(QPoint devicePoint);
  virtual void pointerPressed(QPoint devicePoint);
  virtual void pointerDoubleClicked(QPoint devicePoint);

  const Theme& theme() const { return theme_; }
  QSize deviceSize() const;
  /// Device pixels for logical ones.
  int px(qreal logical) const;
  QFont deviceFont(FontRole role) const;
  /// The painter's font set to the role's, and its metrics' line height.
  int useFont(QPainter& painter, FontRole role) const;
  QColor colour(ColourRole role) const { return theme_.colour(role); }

  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  QPoint toDevice(QPointF logical) const;
  void copyTable();
  void paintMessage(QPainter& painter, QSize size) const;

  const Theme& theme_;
  QString message_;
};

/// The colour of a magnitude: least contrast to the ground at 0, most at 1, in light and dark
/// alike.
QColor magnitudeColour(const Theme& theme, double place);
/// The same for expert weights, which lie over a grey ramp: cividis has a grey middle, viridis has
/// not.
QColor weightColour(const Theme& theme, double place);
/// The colour of a signed value in −1 … 1; 0 is the neutral middle.
QColor signedColour(const Theme& theme, double place);
/// A readout of several lines on one: "affinity 0.31 · bias 0.02".
QString onOneLine(const QString& readout);
/// A number for a legend: whole numbers without decimals.
QString legendNumber(double value);
QColor blend(const QColor& from, const QColor& to, double share);

}  // namespace ui
