#include "ui/load/tensor_window.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QScreen>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/format.h"
#include "ui/load/tensor_detail.h"
#include "ui/load/tensor_table_model.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kFilterDelayMs = 120;  // ninety thousand names are matched after a pause in typing

}  // namespace

TensorWindow::TensorWindow(app::EngineBridge& bridge, const Theme& theme, QWidget* parent)
    : QDialog(parent), browser_(bridge), theme_(theme) {
  setWindowTitle(tr("Tensors"));
  filterTimer_.setSingleShot(true);
  filterTimer_.setInterval(kFilterDelayMs);
  build();
  connectParts();
  const QSize available = screen()->availableSize();
  resize(std::min(theme.gap(330), available.width() * 9 / 10),
         std::min(theme.gap(170), available.height() * 9 / 10));
  onListChanged();
}

void TensorWindow::build() {
  search_ = new QLineEdit(this);
  search_->setClearButtonEnabled(true);
  search_->setPlaceholderText(tr("Search by name, part, type or file: every word must be there"));
  search_->setAccessibleName(tr("Search tensors"));
  summary_ = new QLabel(this);
  summary_->setProperty("muted", true);
  auto* top = new QHBoxLayout();
  top->setSpacing(theme_.gap(3));
  top->addWidget(search_, 1);
  top->addWidget(summary_);

  model_ = new TensorTableModel(this);
  table_ = new QTableView(this);
  table_->setModel(model_);
  table_->setAccessibleName(tr("Tensors"));
  table_->setSortingEnabled(true);
  table_->sortByColumn(TensorTableModel::kName, Qt::AscendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setTabKeyNavigation(false);
  table_->setFont(theme_.font(FontRole::MonoSmall));
  table_->verticalHeader()->hide();
  const int rowHeight = QFontMetrics(theme_.font(FontRole::MonoSmall)).height() + theme_.gap(1) + 2;
  table_->verticalHeader()->setMinimumSectionSize(rowHeight);
  table_->verticalHeader()->setDefaultSectionSize(rowHeight);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setFont(theme_.font(FontRole::Small));
  message_ = new QLabel(this);
  message_->setAlignment(Qt::AlignCenter);
  message_->setWordWrap(true);
  message_->setTextFormat(Qt::PlainText);
  message_->setProperty("muted", true);
  auto* left = new QWidget(this);
  auto* leftColumn = new QVBoxLayout(left);
  leftColumn->setContentsMargins(0, 0, 0, 0);
  leftColumn->addWidget(table_, 1);
  leftColumn->addWidget(message_, 1);
  detail_ = new TensorDetail(browser_, theme_, this);
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(left);
  splitter->addWidget(detail_);
  splitter->setStretchFactor(0, 5);
  splitter->setStretchFactor(1, 3);
  splitter->setChildrenCollapsible(false);
  splitter->setSizes({theme_.gap(230), theme_.gap(86)});
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme_.gap(4), theme_.gap(3), theme_.gap(4), theme_.gap(4));
  column->setSpacing(theme_.gap(2));
  column->addLayout(top);
  column->addWidget(splitter, 1);
}

void TensorWindow::connectParts() {
  connect(&browser_, &app::TensorBrowser::listChanged, this, &TensorWindow::onListChanged);
  connect(search_, &QLineEdit::textChanged, this, [this] { filterTimer_.start(); });
  connect(&filterTimer_, &QTimer::timeout, this, &TensorWindow::applyFilter);
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          [this](const QModelIndex& current) {
            if (!current.isValid()) return;
            table_->selectRow(current.row());
            browser_.select(model_->sourceRow(current.row()));
          });
  connect(table_, &QTableView::activated, &browser_, &app::TensorBrowser::read);
}

void TensorWindow::setCheckpoint(const QString& path, const QString& name) {
  setWindowTitle(tr("Tensors of %1").arg(format::oneLine(name, 80)));
  browser_.open(path);
  search_->setFocus();
}

void TensorWindow::setFilter(const QString& words) {
  search_->setText(words);
  filterTimer_.stop();
  applyFilter();
}

void TensorWindow::onListChanged() {
  model_->setRows(browser_.rows());
  const app::TensorListState state = browser_.state();
  table_->setVisible(state == app::TensorListState::Ready);
  message_->setVisible(state != app::TensorListState::Ready);
  message_->setText(state == app::TensorListState::Reading  ? tr("Reading headers…")
                    : state == app::TensorListState::Failed ? browser_.problem()
                                                            : QString());
  if (state == app::TensorListState::Ready) {
    // Wide enough for the first rows' names; measuring all of a large model would take long.
    QHeaderView* head = table_->horizontalHeader();
    head->setResizeContentsPrecision(200);
    table_->resizeColumnsToContents();
    head->resizeSection(TensorTableModel::kName,
                        std::min(head->sectionSize(TensorTableModel::kName), theme_.gap(84)));
  }
  showSummary();
}

// The tensor in view stays in view when it is still there.
void TensorWindow::applyFilter() {
  const int selected = model_->sourceRow(table_->currentIndex().row());
  model_->setFilter(search_->text());
  const int row = selected < 0 ? -1 : model_->shownRow(selected);
  if (row >= 0) table_->setCurrentIndex(model_->index(row, 0));
  showSummary();
}

void TensorWindow::showSummary() {
  const app::TensorRows& rows = browser_.rows();
  if (rows == nullptr) {
    summary_->clear();
    return;
  }
  summary_->setText(tr("%1 of %2 tensors, %3")
                        .arg(format::count(model_->rowCount()),
                             format::count(static_cast<qint64>(rows->size())),
                             format::bytes(model_->shownBytes())));
}

void TensorWindow::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Find)) {
    search_->setFocus();
    search_->selectAll();
  } else if (event->matches(QKeySequence::Copy)) {
    QGuiApplication::clipboard()->setText(detail_->text());
  } else {
    QDialog::keyPressEvent(event);
  }
}

}  // namespace ui
