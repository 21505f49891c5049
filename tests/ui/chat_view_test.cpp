// ChatView over the fake engine: streaming, tokens under the pointer, selection, keys, and how long
// one event may keep the loop busy.
#include "ui/chat/chat_view.h"

#include <QClipboard>
#include <QScrollBar>

#include "tests/support/patience.h"
#include "tests/support/processor_time.h"
#include "tests/ui/window_fixture.h"

namespace {

// Remembers the longest single event in CPU time of the GUI thread: what a stall is made of,
// whatever else the machine does.
class TimedApplication : public QApplication {
 public:
  using QApplication::QApplication;
  bool notify(QObject* receiver, QEvent* event) override {
    const double start = support::thread_milliseconds();
    ++depth_;
    const bool handled = QApplication::notify(receiver, event);
    if (--depth_ == 0) longest = std::max(longest, support::thread_milliseconds() - start);
    return handled;
  }
  double longest = 0;

 private:
  int depth_ = 0;
};

TimedApplication* timed() { return static_cast<TimedApplication*>(QCoreApplication::instance()); }

std::unique_ptr<ui::ChatView> makeView(fixture::Window& window) {
  auto& workspace = window.workspace();
  auto view = std::make_unique<ui::ChatView>(
      ui::ChatView::Parts{workspace.messages(), workspace.chat(), workspace.timeline(),
                          workspace.selection()},
      window.theme());
  view->resize(700, 600);
  view->show();
  return view;
}

/// Everything that was said is saved and laid out: nothing changes by itself any more.
bool settled(fixture::Window& window, const ui::ChatView& view) {
  const app::MessageListModel& messages = window.workspace().messages();
  QTest::qWait(0);
  return support::comes_true([&] {
    for (int row = 0; row < messages.rowCount(); ++row) {
      if (messages.row(row).saveState == app::SaveState::Saving) return false;
    }
    return view.isUpToDate();
  });
}

}  // namespace

class ChatViewTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void streamsAndFollowsTheEnd();
  void clickOnTextSelectsItsToken();
  void selectedTextIsCopied();
  void keysReachMessagesAndVersions();
  void everyMessageIsReadOut();
  void reasoningFolds();
  void failedAnswersSayWhy();
  void heatColoursText();
  void findGoesToTheText();
  void findGoesToTextThatWasNotLaidOutYet();
  void longAnswersKeepTheLoopFree();
  void hugeMessagesKeepTheLoopFree_data();
  void hugeMessagesKeepTheLoopFree();
};

void ChatViewTest::streamsAndFollowsTheEnd() {
  fixture::Window window;
  window.control().answerText = fixture::markdownAnswer();
  window.control().nAnswerTokens = 600;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("Tell me about the sea.")));
  QVERIFY(settled(window, *view));
  QVERIFY(view->isFollowingEnd());
  QCOMPARE(view->verticalScrollBar()->value(), view->verticalScrollBar()->maximum());
  QVERIFY(view->verticalScrollBar()->maximum() > 0);
  view->verticalScrollBar()->setValue(0);
  QVERIFY(!view->isFollowingEnd());
  view->scrollToEnd();
  QVERIFY(view->isFollowingEnd());
}

void ChatViewTest::clickOnTextSelectsItsToken() {
  fixture::Window window;
  window.control().answerText = "abc def ghi jkl mno pqr ";
  window.control().nAnswerTokens = 9;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("hello world")));
  QVERIFY(settled(window, *view));
  app::Selection& selection = window.workspace().selection();
  const app::TokenTimeline& timeline = window.workspace().timeline();
  const app::MessageId answer = window.workspace().messages().row(1).record.id;
  // Every place of the view that is text selects a token whose text is under the pointer.
  int nSelected = 0;
  for (int y = 4; y < view->viewport()->height(); y += 6) {
    for (int x = 4; x < view->viewport()->width(); x += 9) {
      QTest::mouseMove(view->viewport(), QPoint(x, y));
      const auto hovered = selection.hoveredToken();
      if (!hovered) continue;
      QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, QPoint(x, y));
      QCOMPARE(selection.token(), hovered);
      QVERIFY(!selection.isFollowing());
      QVERIFY(timeline.textOf(*hovered).has_value());
      nSelected += timeline.textOf(*hovered)->message == answer ? 1 : 0;
    }
  }
  QVERIFY(nSelected > 3);
}

void ChatViewTest::selectedTextIsCopied() {
  fixture::Window window;
  window.control().answerText = "A **bold** word. ";
  window.control().nAnswerTokens = 6;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("hi")));
  QVERIFY(settled(window, *view));
  view->selectAllOfRow(1);
  QVERIFY2(view->selectedText().startsWith(QStringLiteral("A bold word")),
           qPrintable(view->selectedText()));
  QTest::keyClick(view.get(), Qt::Key_C, Qt::ControlModifier);
  QCOMPARE(QApplication::clipboard()->text(), view->selectedText());
  // Without a selection the message's own Markdown is copied.
  view->clearTextSelection();
  view->setCurrentRow(1);
  QTest::keyClick(view.get(), Qt::Key_C, Qt::ControlModifier);
  QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("A **bold** word")));
}

void ChatViewTest::keysReachMessagesAndVersions() {
  fixture::Window window;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("one")));
  view->setFocus();
  QTest::keyClick(view.get(), Qt::Key_Up, Qt::ControlModifier);
  QCOMPARE(view->currentRow(), 1);
  QVERIFY(view->accessibleDescription().startsWith(QStringLiteral("Model: ")));
  QTest::keyClick(view.get(), Qt::Key_R);
  QTRY_COMPARE(window.workspace().messages().row(1).versionCount, 2);
  QTRY_COMPARE(window.chat().state(), app::ChatState::Idle);
  view->setCurrentRow(1);
  QCOMPARE(window.workspace().messages().row(1).versionIndex, 1);
  QTest::keyClick(view.get(), Qt::Key_Left, Qt::AltModifier);
  QTRY_COMPARE(window.workspace().messages().row(1).versionIndex, 0);
  QSignalSpy edits(view.get(), &ui::ChatView::editRequested);
  view->setCurrentRow(0);
  QTest::keyClick(view.get(), Qt::Key_E);
  QCOMPARE(edits.count(), 1);
}

// A screen reader reaches every message: as an item of a list, with its text, on the screen or not.
void ChatViewTest::everyMessageIsReadOut() {
  fixture::Window window;
  window.control().answerText = "A **bold** word. ";
  window.control().nAnswerTokens = 6;
  QVERIFY(window.start());
  const auto view = makeView(window);
  view->setFocus();
  QVERIFY(window.ask(QStringLiteral("the first question")));
  QVERIFY(window.ask(QStringLiteral("the second")));
  QVERIFY(settled(window, *view));
  QAccessibleInterface* list = QAccessible::queryAccessibleInterface(view.get());
  QVERIFY(list != nullptr);
  QCOMPARE(list->role(), QAccessible::List);
  QCOMPARE(list->text(QAccessible::Name), QStringLiteral("Conversation"));
  QCOMPARE(list->childCount(), 4);
  QAccessibleInterface* answer = list->child(3);
  QVERIFY(answer != nullptr && answer->isValid());
  QCOMPARE(answer->parent(), list);
  QCOMPARE(list->indexOfChild(answer), 3);
  QCOMPARE(answer->role(), QAccessible::ListItem);
  QVERIFY2(answer->text(QAccessible::Name).startsWith(QStringLiteral("Model: A **bold** wor")),
           qPrintable(answer->text(QAccessible::Name)));
  QVERIFY(list->child(0)->text(QAccessible::Name).endsWith(QStringLiteral("the first question")));
  const QString content = window.workspace().messages().row(3).text;
  QVERIFY(answer->textInterface() != nullptr);
  QCOMPARE(answer->textInterface()->characterCount(), static_cast<int>(content.size()));
  QCOMPARE(answer->textInterface()->text(2, 10), content.mid(2, 8));
  QVERIFY(!answer->rect().isEmpty());
  QCOMPARE(list->childAt(answer->rect().center().x(), answer->rect().center().y()), answer);
  QVERIFY(list->child(0)->rect().bottom() < answer->rect().top());
  QVERIFY(!answer->state().focused);
  answer->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
  QCOMPARE(view->currentRow(), 3);
  QVERIFY(answer->state().selected);
  QVERIFY(!answer->state().busy);
  // A new conversation: the old messages are gone, and say so.
  const QAccessible::Id id = QAccessible::uniqueId(answer);
  window.chat().newConversation();
  QCOMPARE(list->childCount(), 0);
  QVERIFY(!answer->isValid());
  QVERIFY(answer->rect().isNull());
  QVERIFY(list->child(0) == nullptr);
  QVERIFY(window.ask(QStringLiteral("again")));
  QVERIFY(list->child(1) != nullptr);
  QVERIFY(QAccessible::accessibleInterface(id) == nullptr);
}

void ChatViewTest::reasoningFolds() {
  fixture::Window window;
  window.control().answerText = "<think>\nLong thought, line one.\n</think>\n\nThe answer. ";
  window.control().nAnswerTokens = 19;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("think")));
  QVERIFY(settled(window, *view));
  view->selectAllOfRow(1);
  QVERIFY(!view->selectedText().contains(QStringLiteral("Long thought")));
  view->setCurrentRow(1);
  QTest::keyClick(view.get(), Qt::Key_Space);
  view->selectAllOfRow(1);
  QVERIFY(view->selectedText().contains(QStringLiteral("Long thought")));
  QVERIFY(view->selectedText().contains(QStringLiteral("The answer")));
}

void ChatViewTest::failedAnswersSayWhy() {
  fixture::Window window;
  window.control().finish = engine::FinishReason::Failed;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("fail")));
  QVERIFY(settled(window, *view));
  QVERIFY2(view->accessibleText(1).contains(QStringLiteral("NaN at layer 2")),
           qPrintable(view->accessibleText(1)));
}

void ChatViewTest::heatColoursText() {
  fixture::Window window;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("warm words here")));
  QVERIFY(settled(window, *view));
  const QImage before = view->viewport()->grab().toImage();
  std::vector<ui::HeatedToken> heat;
  for (int i = 0; i < window.workspace().timeline().count(); ++i) {
    heat.push_back({engine::Position(i), 1.0});
  }
  view->setTokenHeat(heat);
  const QImage after = view->viewport()->grab().toImage();
  const QColor full = ui::heatColour(1.0, window.theme().isDark());
  int nColoured = 0;
  for (int y = 0; y < after.height(); ++y) {
    for (int x = 0; x < after.width(); ++x) nColoured += after.pixelColor(x, y) == full ? 1 : 0;
  }
  QVERIFY(nColoured > 200);
  view->setTokenHeat({});
  QCOMPARE(view->viewport()->grab().toImage(), before);
  for (const bool dark : {false, true}) {
    for (int i = 0; i <= 10; ++i) {
      QVERIFY(ui::contrastRatio(ui::roleColour(ui::ColourRole::Text, dark),
                                ui::heatColour(i / 10.0, dark)) >= 4.5);
    }
  }
}

void ChatViewTest::findGoesToTheText() {
  fixture::Window window;
  window.control().answerText = "one two three four five. ";
  window.control().nAnswerTokens = 3000;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(QStringLiteral("needle in the question")));
  QVERIFY(view->findText(QStringLiteral("NEEDLE"), true));
  QCOMPARE(view->currentRow(), 0);
  QVERIFY(!view->findText(QStringLiteral("absent"), true));
  // Every place of a message in turn, not only its first.
  QVERIFY(view->findText(QStringLiteral("three"), true));
  QCOMPARE(view->currentRow(), 1);
  const int first = view->verticalScrollBar()->value();
  for (int i = 0; i < 200; ++i) QVERIFY(view->findText(QStringLiteral("three"), true));
  QCOMPARE(view->currentRow(), 1);
  const int later = view->verticalScrollBar()->value();
  QVERIFY(later > first + view->height());
  for (int i = 0; i < 200; ++i) QVERIFY(view->findText(QStringLiteral("three"), false));
  QCOMPARE(view->verticalScrollBar()->value(), first);
  QVERIFY(view->findText(QStringLiteral("needle"), false));  // before the first: around
  QCOMPARE(view->currentRow(), 0);
}

void ChatViewTest::findGoesToTextThatWasNotLaidOutYet() {
  fixture::Window window;
  window.control().answerText = "one two three four five. ";
  window.control().nAnswerTokens = 3000;
  QVERIFY(window.start());
  const auto view = makeView(window);
  const app::MessageListModel& messages = window.workspace().messages();
  int later = 0;
  // In the same turn of the event loop as the last piece of text: before any frame can have shown
  // it.
  connect(&messages, &QAbstractItemModel::dataChanged, view.get(), [&] {
    if (messages.rowCount() < 2 || messages.row(1).text.size() < 8'900) return;
    QVERIFY(view->findText(QStringLiteral("one"), false));
    later = view->verticalScrollBar()->value();
    QVERIFY(later + view->height() > view->verticalScrollBar()->maximum());
  });
  QVERIFY(window.ask(QStringLiteral("go")));
  QVERIFY(later > 0);
}

void ChatViewTest::longAnswersKeepTheLoopFree() {
  fixture::Window window;
  window.control().answerText = fixture::markdownAnswer();
  window.control().nAnswerTokens = 2000;
  window.control().tokenMicroseconds = 500;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(settled(window, *view));
  timed()->longest = 0;
  QVERIFY(window.ask(QStringLiteral("Write 2,000 tokens.")));
  qInfo("longest event while 2,000 tokens streamed: %.1f ms", timed()->longest);
  QVERIFY2(timed()->longest < support::limit(50), qPrintable(QString::number(timed()->longest)));
}

void ChatViewTest::hugeMessagesKeepTheLoopFree_data() {
  QTest::addColumn<QString>("message");
  QTest::newRow("a million letters") << QString(1'000'000, u'x');
  QTest::newRow("a hundred thousand lines") << QStringLiteral("line\n").repeated(100'000);
  QTest::newRow("a wide table") << QStringLiteral("| a ").repeated(10'000) + QStringLiteral("|\n") +
                                       QStringLiteral("|-").repeated(10'000) +
                                       QStringLiteral("|\n");
}

void ChatViewTest::hugeMessagesKeepTheLoopFree() {
  QFETCH(QString, message);
  fixture::Window window;
  window.control().prefillChunk = 100'000;
  window.control().contextLength = 4'000'000;
  QVERIFY(window.start());
  const auto view = makeView(window);
  QVERIFY(window.ask(message));
  QVERIFY(settled(window, *view));
  // Only the view's own work is measured here: scrolling through what is there.
  timed()->longest = 0;
  QScrollBar* bar = view->verticalScrollBar();
  for (int i = 0; i <= 40; ++i) {
    const int target = static_cast<int>(bar->maximum() * (i / 40.0));
    const double start = support::thread_milliseconds();
    bar->setValue(target);
    const double spent = support::thread_milliseconds() - start;
    QVERIFY2(spent < support::limit(50), qPrintable(QString::number(spent)));
    QTest::qWait(5);
  }
  qInfo("longest event while scrolling: %.1f ms", timed()->longest);
  QVERIFY2(timed()->longest < support::limit(50), qPrintable(QString::number(timed()->longest)));
}

int main(int argc, char** argv) {
  TimedApplication application(argc, argv);
  ChatViewTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "chat_view_test.moc"
