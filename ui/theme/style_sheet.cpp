// Only what the palette cannot say: flat tool buttons, slim scroll bars, dock titles, focus rings.
// $role and $N (N units) are replaced.
#include "ui/theme/style_sheet.h"

#include <array>
#include <utility>

#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr const char* kSheet = R"(
QToolTip { background: $raised; color: $text; border: 1px solid $line-strong; padding: $1; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $line; }
QMenuBar { background: $window; border-bottom: 1px solid $line; padding: 0 $1; }
QMenuBar::item { padding: $1 $2; background: transparent; border-radius: $1; }
QMenuBar::item:selected { background: $hover; color: $text; }
QMenu { background: $panel; border: 1px solid $line-strong; padding: $1; }
QMenu::item { padding: 5px $6 5px $6; border-radius: $1; }
QMenu::item:selected { background: $selection; color: $selection-text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: $1 $2; }
QMenu::icon { padding-left: $1; }
QStatusBar { background: $window; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
#chatPanel, #dockContent { background: $panel; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0; min-height: 0; background: transparent; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QScrollArea { background: transparent; border: none; }
QLabel { background: transparent; }
QLabel[muted="true"] { color: $muted; }
QLabel[title="true"] { font-size: $titlept; font-weight: 600; }
#composer { background: $field; border: 1px solid $line-strong; border-radius: $2; }
#composer QPlainTextEdit { border: none; background: transparent; }
#chip { background: $raised; border: 1px solid $line; border-radius: $1; }
#notice, #strip { background: $raised; border: none; border-bottom: 1px solid $line; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: $1; padding: 3px; color: $text; }
QToolButton[toggle="true"] { border: 1px solid $line; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selection; color: $selection-text; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:disabled { color: $muted; }
QToolButton[primary="true"] { background: $accent; }
QToolButton[primary="true"]:disabled { background: $raised; }
QToolButton[primary="true"]:focus { border: 1px solid $text; }
QToolButton::menu-indicator { image: none; }
QPushButton { background: $raised; border: 1px solid $line-strong; border-radius: $1; padding: $1 $3; color: $text; min-height: $4; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:default { border: 1px solid $accent; }
QPushButton:disabled { color: $muted; border: 1px solid $line; }
QPushButton[primary="true"] { background: $accent; color: $accent-text; border: 1px solid $accent; }
QPushButton[primary="true"]:hover { border: 1px solid $text; }
QPushButton[primary="true"]:focus { border: 2px solid $text; padding: 3px 11px; }
QPushButton[primary="true"]:disabled { background: $raised; color: $muted; border: 1px solid $line; }
QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser {
  background: $field; color: $text; border: 1px solid $line-strong; border-radius: $1;
  selection-background-color: $selection; selection-color: $selection-text; }
QLineEdit { padding: 3px $1; min-height: $5; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QTextBrowser:focus { border: 1px solid $accent; }
QLineEdit:disabled { color: $muted; border: 1px solid $line; }
QRadioButton::indicator { width: $3; height: $3; border: 1px solid $line-strong; border-radius: 7px; background: $field; }
QCheckBox::indicator { width: $3; height: $3; border: 1px solid $line-strong; border-radius: 3px; background: $field; }
QRadioButton::indicator:checked, QCheckBox::indicator:checked { background: $accent; border: 1px solid $text; }
QRadioButton::indicator:focus, QCheckBox::indicator:focus { border: 1px solid $accent; }
QRadioButton::indicator:disabled, QCheckBox::indicator:disabled { border: 1px solid $line; background: $raised; }
QListView, QTreeView, QTableView { background: $panel; border: none; outline: none; alternate-background-color: $raised; }
QHeaderView::section { background: $raised; color: $muted; border: none; border-bottom: 1px solid $line; padding: $1 $2; }
QProgressBar { background: $data-low; border: none; border-radius: 2px; max-height: $1; min-height: $1; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QTabBar::tab { background: transparent; color: $muted; padding: $1 $3; border: none; border-bottom: 2px solid transparent; min-height: $5; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:focus { color: $text; background: $hover; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line-strong; border-radius: 3px; margin: 2px; min-height: $6; min-width: $6; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
)";

}  // namespace

QString styleSheet(const Theme& theme) {
  using Role = ColourRole;
  // Longer names first: "$line" is a prefix of "$line-strong".
  const std::array<std::pair<const char*, Role>, 16> roles = {{
      {"$selection-text", Role::SelectionText},
      {"$accent-text", Role::AccentText},
      {"$line-strong", Role::LineStrong},
      {"$selection", Role::Selection},
      {"$data-low", Role::DataLow},
      {"$accent", Role::Accent},
      {"$window", Role::Window},
      {"$raised", Role::Raised},
      {"$panel", Role::Panel},
      {"$muted", Role::TextMuted},
      {"$field", Role::Field},
      {"$hover", Role::Hover},
      {"$error", Role::Error},
      {"$line", Role::Line},
      {"$text", Role::Text},
      {"$warning", Role::Warning},
  }};
  QString sheet = QString::fromLatin1(kSheet);
  for (const auto& [name, role] : roles) {
    sheet.replace(QLatin1String(name), theme.colour(role).name());
  }
  const double title = theme.font(FontRole::Title).pointSizeF();
  sheet.replace(QLatin1String("$titlept"), QStringLiteral("%1pt").arg(title));
  for (int n = 1; n <= 9; ++n) {
    sheet.replace(QStringLiteral("$%1").arg(n), QStringLiteral("%1px").arg(theme.gap(n)));
  }
  return sheet;
}

}  // namespace ui
