// Mouse events fall through to the dock, which moves.
#include "ui/dock_title.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

#include "ui/theme/theme.h"

namespace ui {

DockTitle::DockTitle(QDockWidget* dock, Theme& theme)
    : QWidget(dock),
      theme_(theme),
      text_(new QLabel(dock->windowTitle(), this)),
      float_(new QToolButton(this)),
      close_(new QToolButton(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(theme.gap(3), 2, theme.unit(), 2);
  row->setSpacing(2);
  row->addWidget(text_, 1);
  row->addWidget(float_);
  row->addWidget(close_);
  float_->setToolTip(tr("Float or dock this panel"));
  close_->setToolTip(tr("Close this panel (View → Panels brings it back)"));
  for (QToolButton* button : {float_, close_}) {
    button->setAccessibleName(tr("%1: %2").arg(dock->windowTitle(), button->toolTip()));
    button->setFocusPolicy(Qt::TabFocus);
  }
  connect(float_, &QToolButton::clicked, dock, [dock] { dock->setFloating(!dock->isFloating()); });
  connect(close_, &QToolButton::clicked, dock, &QDockWidget::close);
  connect(&theme_, &Theme::changed, this, &DockTitle::restyle);
  restyle();
}

void DockTitle::addTools(QWidget* tools) {
  auto* row = qobject_cast<QHBoxLayout*>(layout());
  row->insertWidget(row->indexOf(float_), tools);
  row->insertSpacing(row->indexOf(float_), theme_.gap(2));
  tools->show();
}

void DockTitle::restyle() {
  QFont font = theme_.font(FontRole::Small);
  font.setWeight(QFont::DemiBold);
  text_->setFont(font);
  float_->setIcon(theme_.icon(QStringLiteral("float"), ColourRole::TextMuted));
  close_->setIcon(theme_.icon(QStringLiteral("close"), ColourRole::TextMuted));
  for (QToolButton* button : {float_, close_}) {
    button->setIconSize(QSize(theme_.gap(3), theme_.gap(3)));
  }
  update();
}

void DockTitle::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme_.colour(ColourRole::Window));
  painter.fillRect(QRect(0, height() - 1, width(), 1), theme_.colour(ColourRole::Line));
}

}  // namespace ui
