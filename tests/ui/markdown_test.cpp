// Markdown builder: what is shown, where it came from, and that hostile text is bounded and inert.
#include <QTextDocument>
#include <QTextTable>

#include "tests/support/patience.h"
#include "tests/support/processor_time.h"
#include "ui/chat/markdown_builder.h"
#include "ui/chat/text_segment.h"
#include "ui/theme/theme.h"

using ui::BuiltText;

class MarkdownTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase();
  void showsInlineMarks();
  void everyRunComesFromItsSource_data();
  void everyRunComesFromItsSource();
  void byteOffsetsSurviveWideCharacters();
  void listsAndQuotesHaveMarks();
  void tablesBecomeTables();
  void hugeTablesStayText();
  void imagesAndHtmlAreText();
  void hostileTextIsBounded_data();
  void hostileTextIsBounded();
  void codeShowsHiddenCharacters();
  void tokenRectanglesCoverTheirText();

 private:
  ui::TextStyle style_;
};

void MarkdownTest::initTestCase() { style_ = ui::textStyle(ui::Theme()); }

void MarkdownTest::showsInlineMarks() {
  QTextDocument document;
  const BuiltText built =
      ui::buildMarkdown(u"A **bold** and *slanted* `code` &amp; [link](https://example.org) end.",
                        0, style_, document);
  QCOMPARE(document.toPlainText(), QStringLiteral("A bold and slanted code & link end."));
  QCOMPARE(built.codeSpans.size(), std::size_t{1});
}

void MarkdownTest::everyRunComesFromItsSource_data() {
  QTest::addColumn<QString>("source");
  QTest::newRow("plain") << QStringLiteral("Hello, sea.");
  QTest::newRow("marks") << QStringLiteral("A **bold _both_** and `x = 1` here\nsoft break");
  QTest::newRow("heading") << QStringLiteral("## Title\n\nText under it.\n\n---\n\nmore");
  QTest::newRow("list") << QStringLiteral("1. one\n2. two\n   - inner **x**\n3. three");
  QTest::newRow("table") << QStringLiteral("| a | b |\n|---|---|\n| `1` | **2** |\n| é | 鲸 |");
  QTest::newRow("wide") << QStringLiteral("🐋 whale 鲸 déjà **vu 🌊** end");
  QTest::newRow("code") << QStringLiteral("- item\n\n      nested code\n      line two\n");
  QTest::newRow("quote") << QStringLiteral("> quoted *text*\n> more\n\nafter");
}

void MarkdownTest::everyRunComesFromItsSource() {
  QFETCH(QString, source);
  QTextDocument document;
  const qsizetype base = 100;
  const BuiltText built = ui::buildMarkdown(source, base, style_, document);
  qsizetype mapped = 0;
  for (const ui::SourceRun& run : built.map.runs()) {
    QVERIFY(run.sourceBegin >= base);
    QVERIFY(run.sourceBegin + run.sourceLength <= base + source.size() + 1);
    if (run.sourceLength != run.documentLength) continue;
    for (int i = 0; i < run.documentLength; ++i) {
      const QChar shown = document.characterAt(run.documentBegin + i);
      if (shown == QChar(QChar::LineSeparator)) continue;
      QCOMPARE(shown, source[run.sourceBegin - base + i]);
    }
    mapped += run.documentLength;
  }
  QVERIFY(mapped > 0);
}

void MarkdownTest::byteOffsetsSurviveWideCharacters() {
  const QString source = QStringLiteral("🐋 **鲸** é end");
  QTextDocument document;
  const BuiltText built = ui::buildMarkdown(source, 0, style_, document);
  const qsizetype at = source.indexOf(QStringLiteral("end"));
  const auto ranges = built.map.documentRanges(at, at + 3);
  QCOMPARE(ranges.size(), std::size_t{1});
  QCOMPARE(document.toPlainText().mid(ranges[0].begin, ranges[0].end - ranges[0].begin),
           QStringLiteral("end"));
  QCOMPARE(built.map.sourceAt(ranges[0].begin), std::optional<qsizetype>(at));
}

void MarkdownTest::listsAndQuotesHaveMarks() {
  QTextDocument document;
  const BuiltText built = ui::buildMarkdown(u"3. three\n4. four\n\n- dot\n\n> quoted\n\n- [x] done",
                                            0, style_, document);
  QStringList markers;
  int quotes = 0;
  for (const ui::BlockMark& mark : built.marks) {
    if (!mark.marker.isEmpty()) markers += mark.marker;
    quotes += mark.quoteDepth;
  }
  QCOMPARE(markers, QStringList({QStringLiteral("3."), QStringLiteral("4."), QStringLiteral("•"),
                                 QStringLiteral("☑")}));
  QCOMPARE(quotes, 1);
}

void MarkdownTest::tablesBecomeTables() {
  QTextDocument document;
  ui::buildMarkdown(u"before\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter", 0, style_, document);
  int tables = 0;
  for (QTextFrame* frame : document.rootFrame()->childFrames()) {
    if (auto* table = qobject_cast<QTextTable*>(frame)) {
      ++tables;
      QCOMPARE(table->rows(), 2);
      QCOMPARE(table->cellAt(1, 1).firstCursorPosition().block().text(), QStringLiteral("2"));
    }
  }
  QCOMPARE(tables, 1);
  QVERIFY(document.toPlainText().endsWith(QStringLiteral("after")));
}

void MarkdownTest::hugeTablesStayText() {
  const QString row = QStringLiteral("| x ").repeated(500) + QStringLiteral("|\n");
  const QString source = row + QStringLiteral("|---").repeated(500) + QStringLiteral("|\n") + row;
  QTextDocument document;
  ui::buildMarkdown(source, 0, style_, document);
  QVERIFY(document.rootFrame()->childFrames().isEmpty());
  QVERIFY(document.toPlainText().contains(QStringLiteral("x | x")));
}

void MarkdownTest::imagesAndHtmlAreText() {
  QTextDocument document;
  ui::buildMarkdown(
      u"![alt](https://evil.example/?q=secret) <img src=\"file:///etc/passwd\"> <b>x</b>", 0,
      style_, document);
  const QString shown = document.toPlainText();
  QVERIFY(shown.contains(QStringLiteral("[alt](https://evil.example/?q=secret)")));
  QVERIFY(shown.contains(QStringLiteral("<img src=\"file:///etc/passwd\">")));
  QVERIFY(!shown.contains(QChar(QChar::ObjectReplacementCharacter)));
}

void MarkdownTest::hostileTextIsBounded_data() {
  QTest::addColumn<QString>("source");
  const int n = ui::kMaxSegment;
  QTest::newRow("quotes") << QStringLiteral("> ").repeated(n / 2);
  QTest::newRow("lists") << QStringLiteral("- ").repeated(n / 2);
  QTest::newRow("emphasis") << QStringLiteral("*a ").repeated(n / 3);
  QTest::newRow("brackets") << QStringLiteral("[").repeated(n);
  QTest::newRow("links") << QStringLiteral("[a](").repeated(n / 4);
  QTest::newRow("backticks") << QStringLiteral("`a``").repeated(n / 4);
  QTest::newRow("entities") << QStringLiteral("&#8203;").repeated(n / 7);
  QTest::newRow("marks") << QStringLiteral("e") + QString(n - 1, QChar(0x301));
  QTest::newRow("tables") << QStringLiteral("|a|b|\n|-|-|\n") +
                                 QStringLiteral("|1|2|\n").repeated(n / 6);
}

void MarkdownTest::hostileTextIsBounded() {
  QFETCH(QString, source);
  const auto ranges = ui::splitMarkdown(source, 0, source.size(), {}, false);
  double slowest = 0;
  for (const ui::SegmentRange& range : ranges) {
    ui::TextSegment segment(range);
    const double begin = support::thread_milliseconds();
    segment.layOut(source, style_, 600);
    slowest = std::max(slowest, support::thread_milliseconds() - begin);
  }
  QVERIFY2(slowest < support::limit(200), qPrintable(QString::number(slowest)));
}

void MarkdownTest::codeShowsHiddenCharacters() {
  QTextDocument document;
  const QString source = QStringLiteral("a\u202eb\u200bc\x1b[0m\n  d");
  const BuiltText built = ui::buildCode(source, 0, 2, style_, document);
  const QString shown = document.toPlainText();
  QVERIFY(!shown.contains(QChar(0x202e)));
  QVERIFY(!shown.contains(QChar(0x200b)));
  QVERIFY(shown.contains(QChar(0x241b)));  // escape as a picture
  const auto ranges = built.map.documentRanges(source.size() - 1, source.size());
  QCOMPARE(ranges.size(), std::size_t{1});
  QCOMPARE(document.characterAt(ranges[0].begin), QChar(u'd'));
}

void MarkdownTest::tokenRectanglesCoverTheirText() {
  const QString source = QStringLiteral("The **sea** is wide and deep and very blue indeed today.");
  const auto ranges = ui::splitMarkdown(source, 0, source.size(), {}, false);
  ui::TextSegment segment(ranges.front());
  segment.layOut(source, style_, 160);
  double previousBottom = 0;
  for (const auto& word :
       {QStringLiteral("sea"), QStringLiteral("wide"), QStringLiteral("today")}) {
    const qsizetype at = source.indexOf(word);
    const auto shown = segment.map().documentRanges(at, at + word.size());
    QCOMPARE(shown.size(), std::size_t{1});
    const auto rects = segment.rectsOf(shown.front());
    QVERIFY(!rects.empty());
    QVERIFY(rects.front().width() > 5);
    QVERIFY(rects.front().bottom() >= previousBottom);
    previousBottom = rects.front().bottom();
    // And back: the middle of the rectangle is a character of that word.
    const auto character = segment.characterAt(rects.front().center());
    QVERIFY(character.has_value());
    const auto back = segment.map().sourceAt(*character);
    QVERIFY(back && *back >= at && *back < at + word.size());
  }
}

QTEST_MAIN(MarkdownTest)
#include "markdown_test.moc"
