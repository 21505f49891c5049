// The whole window over the fake engine: names for screen readers, keys, layouts, composer,
// dialogs.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSpinBox>
#include <QTabBar>
#include <QToolButton>

#include "tests/support/patience.h"
#include "tests/ui/window_fixture.h"
#include "ui/chat/attachment_chip.h"
#include "ui/chat/chat_panel.h"
#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/chat/composer_edit.h"
#include "ui/command_palette.h"
#include "ui/key_sheet.h"
#include "ui/load/load_dialog.h"
#include "ui/load/report_view.h"
#include "ui/main_window.h"
#include "ui/notice_bar.h"
#include "ui/settings/sampling_panel.h"
#include "ui/settings/settings_dialog.h"
#include "ui/status_bar.h"

namespace {

struct Shown {
  explicit Shown(std::shared_ptr<fake::Control> control = std::make_shared<fake::Control>())
      : fixture(std::move(control)), window(fixture.workspace(), fixture.theme(), QString()) {
    window.show();
  }
  ui::Composer* composer() { return window.chatPanel()->composer(); }
  void type(const QString& text) {
    composer()->edit()->setFocus();
    QTest::keyClicks(composer()->edit(), text);
  }
  fixture::Window fixture;
  ui::MainWindow window;
};

}  // namespace

class WindowTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyButtonHasANameAndATip();
  void shortcutsAreUnique();
  void paletteFindsAndRuns();
  void keySheetListsEveryShortcut();
  void layoutsShowAndHidePanels();
  void lowWindowsStackFewerPanels();
  void theTimelineHasItsToolsInTheTitle();
  void enterSendsAndShiftEnterDoesNot();
  void messagesWaitForTheModel();
  void escapeStops();
  void longPastesBecomeChips();
  void controlTextIsMarked();
  void editingMakesANewVersion();
  void draftsStayWithTheirConversation();
  void failedLoadsAreShownInPlace();
  void samplingReachesTheRequest();
  void loadDialogRefusesBrokenCheckpoints();
  void statusBarShowsTheNumbers();
  void themesAndFontsChangeAtOnce();
};

void WindowTest::everyButtonHasANameAndATip() {
  Shown shown;
  for (const QAbstractButton* button : shown.window.findChildren<QAbstractButton*>()) {
    const bool internal = qobject_cast<QAbstractItemView*>(button->parentWidget()) != nullptr ||
                          qobject_cast<QTabBar*>(button->parentWidget()) != nullptr ||
                          button->objectName().startsWith(QStringLiteral("qt_")) ||
                          button->metaObject()->className() == QByteArray("QDockWidgetTitleButton");
    if (internal || !button->isVisibleTo(&shown.window)) continue;
    const QString where = QString::fromLatin1(button->parentWidget()->metaObject()->className()) +
                          QStringLiteral(" / ") + button->objectName() + button->text();
    QVERIFY2(!button->accessibleName().isEmpty() || !button->text().isEmpty(), qPrintable(where));
    if (button->text().isEmpty()) QVERIFY2(!button->toolTip().isEmpty(), qPrintable(where));
  }
}

void WindowTest::shortcutsAreUnique() {
  Shown shown;
  QHash<QString, QString> seen;
  for (const QAction* action : shown.window.allActions()) {
    const QString key = action->shortcut().toString();
    if (key.isEmpty()) continue;
    QVERIFY2(!seen.contains(key), qPrintable(key + u' ' + seen.value(key) + u' ' + action->text()));
    seen.insert(key, action->text());
  }
  for (const char* key : {"Ctrl+N", "Ctrl+O", "Ctrl+W", "Ctrl+F", "Ctrl+K", "Ctrl+Shift+P", "F1"}) {
    QVERIFY2(seen.contains(QString::fromLatin1(key)), key);
  }
}

void WindowTest::paletteFindsAndRuns() {
  Shown shown;
  ui::CommandPalette palette(shown.window.allActions(), shown.fixture.theme(), &shown.window);
  palette.show();
  auto* field = palette.findChild<QLineEdit*>();
  QTest::keyClicks(field, QStringLiteral("show tok"));
  QVERIFY(palette.entries().first().startsWith(QStringLiteral("Show tokens")));
  QTest::keyClick(field, Qt::Key_Return);
  QVERIFY(shown.window.chatPanel()->showsTokens());
  QCOMPARE(ui::matchScore(QStringLiteral("Open checkpoint"), QStringLiteral("zzz")), -1);
  QVERIFY(ui::matchScore(QStringLiteral("Open checkpoint"), QStringLiteral("och")) > 0);
}

void WindowTest::keySheetListsEveryShortcut() {
  Shown shown;
  ui::KeySheet sheet(shown.window.allActions(), shown.fixture.theme());
  QCOMPARE(ui::plainActionText(QAction(QStringLiteral("设置(&S)…"))), QStringLiteral("设置…"));
  QCOMPARE(ui::plainActionText(QAction(QStringLiteral("&Open (all)"))),
           QStringLiteral("Open (all)"));
  QStringList texts;
  for (const QLabel* label : sheet.findChildren<QLabel*>()) texts += label->text();
  for (const QAction* action : shown.window.allActions()) {
    if (action->shortcut().isEmpty()) continue;
    QVERIFY(texts.contains(action->shortcut().toString(QKeySequence::NativeText)));
  }
}

void WindowTest::layoutsShowAndHidePanels() {
  Shown shown;
  const auto dock = [&](const char* name) {
    return shown.window.findChild<QDockWidget*>(QString::fromLatin1(name));
  };
  shown.window.applyLayout(app::Layout::Chat);
  QVERIFY(!dock("experts")->isVisible());
  QVERIFY(dock("conversations")->isVisible());
  shown.window.applyLayout(app::Layout::Inspect);
  QVERIFY(dock("experts")->isVisible());
  QVERIFY(dock("timeline")->isVisible());
  dock("experts")->hide();
  dock("attention")->setFloating(true);
  shown.window.action(QStringLiteral("resetLayout"))->trigger();
  QVERIFY(dock("experts")->isVisible());
  QVERIFY(!dock("attention")->isFloating());
  shown.window.applyLayout(app::Layout::Study);
  QVERIFY(!dock("conversations")->isVisible());
  QCOMPARE(shown.fixture.workspace().settings().values().layout, app::Layout::Study);
}

void WindowTest::lowWindowsStackFewerPanels() {
  Shown shown;
  const auto dock = [&](const char* name) {
    return shown.window.findChild<QDockWidget*>(QString::fromLatin1(name));
  };
  const auto tabbed = [&] {
    return shown.window.tabifiedDockWidgets(dock("attention")).contains(dock("nextToken"));
  };
  shown.window.resize(1440, 900);
  shown.window.applyLayout(app::Layout::Inspect);
  QVERIFY(!tabbed());
  shown.window.resize(1280, 720);
  QTRY_VERIFY(tabbed());
  QVERIFY(shown.window.tabifiedDockWidgets(dock("attention")).contains(dock("cache")));
  QVERIFY(shown.window.height() <= 720);  // nothing needs more
  shown.window.resize(1440, 900);
  QTRY_VERIFY(!tabbed());
  // Panels that the user put elsewhere stay there.
  shown.window.addDockWidget(Qt::LeftDockWidgetArea, dock("attention"));
  shown.window.resize(1280, 720);
  QTest::qWait(50);
  QVERIFY(!tabbed());
}

void WindowTest::theTimelineHasItsToolsInTheTitle() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  QVERIFY(shown.fixture.ask(QStringLiteral("one two three")));
  auto* dock = shown.window.findChild<QDockWidget*>(QStringLiteral("timeline"));
  auto* title = dock->titleBarWidget();
  QToolButton* live = nullptr;
  for (auto* button : title->findChildren<QToolButton*>()) {
    if (button->isCheckable()) live = button;
  }
  QVERIFY(live != nullptr && live->isVisibleTo(&shown.window));
  QVERIFY(title->findChild<QComboBox*>()->isVisibleTo(&shown.window));
  QVERIFY(live->isChecked());
  shown.fixture.workspace().selection().selectToken(engine::Position(1));
  QVERIFY(!live->isChecked());
  live->click();
  QVERIFY(shown.fixture.workspace().selection().isFollowing());
  QVERIFY(live->isChecked());
}

void WindowTest::enterSendsAndShiftEnterDoesNot() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  shown.type(QStringLiteral("one"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return, Qt::ShiftModifier);
  shown.type(QStringLiteral("two"));
  QCOMPARE(shown.composer()->edit()->toPlainText(), QStringLiteral("one\ntwo"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return);
  QVERIFY(shown.composer()->edit()->toPlainText().isEmpty());
  QCOMPARE(shown.fixture.workspace().messages().row(0).text, QStringLiteral("one\ntwo"));
  QTRY_COMPARE(shown.fixture.chat().state(), app::ChatState::Idle);
  // Nothing but space is no message.
  shown.type(QStringLiteral("   "));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return);
  QCOMPARE(shown.fixture.workspace().messages().rowCount(), 2);
}

void WindowTest::messagesWaitForTheModel() {
  auto control = std::make_shared<fake::Control>();
  control->loadStepMicroseconds = 100'000;
  Shown shown(control);
  shown.fixture.workspace().start();
  QTRY_COMPARE(shown.fixture.chat().state(), app::ChatState::Loading);
  shown.type(QStringLiteral("early"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return);
  QVERIFY(shown.composer()->edit()->toPlainText().isEmpty());
  QVERIFY(!shown.composer()->hint().isEmpty());
  QTRY_COMPARE(int(control->nRequests()), 1);
  QTRY_COMPARE(shown.fixture.chat().state(), app::ChatState::Idle);
}

void WindowTest::escapeStops() {
  auto control = std::make_shared<fake::Control>();
  control->nAnswerTokens = fake::kEndless;
  control->tokenMicroseconds = 2000;
  Shown shown(control);
  QVERIFY(shown.fixture.start());
  shown.type(QStringLiteral("go"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return);
  QTRY_COMPARE(shown.fixture.chat().state(), app::ChatState::Answering);
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Escape);
  QTRY_COMPARE(shown.fixture.chat().state(), app::ChatState::Idle);
  QCOMPARE(shown.fixture.workspace().messages().row(1).record.status, app::MessageStatus::Stopped);
}

void WindowTest::longPastesBecomeChips() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  const QString pasted = QStringLiteral("A long line of pasted text.\n").repeated(300);
  QApplication::clipboard()->setText(pasted);
  shown.composer()->edit()->setFocus();
  shown.composer()->edit()->paste();
  QVERIFY(shown.composer()->edit()->toPlainText().isEmpty());
  QCOMPARE(shown.composer()->attachments().size(), 1);
  QCOMPARE(shown.composer()->attachments().first()->text(), pasted);
  const ui::AttachmentChip* chip = shown.composer()->attachments().first();
  QTRY_VERIFY2(chip->accessibleName().contains(QStringLiteral("2,800 tokens")),
               qPrintable(chip->accessibleName()));
  shown.type(QStringLiteral("Sum this up:"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return);
  QCOMPARE(shown.fixture.workspace().messages().row(0).text,
           QStringLiteral("Sum this up:\n\n") + pasted);
  QVERIFY(shown.composer()->attachments().isEmpty());
}

void WindowTest::controlTextIsMarked() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  shown.type(QStringLiteral("what is <|im_start|>?"));
  QTRY_VERIFY(shown.composer()->hint().contains(QStringLiteral("plain text")));
  shown.composer()->edit()->clear();
  QTRY_VERIFY(shown.composer()->hint().isEmpty());
}

void WindowTest::editingMakesANewVersion() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  QVERIFY(shown.fixture.ask(QStringLiteral("first")));
  shown.type(QStringLiteral("draft"));
  shown.composer()->beginEdit(0);
  QCOMPARE(shown.composer()->edit()->toPlainText(), QStringLiteral("first"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Escape);
  QCOMPARE(shown.composer()->edit()->toPlainText(), QStringLiteral("draft"));
  shown.composer()->beginEdit(0);
  shown.composer()->edit()->setPlainText(QStringLiteral("second"));
  QTest::keyClick(shown.composer()->edit(), Qt::Key_Return);
  QTRY_COMPARE(shown.fixture.chat().state(), app::ChatState::Idle);
  QCOMPARE(shown.fixture.workspace().messages().row(0).text, QStringLiteral("second"));
  QCOMPARE(shown.fixture.workspace().messages().row(0).versionCount, 2);
  QCOMPARE(shown.composer()->edit()->toPlainText(), QStringLiteral("draft"));
}

void WindowTest::draftsStayWithTheirConversation() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  QVERIFY(shown.fixture.ask(QStringLiteral("first conversation")));
  const app::ConversationId first = shown.fixture.chat().conversation();
  shown.type(QStringLiteral("unfinished"));
  shown.fixture.chat().newConversation();
  QVERIFY(shown.composer()->edit()->toPlainText().isEmpty());
  shown.fixture.chat().openConversation(first);
  QTRY_COMPARE(shown.composer()->edit()->toPlainText(), QStringLiteral("unfinished"));
}

void WindowTest::failedLoadsAreShownInPlace() {
  auto control = std::make_shared<fake::Control>();
  control->loadFailure = "config.json › n_group: found 7, allowed a divisor of 64";
  Shown shown(control);
  shown.fixture.workspace().start();
  const auto shows = [&] {
    for (const ui::NoticeBar* bar : shown.window.findChildren<ui::NoticeBar*>()) {
      if (bar->isVisible() && bar->text().contains(QStringLiteral("found 7"))) return true;
    }
    return false;
  };
  QTRY_VERIFY(shows());
}

void WindowTest::samplingReachesTheRequest() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  auto* panel = shown.window.findChild<ui::SamplingPanel*>();
  engine::SamplingOptions options = panel->options();
  QCOMPARE(options.temperature, 0.6F);  // the checkpoint's own
  options.temperature = 0.25F;
  options.top_k = 7;
  options.seed = 42;
  panel->setOptions(options);
  panel->findChild<QSpinBox*>()->setValue(9);  // top-k, as a user would
  QVERIFY(shown.fixture.ask(QStringLiteral("sample")));
  const engine::SamplingOptions sent = shown.fixture.control().request(0).sampling;
  QCOMPARE(sent.temperature, 0.25F);
  QCOMPARE(sent.top_k, 9);
  QCOMPARE(sent.seed, std::optional<std::uint64_t>(42));
}

void WindowTest::loadDialogRefusesBrokenCheckpoints() {
  Shown shown;
  ui::LoadDialog dialog(shown.fixture.workspace(), shown.fixture.theme(), &shown.window);
  dialog.show();
  QVERIFY(!dialog.canLoad());
  dialog.setPath(QStringLiteral("/fake/broken"));
  auto report = std::make_shared<engine::CheckpointReport>();
  report->path = "/fake/broken";
  report->findings = {{engine::Finding::Severity::Error, "tensor-missing",
                       "model.norm.weight: found nothing, allowed [64]"}};
  Q_EMIT shown.fixture.workspace().bridge().reportReady(QStringLiteral("/fake/broken"), 0, report);
  QVERIFY(!dialog.canLoad());
  QVERIFY(dialog.findChild<ui::ReportView*>()->findingsText().contains(
      QStringLiteral("error [tensor-missing] model.norm.weight")));
  auto good = std::make_shared<engine::CheckpointReport>(*report);
  good->findings.clear();
  good->config_valid = true;
  good->config.max_position_embeddings = 8192;
  good->context_length = 4096;
  dialog.setPath(QStringLiteral("/fake/broken"));
  Q_EMIT shown.fixture.workspace().bridge().reportReady(QStringLiteral("/fake/broken"), 0, good);
  QVERIFY(dialog.canLoad());
}

void WindowTest::statusBarShowsTheNumbers() {
  Shown shown;
  QVERIFY(shown.fixture.start());
  QVERIFY(shown.fixture.ask(QStringLiteral("numbers")));
  const auto* bar = shown.window.findChild<ui::StatusBar*>();
  const QStringList texts = bar->texts();
  QVERIFY2(texts.join(u'|').contains(QStringLiteral("/ 4,096")), qPrintable(texts.join(u'|')));
  QVERIFY(texts[2].contains(QStringLiteral("tok/s")));
  QVERIFY(texts[3].contains(QStringLiteral("first token")));
}

void WindowTest::themesAndFontsChangeAtOnce() {
  Shown shown;
  ui::SettingsDialog dialog(shown.fixture.workspace().settings(), shown.fixture.theme());
  auto* scale = dialog.findChild<QSpinBox*>();
  scale->setValue(150);
  QCOMPARE(shown.fixture.theme().fontScale(), 1.5);
  app::SettingsValues values = shown.fixture.workspace().settings().values();
  values.theme = app::Theme::Dark;
  shown.fixture.workspace().settings().setValues(values);
  QVERIFY(shown.fixture.theme().isDark());
}

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
  WindowTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "window_test.moc"
