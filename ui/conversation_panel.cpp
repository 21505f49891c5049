// A filtered list view over app's model with its own delegate.
#include "ui/conversation_panel.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/chat_view_model.h"
#include "app/conversation_list_model.h"
#include "ui/format.h"
#include "ui/notice_bar.h"
#include "ui/theme/theme.h"

namespace ui {

using app::ConversationListModel;

ConversationDelegate::ConversationDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent), theme_(theme) {}

bool ConversationDelegate::startsGroup(const QModelIndex& index) const {
  if (index.row() == 0) return true;
  const QModelIndex before = index.siblingAtRow(index.row() - 1);
  return before.data(ConversationListModel::GroupRole) !=
         index.data(ConversationListModel::GroupRole);
}

int ConversationDelegate::groupHeight() const { return theme_.gap(7); }

QSize ConversationDelegate::sizeHint(const QStyleOptionViewItem& option,
                                     const QModelIndex& index) const {
  const int row = theme_.gap(8);
  return {option.rect.width(), row + (startsGroup(index) ? groupHeight() : 0)};
}

void ConversationDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const {
  QRect row = option.rect;
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  if (startsGroup(index)) {
    const QRect group(row.left() + theme_.gap(3), row.top(), row.width() - theme_.gap(6),
                      groupHeight() - 2);
    painter->setFont(theme_.font(FontRole::Small));
    painter->setPen(theme_.colour(ColourRole::TextMuted));
    painter->drawText(group, Qt::AlignLeft | Qt::AlignBottom,
                      index.data(ConversationListModel::GroupRole).toString());
    row.setTop(row.top() + groupHeight());
  }
  const QRectF box = QRectF(row).adjusted(theme_.gap(1), 1, -theme_.gap(1), -1);
  const bool current = index.data(ConversationListModel::CurrentRole).toBool();
  const bool hovered = (option.state & QStyle::State_MouseOver) != 0;
  if (current || hovered) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(theme_.colour(current ? ColourRole::Selection : ColourRole::Hover));
    painter->drawRoundedRect(box, theme_.unit(), theme_.unit());
  }
  if ((option.state & QStyle::State_HasFocus) != 0) {
    painter->setPen(theme_.colour(ColourRole::Accent));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), theme_.unit(), theme_.unit());
  }
  QRect text = row.adjusted(theme_.gap(3), 0, -theme_.gap(3), 0);
  const bool damaged = index.data(ConversationListModel::DamagedRole).toBool();
  if (index.data(ConversationListModel::AnsweringRole).toBool() || damaged) {
    const QRect mark(text.right() - theme_.iconSize(), text.center().y() - theme_.iconSize() / 2,
                     theme_.iconSize(), theme_.iconSize());
    if (damaged) {
      theme_.icon(QStringLiteral("warning"), ColourRole::Warning).paint(painter, mark);
    } else {
      painter->setPen(Qt::NoPen);
      painter->setBrush(theme_.colour(ColourRole::Accent));
      painter->drawEllipse(QPointF(mark.center()), theme_.unit() * 0.9, theme_.unit() * 0.9);
    }
    text.setRight(mark.left() - theme_.unit());
  }
  painter->setFont(theme_.font(FontRole::Content));
  painter->setPen(theme_.colour(current ? ColourRole::SelectionText : ColourRole::Text));
  const QString title =
      format::oneLine(index.data(ConversationListModel::TitleRole).toString(), 200);
  painter->drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                    painter->fontMetrics().elidedText(title, Qt::ElideRight, text.width()));
  painter->restore();
}

void ConversationDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                                const QModelIndex& index) const {
  QRect rect = option.rect;
  if (startsGroup(index)) rect.setTop(rect.top() + groupHeight());
  editor->setGeometry(rect);
}

void ConversationDelegate::setModelData(QWidget* editor, QAbstractItemModel* model,
                                        const QModelIndex& index) const {
  const auto* field = qobject_cast<QLineEdit*>(editor);
  if (field != nullptr) model->setData(index, field->text(), Qt::EditRole);
}

namespace {

// Filters by title and passes edits on as renames.
class ConversationFilter : public QSortFilterProxyModel {
 public:
  ConversationFilter(ConversationListModel& source, QObject* parent)
      : QSortFilterProxyModel(parent), source_(source) {
    setSourceModel(&source);
    setFilterRole(ConversationListModel::TitleRole);
    setFilterCaseSensitivity(Qt::CaseInsensitive);
  }
  Qt::ItemFlags flags(const QModelIndex& index) const override {
    return QSortFilterProxyModel::flags(index) | Qt::ItemIsEditable;
  }
  QVariant data(const QModelIndex& index, int role) const override {
    const bool title = role == Qt::EditRole || role == Qt::DisplayRole || role == Qt::ToolTipRole;
    const QVariant value =
        QSortFilterProxyModel::data(index, title ? int{ConversationListModel::TitleRole} : role);
    return role == Qt::ToolTipRole
               ? QVariant(format::toolTip(format::oneLine(value.toString(), 300)))
               : value;
  }
  bool setData(const QModelIndex& index, const QVariant& value, int role) override {
    if (role != Qt::EditRole) return false;
    source_.rename(source_.idAt(mapToSource(index).row()), value.toString().trimmed());
    return true;
  }

 private:
  ConversationListModel& source_;
};

}  // namespace

ConversationPanel::ConversationPanel(ConversationListModel& conversations, app::ChatViewModel& chat,
                                     Theme& theme, QWidget* parent)
    : QWidget(parent), conversations_(conversations), chat_(chat), theme_(theme) {
  build();
  connectParts();
  followCurrent();
}

void ConversationPanel::build() {
  add_ = new QToolButton(this);
  add_->setText(tr("New"));
  add_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  add_->setToolTip(tr("New conversation (Ctrl+N)"));
  add_->setAccessibleName(tr("New conversation"));
  search_ = new QLineEdit(this);
  search_->setPlaceholderText(tr("Search"));
  search_->setAccessibleName(tr("Search conversations"));
  list_ = new QListView(this);
  list_->setAccessibleName(tr("Conversations"));
  list_->setItemDelegate(new ConversationDelegate(theme_, list_));
  list_->setEditTriggers(QAbstractItemView::EditKeyPressed);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->setMouseTracking(true);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->installEventFilter(this);
  filtered_ = new ConversationFilter(conversations_, this);
  list_->setModel(filtered_);
  undo_ = new NoticeBar(theme_, this);
  undo_->setAction(tr("Undo"));
  auto* top = new QHBoxLayout();
  top->setContentsMargins(theme_.gap(2), theme_.gap(2), theme_.gap(2), theme_.unit());
  top->setSpacing(theme_.gap(2));
  top->addWidget(add_);
  top->addWidget(search_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(top);
  column->addWidget(list_, 1);
  column->addWidget(undo_);
  setMinimumWidth(theme_.gap(40));
}

void ConversationPanel::connectParts() {
  connect(add_, &QToolButton::clicked, &chat_, &app::ChatViewModel::newConversation);
  connect(search_, &QLineEdit::textChanged, filtered_,
          &QSortFilterProxyModel::setFilterFixedString);
  connect(list_, &QListView::clicked, this, &ConversationPanel::openIndex);
  connect(list_, &QListView::activated, this, &ConversationPanel::openIndex);
  connect(list_, &QListView::customContextMenuRequested, this, &ConversationPanel::showMenu);
  connect(&chat_, &app::ChatViewModel::conversationChanged, this,
          &ConversationPanel::followCurrent);
  connect(&conversations_, &ConversationListModel::undoChanged, this, [this] {
    undo_->show(NoticeLevel::Info,
                conversations_.canUndoRemove() ? tr("Conversation deleted") : QString());
  });
  connect(undo_, &NoticeBar::actionTriggered, &conversations_, &ConversationListModel::undoRemove);
  const auto restyle = [this] {
    add_->setIcon(theme_.icon(QStringLiteral("add")));
    list_->doItemsLayout();
  };
  connect(&theme_, &Theme::changed, this, restyle);
  restyle();
}

void ConversationPanel::focusSearch() {
  search_->setFocus();
  search_->selectAll();
}

void ConversationPanel::openIndex(const QModelIndex& index) {
  if (!index.isValid()) return;
  chat_.openConversation(conversations_.idAt(filtered_->mapToSource(index).row()));
}

void ConversationPanel::removeIndex(const QModelIndex& index) {
  if (!index.isValid()) return;
  conversations_.remove(conversations_.idAt(filtered_->mapToSource(index).row()));
}

void ConversationPanel::showMenu(const QPoint& point) {
  const QModelIndex index = list_->indexAt(point);
  if (!index.isValid()) return;
  QMenu menu(this);
  menu.addAction(tr("Open"), this, [this, index] { openIndex(index); });
  menu.addAction(tr("Rename") + QStringLiteral("\tF2"), this,
                 [this, index] { list_->edit(index); });
  menu.addAction(tr("Delete") + QStringLiteral("\tDel"), this,
                 [this, index] { removeIndex(index); });
  menu.exec(list_->viewport()->mapToGlobal(point));
}

void ConversationPanel::followCurrent() {
  const int row = conversations_.rowOf(chat_.conversation());
  const QModelIndex index =
      row < 0 ? QModelIndex() : filtered_->mapFromSource(conversations_.index(row));
  if (index.isValid()) list_->setCurrentIndex(index);
}

bool ConversationPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_ && event->type() == QEvent::KeyPress) {
    if (static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
      removeIndex(list_->currentIndex());
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace ui
