// The dialog asks the bridge for reports (worker thread) and never touches files itself.
#include "ui/load/load_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QStackedWidget>
#include <QThread>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "app/workspace.h"
#include "ui/load/report_view.h"
#include "ui/theme/theme.h"

namespace ui {

LoadDialog::LoadDialog(app::Workspace& workspace, const Theme& theme, QWidget* parent)
    : QDialog(parent), workspace_(workspace) {
  setWindowTitle(tr("Open checkpoint"));
  setAcceptDrops(true);
  askTimer_.setSingleShot(true);
  askTimer_.setInterval(120);
  build(theme);
  connectParts();
  fillRecent();
  resize(theme.gap(190), theme.gap(150));
}

void LoadDialog::build(const Theme& theme) {
  pathBox_ = new QComboBox(this);
  pathBox_->setEditable(true);
  pathBox_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  pathBox_->setAccessibleName(tr("Checkpoint folder or file"));
  pathBox_->lineEdit()->setPlaceholderText(tr("Folder with config.json and *.safetensors"));
  auto* folder = new QPushButton(tr("Folder…"), this);
  auto* file = new QPushButton(tr("File…"), this);
  for (QPushButton* button : {folder, file}) button->setAutoDefault(false);
  connect(folder, &QPushButton::clicked, this, [this] { choose(true); });
  connect(file, &QPushButton::clicked, this, [this] { choose(false); });
  auto* pathRow = new QHBoxLayout();
  pathRow->setSpacing(theme.gap(2));
  pathRow->addWidget(pathBox_, 1);
  pathRow->addWidget(folder);
  pathRow->addWidget(file);

  message_ = new QLabel(tr("Choose a checkpoint, or drop its folder here."), this);
  message_->setAlignment(Qt::AlignCenter);
  message_->setWordWrap(true);
  message_->setTextFormat(Qt::PlainText);
  message_->setProperty("muted", true);
  report_ = new ReportView(theme, this);
  pages_ = new QStackedWidget(this);
  pages_->addWidget(message_);
  pages_->addWidget(report_);

  copy_ = new QPushButton(tr("Copy findings"), this);
  copy_->setAutoDefault(false);
  copy_->setEnabled(false);
  auto* cancel = new QPushButton(tr("Cancel"), this);
  cancel->setAutoDefault(false);
  load_ = new QPushButton(tr("Load"), this);
  load_->setProperty("primary", true);
  load_->setDefault(true);
  load_->setEnabled(false);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  auto* buttons = new QHBoxLayout();
  buttons->setSpacing(theme.gap(2));
  buttons->addWidget(copy_);
  buttons->addStretch(1);
  buttons->addWidget(cancel);
  buttons->addWidget(load_);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(5), theme.gap(5), theme.gap(5), theme.gap(4));
  column->setSpacing(theme.gap(4));
  column->addLayout(pathRow);
  column->addWidget(pages_, 1);
  column->addWidget(buildContextRow(theme));
  column->addLayout(buttons);
}

QWidget* LoadDialog::buildContextRow(const Theme& theme) {
  auto* widget = new QWidget(this);
  auto* row = new QHBoxLayout(widget);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme.gap(3));
  context_ = new QSpinBox(widget);
  context_->setRange(1, 4096);
  context_->setGroupSeparatorShown(true);
  context_->setAccessibleName(tr("Context length"));
  contextSlider_ = new QSlider(Qt::Horizontal, widget);
  contextSlider_->setAccessibleName(tr("Context length"));
  threads_ = new QSpinBox(widget);
  threads_->setRange(0, 1024);
  threads_->setSpecialValueText(tr("all cores"));
  threads_->setValue(workspace_.settings().values().nThreads);
  threads_->setAccessibleName(tr("Threads"));
  auto* contextLabel = new QLabel(tr("Context length"), widget);
  contextLabel->setBuddy(context_);
  auto* threadsLabel = new QLabel(tr("Threads"), widget);
  threadsLabel->setBuddy(threads_);
  row->addWidget(contextLabel);
  row->addWidget(contextSlider_, 1);
  row->addWidget(context_);
  row->addSpacing(theme.gap(4));
  row->addWidget(threadsLabel);
  row->addWidget(threads_);
  context_->setEnabled(false);
  contextSlider_->setEnabled(false);
  return widget;
}

void LoadDialog::connectParts() {
  connect(pathBox_, &QComboBox::activated, this,
          [this](int index) { setPath(pathBox_->itemData(index).toString()); });
  connect(pathBox_->lineEdit(), &QLineEdit::editingFinished, this, [this] {
    const QString typed = pathBox_->lineEdit()->text().trimmed();
    if (!typed.isEmpty() && (shown_ == nullptr || typed != path())) setPath(typed);
  });
  connect(contextSlider_, &QSlider::valueChanged, this,
          [this](int value) { context_->setValue(value); });
  connect(context_, &QSpinBox::valueChanged, this, [this](int value) {
    const QSignalBlocker blocker(contextSlider_);
    contextSlider_->setValue(value);
    wantedContext_ = value;
    askTimer_.start();
  });
  const auto machine = [this] {
    const int n = threads_->value() > 0 ? threads_->value() : QThread::idealThreadCount();
    report_->setMachine(tr("CPU, %1 threads").arg(n));
  };
  connect(threads_, &QSpinBox::valueChanged, this, machine);
  machine();
  connect(&askTimer_, &QTimer::timeout, this, &LoadDialog::ask);
  connect(&workspace_.bridge(), &app::EngineBridge::reportReady, this, &LoadDialog::onReport);
  connect(load_, &QPushButton::clicked, this, &LoadDialog::load);
  connect(copy_, &QPushButton::clicked, this,
          [this] { QApplication::clipboard()->setText(report_->findingsText()); });
}

void LoadDialog::fillRecent() {
  for (const app::LibraryEntry& entry : workspace_.library().recent()) {
    const QString missing = entry.isMissing ? tr(" (missing)") : QString();
    pathBox_->addItem(QDir::toNativeSeparators(entry.path) + missing, entry.path);
  }
  const QString demo = workspace_.library().demoPath();
  if (!demo.isEmpty() && pathBox_->findData(demo) < 0) {
    pathBox_->addItem(tr("Bundled demo checkpoint"), demo);
  }
  pathBox_->setCurrentIndex(-1);
  pathBox_->lineEdit()->clear();
}

void LoadDialog::choose(bool folder) {
  const QString start = path().isEmpty() ? QDir::homePath() : path();
  const QString chosen =
      folder ? QFileDialog::getExistingDirectory(this, tr("Checkpoint folder"), start)
             : QFileDialog::getOpenFileName(
                   this, tr("Checkpoint file"), start,
                   tr("Checkpoints (*.safetensors *.gguf config.json);;All files (*)"));
  if (!chosen.isEmpty()) setPath(chosen);
}

QString LoadDialog::path() const { return pathBox_->property("chosenPath").toString(); }

void LoadDialog::setPath(const QString& path) {
  if (path.isEmpty()) return;
  pathBox_->setProperty("chosenPath", path);
  pathBox_->lineEdit()->setText(QDir::toNativeSeparators(path));
  wantedContext_ = 0;
  shown_.reset();
  load_->setEnabled(false);
  copy_->setEnabled(false);
  message_->setText(tr("Reading headers…"));
  pages_->setCurrentWidget(message_);
  ask();
}

void LoadDialog::ask() {
  if (!path().isEmpty()) workspace_.bridge().requestReport(path(), wantedContext_);
}

void LoadDialog::onReport(const QString& reported, qint64 contextLength,
                          const std::shared_ptr<const engine::CheckpointReport>& report) {
  if (reported != path() || contextLength != wantedContext_ || report == nullptr) return;
  const bool first = shown_ == nullptr;
  shown_ = report;
  report_->setReport(report);
  pages_->setCurrentWidget(report_);
  if (first) showContextRange(*report);
  load_->setEnabled(canLoad());
  copy_->setEnabled(!report->findings.empty());
  if (first && canLoad()) load_->setFocus();
}

void LoadDialog::showContextRange(const engine::CheckpointReport& report) {
  const qint64 most = std::clamp<qint64>(report.config.max_position_embeddings, 1, 10'000'000);
  const QSignalBlocker spin(context_);
  const QSignalBlocker slider(contextSlider_);
  const bool enabled = report.config_valid;
  context_->setEnabled(enabled);
  contextSlider_->setEnabled(enabled);
  const int step = static_cast<int>(std::max<qint64>(1, most / 32));
  context_->setSingleStep(step);
  contextSlider_->setSingleStep(step);
  contextSlider_->setPageStep(step * 4);
  context_->setRange(1, static_cast<int>(most));
  contextSlider_->setRange(1, static_cast<int>(most));
  context_->setValue(static_cast<int>(std::clamp<qint64>(report.context_length, 1, most)));
  contextSlider_->setValue(context_->value());
}

bool LoadDialog::canLoad() const { return shown_ != nullptr && shown_->loadable(); }

void LoadDialog::load() {
  if (!canLoad()) return;
  app::SettingsValues values = workspace_.settings().values();
  values.nThreads = threads_->value();
  workspace_.settings().setValues(values);
  engine::LoadOptions options = workspace_.loadOptions();
  options.context_length = context_->value();
  workspace_.chat().openModel(path(), options);
  accept();
}

void LoadDialog::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void LoadDialog::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.first().isLocalFile()) setPath(urls.first().toLocalFile());
}

}  // namespace ui
