// Segmenter: pieces tile the text, restart gives the same pieces, nothing grows without bound.
#include "ui/chat/segmenter.h"

#include "tests/support/patience.h"
#include "tests/support/processor_time.h"

using ui::SegmentKind;
using ui::SegmentRange;

namespace {

std::vector<SegmentRange> split(const QString& text) {
  return ui::splitMarkdown(text, 0, text.size(), {}, false);
}

// Grows the text the way a stream does: only the last segment is split again.
std::vector<SegmentRange> splitGrowing(const QString& text, int step) {
  std::vector<SegmentRange> segments;
  for (qsizetype end = step; end < text.size() + step; end += step) {
    const qsizetype to = std::min<qsizetype>(end, text.size());
    qsizetype from = 0;
    ui::FenceState fence;
    bool continues = false;
    if (!segments.empty()) {
      from = segments.back().begin;
      fence = segments.back().fence;
      continues = segments.back().continues;
      segments.pop_back();
    }
    for (SegmentRange& range : ui::splitMarkdown(text, from, to, fence, continues)) {
      segments.push_back(std::move(range));
    }
  }
  return segments;
}

QString longSample() {
  QString text = QStringLiteral("# Title\n\nIntro paragraph.\n\n");
  for (int i = 0; i < 40; ++i) {
    text += QStringLiteral("Paragraph %1 with some words that go on for a while.\n\n").arg(i);
    if (i % 5 == 0)
      text += QStringLiteral("```cpp\nint main() { return %1; }\n\nint x;\n```\n\n").arg(i);
    if (i % 7 == 0) text += QStringLiteral("- one\n- two\n\n  more of two\n- three\n\n");
    if (i % 9 == 0) text += QStringLiteral("| a | b |\n|---|---|\n| 1 | 2 |\n\n");
  }
  return text + QStringLiteral("```\nopen to the end");
}

}  // namespace

class SegmenterTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void fencesBecomeCode();
  void openFenceIsCodeToo();
  void piecesTileTheText();
  void growingGivesTheSamePieces();
  void nothingGrowsWithoutBound();
  void plainKeepsEveryCharacter();
};

void SegmenterTest::fencesBecomeCode() {
  const QString text = QStringLiteral("before\n```cpp title\nint x;\n```\nafter");
  const auto segments = split(text);
  QCOMPARE(segments.size(), std::size_t{3});
  QCOMPARE(segments[0].kind, SegmentKind::Prose);
  QCOMPARE(segments[1].kind, SegmentKind::Code);
  QCOMPARE(segments[1].fence.language, QStringLiteral("cpp"));
  QCOMPARE(text.mid(segments[1].contentBegin, segments[1].contentEnd - segments[1].contentBegin),
           QStringLiteral("int x;\n"));
  QCOMPARE(segments[2].kind, SegmentKind::Prose);
  QCOMPARE(text.mid(segments[2].begin), QStringLiteral("after"));
  // Inside a longer fence a shorter one is text.
  QCOMPARE(split(QStringLiteral("````\n```\nx\n```\n````\n")).size(), std::size_t{1});
  // Inline code is no fence.
  QCOMPARE(split(QStringLiteral("``` not a fence ``` text"))[0].kind, SegmentKind::Prose);
}

void SegmenterTest::openFenceIsCodeToo() {
  const auto segments = split(QStringLiteral("text\n\n```py\nprint(1)"));
  QCOMPARE(segments.back().kind, SegmentKind::Code);
  QVERIFY(segments.back().fence.isOpen);
}

void SegmenterTest::piecesTileTheText() {
  const QString text = longSample();
  qsizetype at = 0;
  for (const SegmentRange& range : split(text)) {
    QVERIFY(range.begin >= at);
    QVERIFY(text.mid(at, range.begin - at).trimmed().isEmpty());
    QVERIFY(range.contentBegin >= range.begin && range.contentEnd <= range.end);
    at = range.end;
  }
  QCOMPARE(at, text.size());
}

void SegmenterTest::growingGivesTheSamePieces() {
  const QString text = longSample();
  const auto whole = split(text);
  for (const int step : {1, 3, 17, 400}) {
    const auto grown = splitGrowing(text, step);
    QCOMPARE(grown.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) QCOMPARE(grown[i], whole[i]);
  }
}

void SegmenterTest::nothingGrowsWithoutBound() {
  const QString cases[] = {
      QString(1'000'000, u'x'),
      QString(200'000, u'\n'),
      QStringLiteral("word ").repeated(200'000),
      QStringLiteral("```\n") + QStringLiteral("line of code\n").repeated(100'000),
      QStringLiteral("```\n") + QString(1'000'000, u'x'),
      QStringLiteral("| a ").repeated(10'000) + QStringLiteral("|\n") +
          QStringLiteral("|---").repeated(10'000) + QStringLiteral("|\n"),
      QStringLiteral("> ").repeated(100'000),
      QStringLiteral("\U0001F40B").repeated(20'000),
  };
  for (const QString& text : cases) {
    const double begin = support::thread_milliseconds();
    const auto segments = split(text);
    const double spent = support::thread_milliseconds() - begin;
    QVERIFY2(spent < support::limit(500), qPrintable(QString::number(spent)));
    for (const SegmentRange& range : segments) {
      QVERIFY(range.contentEnd - range.contentBegin <= 4 * ui::kMaxSegment);
      QVERIFY(range.begin == 0 || !text[range.begin].isLowSurrogate());
    }
  }
}

void SegmenterTest::plainKeepsEveryCharacter() {
  const QString text = QStringLiteral("line one\nline two\n").repeated(2000);
  QString joined;
  for (const SegmentRange& range : ui::splitPlain(text, 0, text.size(), false)) {
    QCOMPARE(range.kind, SegmentKind::Plain);
    joined += text.mid(range.begin, range.end - range.begin);
  }
  QCOMPARE(joined, text);
}

QTEST_GUILESS_MAIN(SegmenterTest)
#include "segmenter_test.moc"
