// Every error and finding that is written in the engine's sources is known to engine_text: read
// from the sources, with 7 for what varies, and taken apart by the patterns until no English is
// left.
#include <QCoreApplication>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QTranslator>

#include "app/engine_text.h"
#include "tests/support/patience.h"

namespace {

/// Leaves of a pattern only what stands for its arguments.
class Erase : public QTranslator {
 public:
  QString translate(const char* context, const char* source, const char*, int) const override {
    if (QByteArray(context) != "EngineText") return {};
    QString arguments = QStringLiteral("|");
    for (const char* c = source; *c != '\0'; ++c) {
      if (*c == '%' && c[1] >= '1' && c[1] <= '9') {
        arguments += QStringLiteral("%%1|").arg(QLatin1Char(c[1]));
      }
    }
    return arguments;
  }
  bool isEmpty() const override { return false; }
};

/// Never shown in the window: the command line's own, and what a template's author reads.
bool isElsewhere(const QString& path) {
  for (const char* part :
       {"tokenizer/jinja/", "tokenizer/vocabulary_export", "checkpoint/gguf_export",
        "checkpoint/gguf_writer", "checkpoint/random_", "model/gguf_exporter", "runtime/perplexity",
        "runtime/tensor_file", "runtime/trace", "cpu/cpu_features"}) {
    if (path.contains(QLatin1String(part))) return true;
  }
  return false;
}

qsizetype endOfQuoted(const QString& source, qsizetype at) {
  const QChar quote = source[at];
  for (++at; at < source.size() && source[at] != quote; ++at) {
    if (source[at] == u'\\') ++at;
  }
  return at + 1;
}

/// A literal's text, or 7 for anything else; std::string("…") is a literal too.
QString valueOf(const QString& operand) {
  static const QRegularExpression literals(
      QStringLiteral(R"(^(?:std::string\()?(?:"(?:[^"\\]|\\.)*"\s*)+\)?$)"));
  static const QRegularExpression literal(QStringLiteral(R"re("((?:[^"\\]|\\.)*)")re"));
  if (!literals.match(operand.trimmed()).hasMatch()) return QStringLiteral("7");
  QString text;
  auto found = literal.globalMatch(operand);
  while (found.hasNext()) text += found.next().captured(1);
  return text.replace(QLatin1String("\\\""), QLatin1String("\""))
      .replace(QLatin1String("\\\\"), QLatin1String("\\"));
}

/// The sum of strings that begins at `at`, up to the end of its argument. What is joined to a word
/// without a space is a sentence of its own and left out.
QString sentenceAt(const QString& source, qsizetype at) {
  QStringList operands{QString()};
  int depth = 0;
  while (at < source.size()) {
    const QChar c = source[at];
    const bool closes = c == u')' || c == u'}' || c == u']';
    if (depth == 0 && (closes || c == u',' || c == u';')) break;
    if (c == u'"' || c == u'\'') {
      const qsizetype end = endOfQuoted(source, at);
      operands.back() += source.mid(at, end - at);
      at = end;
      continue;
    }
    if (c == u'(' || c == u'{' || c == u'[') ++depth;
    if (closes) --depth;
    if (depth == 0 && c == u'+') {
      operands += QString();
    } else {
      operands.back() += c;
    }
    ++at;
  }
  for (QString& operand : operands) operand = valueOf(operand);
  const QString seven = QStringLiteral("7");
  if (operands.size() > 1 && operands.front() == seven && operands[1][0].isLetter()) {
    operands.removeFirst();
  }
  if (operands.size() > 1 && operands.back() == seven) {
    const QChar before = operands[operands.size() - 2].back();
    if (before.isLetter() || before == u')' || before == u'"') operands.removeLast();
  }
  return operands.join(QString());
}

bool isEnglish(const QString& text) {
  static const QRegularExpression words(QStringLiteral("[A-Za-z]{3,} [a-z]{2,}"));
  return words.match(text).hasMatch();
}

}  // namespace

class EngineSentencesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void sentencesAreReadFromSources();
  void everySentenceIsKnown();
};

void EngineSentencesTest::sentencesAreReadFromSources() {
  const auto read = [](const char* source) { return sentenceAt(QString::fromUtf8(source), 0); };
  QCOMPARE(read("\"a \" + std::to_string(n, 5) + \" b\"), c"), QStringLiteral("a 7 b"));
  QCOMPARE(read("place + \": found \\\"\"\n \"x\\\"\" + kRemedy)"),
           QStringLiteral("7: found \"x\""));
  QCOMPARE(read("std::string(\"a, b\") + ',')"), QStringLiteral("a, b"));
  QVERIFY(isEnglish(QStringLiteral("two words")));
  QVERIFY(!isEnglish(QStringLiteral("config.json › n_group")));
}

void EngineSentencesTest::everySentenceIsKnown() {
  // An error, or a finding: its message follows its code.
  const QRegularExpression begin(
      QStringLiteral(R"((?:fail\(ErrorCode::\w+,|"[a-z0-9]+(?:-[a-z0-9]+)+",)\s*)"));
  const QRegularExpression comments(QStringLiteral("(?<!:)//[^\n]*"));
  Erase translator;
  QCoreApplication::installTranslator(&translator);
  int nSentences = 0;
  QStringList unknown;
  QDirIterator files(QStringLiteral(BATHYSCOPE_SOURCE_DIR "/engine"),
                     {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files,
                     QDirIterator::Subdirectories);
  while (files.hasNext()) {
    const QString path = files.next();
    if (isElsewhere(path)) continue;
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString source = QString::fromUtf8(file.readAll()).remove(comments);
    auto found = begin.globalMatch(source);
    while (found.hasNext()) {
      const QString sentence = sentenceAt(source, found.next().capturedEnd());
      if (!isEnglish(sentence)) continue;
      ++nSentences;
      if (isEnglish(app::engineText(sentence))) unknown += path + QStringLiteral(": ") + sentence;
    }
  }
  QCoreApplication::removeTranslator(&translator);
  QVERIFY(nSentences > 120);
  QVERIFY2(unknown.isEmpty(), qPrintable(QStringLiteral("add patterns to app/engine_patterns_*.cpp "
                                                        "and translate them:\n") +
                                         unknown.join(u'\n')));
}

QTEST_GUILESS_MAIN(EngineSentencesTest)
#include "engine_sentences_test.moc"
