// The shared parts of the inspector's docks.
// Keys that a child widget does not want arrive here, so they work wherever the focus is in the
// panel.
#include "ui/inspector/inspector_panel.h"

#include <QButtonGroup>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kBusyDelayMs = 250;

void styleLegend(const Theme& theme, QLabel* label) {
  label->setFont(theme.font(FontRole::Small));
  QPalette palette = label->palette();
  palette.setColor(QPalette::WindowText, theme.colour(ColourRole::TextMuted));
  label->setPalette(palette);
}

}  // namespace

QLabel* makeLegend(const Theme& theme, QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  styleLegend(theme, label);
  QObject::connect(&theme, &Theme::changed, label, [&theme, label] { styleLegend(theme, label); });
  return label;
}

TokenHeader::TokenHeader(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      address_(new QLabel(this)),
      status_(new QLabel(this)),
      copy_(new QToolButton(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme.gap(1));
  address_->setTextFormat(Qt::PlainText);
  address_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  address_->setAccessibleName(tr("Selected token"));
  // A long token must not widen the dock.
  address_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  status_->setTextFormat(Qt::PlainText);
  copy_->setToolTip(tr("Copy the address of the token in view"));
  copy_->setAccessibleName(tr("Copy address"));
  row->addWidget(copy_);
  row->addWidget(address_, 1);
  row->addWidget(status_);
  connect(copy_, &QToolButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(address()); });
  connect(&theme_, &Theme::changed, this, &TokenHeader::applyTheme);
  busy_.setSingleShot(true);
  busy_.setInterval(kBusyDelayMs);
  connect(&busy_, &QTimer::timeout, this, [this] { status_->setText(busyText_); });
  applyTheme();
  setAddress(std::nullopt, std::nullopt, {});
}

void TokenHeader::applyTheme() {
  address_->setFont(theme_.font(FontRole::Mono));
  copy_->setIcon(theme_.icon(QStringLiteral("copy")));
  copy_->setIconSize(QSize(theme_.iconSize(), theme_.iconSize()));
  styleLegend(theme_, status_);
}

void TokenHeader::setAddress(std::optional<std::int32_t> layer,
                             std::optional<std::int64_t> position, const TokenLabel& label) {
  QStringList parts;
  if (layer) parts << QStringLiteral("L%1").arg(*layer);
  if (position) parts << tokenAddress(*position, label);
  address_->setText(parts.join(QStringLiteral(" · ")));
  copy_->setVisible(position.has_value());
}

void TokenHeader::setStatus(const QString& status) {
  busy_.stop();
  status_->setText(status);
}

void TokenHeader::setBusy(const QString& status) {
  busyText_ = status;
  if (!busy_.isActive() && status_->text() != status) busy_.start();
}

QString TokenHeader::status() const { return status_->text(); }
QString TokenHeader::address() const { return address_->text(); }

InspectorPanel::InspectorPanel(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      column_(new QVBoxLayout(this)),
      header_(new TokenHeader(theme, this)) {
  column_->setContentsMargins(theme.gap(2), theme.gap(1), theme.gap(2), theme.gap(2));
  column_->setSpacing(theme.gap(1));
  column_->addWidget(header_);
  setAutoFillBackground(true);
  connect(&theme_, &Theme::changed, this, &InspectorPanel::applyGround);
  applyGround();
}

void InspectorPanel::applyGround() {
  QPalette ground = palette();
  ground.setColor(QPalette::Window, theme_.colour(ColourRole::Panel));
  setPalette(ground);
}

QHBoxLayout* InspectorPanel::addToolRow() {
  auto* row = new QHBoxLayout;
  row->setSpacing(theme_.gap(1));
  column_->addLayout(row);
  return row;
}

QButtonGroup* InspectorPanel::addSegments(QHBoxLayout* row, const QStringList& texts,
                                          const QStringList& tips) {
  auto* group = new QButtonGroup(this);
  group->setExclusive(true);
  for (int id = 0; id < texts.size(); ++id) {
    auto* button = addToggle(row, texts[id], tips.value(id), id == 0);
    group->addButton(button, id);
  }
  return group;
}

QToolButton* InspectorPanel::addToggle(QHBoxLayout* row, const QString& text, const QString& tip,
                                       bool checked) {
  auto* button = new QToolButton(this);
  button->setText(text);
  button->setToolTip(tip);
  button->setAccessibleDescription(tip);
  button->setCheckable(true);
  button->setChecked(checked);
  button->setProperty("toggle", true);
  row->addWidget(button);
  return button;
}

void InspectorPanel::moveMark(int) {}
void InspectorPanel::activateMark() {}

void InspectorPanel::keyPressEvent(QKeyEvent* event) {
  const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
  if (shift && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)) {
    moveMark(event->key() == Qt::Key_Left ? -1 : 1);
    return;
  }
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
    activateMark();
    return;
  }
  if (const auto step = selectionStepFor(event->key(), event->modifiers())) {
    Q_EMIT stepRequested(*step);
    return;
  }
  QWidget::keyPressEvent(event);
}

void InspectorPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  Q_EMIT visibilityChanged(true);
}

void InspectorPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  Q_EMIT visibilityChanged(false);
}

std::optional<SelectionStep> selectionStepFor(int key, Qt::KeyboardModifiers modifiers) {
  if ((modifiers & ~Qt::KeyboardModifiers(Qt::KeypadModifier)) != Qt::NoModifier)
    return std::nullopt;
  switch (key) {
    case Qt::Key_Left:
      return SelectionStep::PreviousToken;
    case Qt::Key_Right:
      return SelectionStep::NextToken;
    case Qt::Key_Home:
      return SelectionStep::FirstToken;
    case Qt::Key_End:
      return SelectionStep::FollowNewest;
    case Qt::Key_Up:
      return SelectionStep::PreviousLayer;
    case Qt::Key_Down:
      return SelectionStep::NextLayer;
    case Qt::Key_BracketLeft:
      return SelectionStep::PreviousHead;
    case Qt::Key_BracketRight:
      return SelectionStep::NextHead;
    case Qt::Key_Escape:
      return SelectionStep::Clear;
    default:
      return std::nullopt;
  }
}

}  // namespace ui
