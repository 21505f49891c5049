// A read-only table in the inspector's type and spacing.
// Used by the next-token panel and the cache ledger.
#include "ui/inspector/inspector_table.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>

#include "ui/theme/theme.h"

namespace ui {

InspectorTable::InspectorTable(const Theme& theme, const QStringList& headers, QWidget* parent)
    : QTableWidget(0, static_cast<int>(headers.size()), parent), theme_(theme) {
  setHorizontalHeaderLabels(headers);
  verticalHeader()->hide();
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setShowGrid(false);
  setTabKeyNavigation(false);
  setWordWrap(false);
  setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  horizontalHeader()->setHighlightSections(false);
  setStyleSheet(QStringLiteral("QHeaderView::section { padding: 4px 4px; }"));
  connect(&theme_, &Theme::changed, this, &InspectorTable::applyTheme);
  applyTheme();
}

void InspectorTable::applyTheme() {
  setFont(theme_.font(FontRole::MonoSmall));
  horizontalHeader()->setFont(theme_.font(FontRole::Small));
  verticalHeader()->setMinimumSectionSize(rowHeight());
  verticalHeader()->setDefaultSectionSize(rowHeight());
}

int InspectorTable::rowHeight() const {
  return QFontMetrics(theme_.font(FontRole::MonoSmall)).height() + theme_.gap(1) + 2;
}

QTableWidgetItem* InspectorTable::put(int row, int column, const QString& text,
                                      const QString& exact, Qt::Alignment alignment) {
  auto* cell = new QTableWidgetItem(text);
  cell->setTextAlignment(alignment | Qt::AlignVCenter);
  if (!exact.isEmpty()) cell->setToolTip(exact.toHtmlEscaped());
  setItem(row, column, cell);
  horizontalHeaderItem(column)->setTextAlignment(alignment | Qt::AlignVCenter);
  return cell;
}

QString InspectorTable::tableText() const {
  QStringList lines;
  QStringList cells;
  for (int column = 0; column < columnCount(); ++column)
    cells << horizontalHeaderItem(column)->text();
  lines << cells.join(QLatin1Char('\t'));
  for (int row = 0; row < rowCount(); ++row) {
    cells.clear();
    for (int column = 0; column < columnCount(); ++column) {
      const QTableWidgetItem* cell = item(row, column);
      cells << (cell ? cell->text() : QString());
    }
    lines << cells.join(QLatin1Char('\t'));
  }
  return lines.join(QLatin1Char('\n'));
}

void InspectorTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) {
    QGuiApplication::clipboard()->setText(tableText());
    return;
  }
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Home:
    case Qt::Key_End:
    case Qt::Key_Escape:
    case Qt::Key_BracketLeft:
    case Qt::Key_BracketRight:
      event->ignore();
      return;
    default:
      QTableWidget::keyPressEvent(event);
  }
}

}  // namespace ui
