// The dialog asks the bridge for the report (worker thread) and never touches files itself.
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
#include <QScreen>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/engine_text.h"
#include "app/workspace.h"
#include "ui/format.h"
#include "ui/load/device_choice.h"
#include "ui/load/load_choices.h"
#include "ui/load/placement_choice.h"
#include "ui/load/report_view.h"
#include "ui/load/tensor_window.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kTypingPauseMs = 500;

/// Scrolls what it has no room for: wrapped texts in it do not keep it from giving way.
class YieldingPages : public QStackedWidget {
 public:
  using QStackedWidget::QStackedWidget;
  bool hasHeightForWidth() const override { return false; }
};

}  // namespace

LoadDialog::LoadDialog(app::Workspace& workspace, const Theme& theme, QWidget* parent)
    : QDialog(parent), workspace_(workspace), theme_(theme) {
  setWindowTitle(tr("Open checkpoint"));
  setAcceptDrops(true);
  build();
  connectParts();
  fillRecent();
  refresh();
  workspace_.bridge().requestBackends();
  const QSize available = screen()->availableSize();
  resize(std::min(theme.gap(270), available.width() * 9 / 10),
         std::min(theme.gap(176), available.height() * 9 / 10));
}

void LoadDialog::build() {
  message_ = new QLabel(
      tr("Choose a checkpoint, or drop its folder or .gguf file here.\nIts headers are read; "
         "nothing is loaded until you say so."),
      this);
  message_->setAlignment(Qt::AlignCenter);
  message_->setWordWrap(true);
  message_->setTextFormat(Qt::PlainText);
  message_->setProperty("muted", true);
  report_ = new ReportView(theme_, this);
  pages_ = new YieldingPages(this);
  pages_->addWidget(message_);
  pages_->addWidget(report_);
  pages_->setMinimumHeight(theme_.gap(30));
  choices_ = new LoadChoices(theme_, this);
  choices_->setThreads(workspace_.settings().values().nThreads);
  const auto loaded = workspace_.chat().model();
  if (loaded && loaded->device_plan) {
    choices_->placement().setHeldBytes(loaded->device_plan->device_bytes);
  }
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme_.gap(5), theme_.gap(4), theme_.gap(5), theme_.gap(4));
  column->setSpacing(theme_.gap(3));
  column->addLayout(buildPathRow());
  column->addWidget(pages_, 1);
  column->addWidget(choices_);
  column->addLayout(buildButtons());
}

/// The field loses the focus while its parent goes, and would tell a dialog that is no more.
LoadDialog::~LoadDialog() { pathBox_->lineEdit()->disconnect(this); }

QLayout* LoadDialog::buildPathRow() {
  pathBox_ = new QComboBox(this);
  pathBox_->setEditable(true);
  pathBox_->setInsertPolicy(QComboBox::NoInsert);
  pathBox_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  pathBox_->setCompleter(nullptr);  // what is typed is read: nothing may be added to it
  pathBox_->setAccessibleName(tr("Checkpoint folder or file"));
  pathBox_->lineEdit()->setPlaceholderText(
      tr("Folder with config.json and *.safetensors, or a .gguf file"));
  auto* folder = new QPushButton(tr("Folder…"), this);
  auto* file = new QPushButton(tr("File…"), this);
  for (QPushButton* button : {folder, file}) button->setAutoDefault(false);
  connect(folder, &QPushButton::clicked, this, [this] { choose(true); });
  connect(file, &QPushButton::clicked, this, [this] { choose(false); });
  auto* row = new QHBoxLayout();
  row->setSpacing(theme_.gap(2));
  row->addWidget(pathBox_, 1);
  row->addWidget(folder);
  row->addWidget(file);
  return row;
}

QLayout* LoadDialog::buildButtons() {
  tensors_ = new QPushButton(tr("Tensors…"), this);
  tensors_->setToolTip(tr("Every tensor in the files, with its values on demand"));
  copy_ = new QPushButton(tr("Copy findings"), this);
  auto* cancel = new QPushButton(tr("Cancel"), this);
  for (QPushButton* button : {tensors_, copy_, cancel}) button->setAutoDefault(false);
  load_ = new QPushButton(tr("Load"), this);
  load_->setProperty("primary", true);
  load_->setDefault(true);
  obstacle_ = new QLabel(this);
  obstacle_->setWordWrap(true);
  obstacle_->setTextFormat(Qt::PlainText);
  obstacle_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  obstacle_->setProperty("muted", true);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  auto* row = new QHBoxLayout();
  row->setSpacing(theme_.gap(2));
  row->addWidget(tensors_);
  row->addWidget(copy_);
  row->addWidget(obstacle_, 1);
  row->addWidget(cancel);
  row->addWidget(load_);
  return row;
}

void LoadDialog::connectParts() {
  connect(pathBox_, &QComboBox::activated, this,
          [this](int index) { setPath(pathBox_->itemData(index).toString()); });
  typed_.setSingleShot(true);
  typed_.setInterval(kTypingPauseMs);
  connect(pathBox_->lineEdit(), &QLineEdit::textEdited, this, &LoadDialog::onTyped);
  connect(&typed_, &QTimer::timeout, this, [this] {
    const QString typed = pathBox_->lineEdit()->text().trimmed();
    if (!typed.isEmpty() && typed != path()) read(typed);
  });
  connect(pathBox_->lineEdit(), &QLineEdit::editingFinished, this, [this] {
    const QString typed = pathBox_->lineEdit()->text().trimmed();
    if (!typed.isEmpty() && (isTyping_ || typed != path())) setPath(typed);
  });
  connect(&workspace_.bridge(), &app::EngineBridge::backendsDescribed, this,
          [this](const std::vector<engine::BackendDescription>& backends) {
            choices_->setBackends(backends, workspace_.settings().values().usesGpu);
          });
  connect(choices_, &LoadChoices::changed, this, &LoadDialog::refresh);
  connect(&workspace_.bridge(), &app::EngineBridge::reportReady, this, &LoadDialog::onReport);
  connect(load_, &QPushButton::clicked, this, &LoadDialog::load);
  connect(tensors_, &QPushButton::clicked, this, &LoadDialog::showTensors);
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
                   tr("Checkpoints (*.gguf *.safetensors config.json);;All files (*)"));
  if (!chosen.isEmpty()) setPath(chosen);
}

QString LoadDialog::path() const { return pathBox_->property("chosenPath").toString(); }

void LoadDialog::setPath(const QString& path) {
  if (path.isEmpty()) return;
  isTyping_ = false;
  pathBox_->lineEdit()->setText(QDir::toNativeSeparators(path));
  read(path);
}

// What is typed is read after a pause, without touching the text that is being written.
void LoadDialog::onTyped() {
  isTyping_ = true;
  typed_.start();
  pathBox_->setProperty("chosenPath", QString());
  shown_.reset();
  choices_->setReport(nullptr);
  message_->setText(tr("The path is read when you pause, or at once with Enter."));
  pages_->setCurrentWidget(message_);
}

void LoadDialog::read(const QString& path) {
  typed_.stop();
  pathBox_->setProperty("chosenPath", path);
  shown_.reset();
  choices_->setReport(nullptr);
  message_->setText(tr("Reading headers…"));
  pages_->setCurrentWidget(message_);
  workspace_.bridge().requestReport(path, 0);
}

void LoadDialog::onReport(const QString& reported, qint64 contextLength,
                          const std::shared_ptr<const engine::CheckpointReport>& report) {
  if (reported != path() || contextLength != 0 || report == nullptr) return;
  if (isTyping_ && report->n_files == 0 && !report->findings.empty()) {
    // Half a path is no error yet.
    message_->setText(app::engineText(report->findings.front().message) + QLatin1Char('\n') +
                      tr("Go on typing, or choose with the buttons."));
    return;
  }
  const bool typed = std::exchange(isTyping_, false);
  shown_ = report;
  report_->setReport(report);
  pages_->setCurrentWidget(report_);
  choices_->setReport(report);
  if (canLoad() && !typed) load_->setFocus();
}

void LoadDialog::refresh() {
  const QString obstacle = choices_->obstacle();
  const bool readable = shown_ != nullptr;
  load_->setEnabled(canLoad());
  obstacle_->setText(readable ? obstacle : QString());
  load_->setToolTip(obstacle.isEmpty() ? QString() : format::toolTip(obstacle));
  copy_->setEnabled(readable && !shown_->findings.empty());
  tensors_->setEnabled(readable && shown_->n_tensors > 0);
  // What can be chosen appears with the checkpoint it is for; one that cannot be loaded has
  // findings.
  choices_->setVisible(readable && shown_->loadable());
  report_->setMachine(choices_->machineText());
  report_->setForm(choices_->form());
}

bool LoadDialog::canLoad() const { return shown_ != nullptr && choices_->obstacle().isEmpty(); }

void LoadDialog::showTensors() {
  auto* window = new TensorWindow(workspace_.bridge(), theme_, this);
  window->setAttribute(Qt::WA_DeleteOnClose);
  window->setCheckpoint(path(), QString::fromStdString(shown_->name));
  window->open();
}

void LoadDialog::load() {
  if (!canLoad()) return;
  app::SettingsValues values = workspace_.settings().values();
  values.nThreads = choices_->threads();
  if (choices_->device().offersGpu()) values.usesGpu = choices_->device().usesGpu();
  workspace_.settings().setValues(values);
  engine::LoadOptions options = workspace_.loadOptions();
  choices_->apply(&options);
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
