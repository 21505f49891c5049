// The engine's sentences by their patterns: what a person meets most often is known, real findings
// among it; names and numbers stay; what is not known is left alone.
#include "app/engine_text.h"

#include <QCoreApplication>
#include <QFile>
#include <QTemporaryDir>
#include <QTranslator>

#include "engine/runtime/inspect_model.h"
#include "tests/support/patience.h"

namespace {

using app::engineText;

// Puts every known pattern into brackets, arguments too.
class Brackets : public QTranslator {
 public:
  QString translate(const char* context, const char* source, const char*, int) const override {
    if (QByteArray(context) != "EngineText") return {};
    return u'[' + QString::fromUtf8(source) + u']';
  }
  bool isEmpty() const override { return false; }
};

QString text(const char* utf8) { return QString::fromUtf8(utf8); }

}  // namespace

class EngineTextTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void englishStaysAsItIs();
  void partsAreKnownOneByOne();
  void argumentsMayChangePlaces();
  void realFindingsAreKnown();
};

void EngineTextTest::englishStaysAsItIs() {
  for (const char* sentence :
       {"model.safetensors › lm_head.weight › shape: found [5], allowed [6] by config.json",
        "a: no such file or folder", "", ";", "; ", ": found , allowed ", "50 % done; x",
        "found 1, allowed 2; download it again; this is a gzip archive: unpack it first"}) {
    QCOMPARE(engineText(text(sentence)), text(sentence));
  }
}

void EngineTextTest::partsAreKnownOneByOne() {
  Brackets translator;
  QCoreApplication::installTranslator(&translator);
  QCOMPARE(engineText(text("Mapping weights")), text("[Mapping weights]"));
  QCOMPARE(engineText(text("x: no such file")), text("[x: no such file]"));
  QCOMPARE(engineText(text("a › b: found nothing, allowed 1 or more")),
           text("[a › b: found [nothing], allowed [1 or more]]"));
  QCOMPARE(engineText(text("config.json › n (line 3, column 7): found \"5\" (a string), allowed a "
                           "whole number from 1 to 64; write the number without quotes")),
           text("[[config.json › n (line 3, column 7)]: found [\"5\" (a string)], allowed "
                "[[a whole number from 1 to 64]; [write the number without quotes]]]"));
  QCOMPARE(engineText(text("something new; download it again")),
           text("[something new; [download it again]]"));
  // Not known at all: untouched. An argument is never empty.
  QCOMPARE(engineText(text("something quite new")), text("something quite new"));
  QCOMPARE(engineText(text(": no such file")), text(": no such file"));
  QCOMPARE(engineText(std::string("CPU · AVX2 · 2 threads")), text("[CPU · AVX2 · 2 threads]"));
  QCoreApplication::removeTranslator(&translator);
}

void EngineTextTest::argumentsMayChangePlaces() {
  class Turned : public QTranslator {
   public:
    QString translate(const char*, const char* source, const char*, int) const override {
      return QByteArray(source) == "%1: found %2, allowed %3" ? text("%3 < %2 (%1) 100%")
                                                              : QString();
    }
    bool isEmpty() const override { return false; }
  } translator;
  QCoreApplication::installTranslator(&translator);
  QCOMPARE(engineText(text("a %1 b: found 5 %2, allowed 6")), text("6 < 5 %2 (a %1 b) 100%"));
  QCoreApplication::removeTranslator(&translator);
}

// What really is said of broken checkpoints.
void EngineTextTest::realFindingsAreKnown() {
  Brackets translator;
  QCoreApplication::installTranslator(&translator);
  const QTemporaryDir folder;
  const auto write = [&folder](const char* name, const QByteArray& bytes) {
    QFile file(folder.filePath(text(name)));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
  };
  int nSeen = 0;
  const auto expectKnown = [&](const QString& path) {
    const auto report = engine::inspect_model(path.toStdString(), 0);
    QVERIFY2(!report.findings.empty(), qPrintable(path));
    for (const engine::Finding& finding : report.findings) {
      const QString shown = engineText(finding.message);
      QVERIFY2(shown.startsWith(u'['), qPrintable(shown));
      ++nSeen;
    }
  };
  expectKnown(folder.filePath(text("nothing")));
  expectKnown(folder.path());
  write("config.json", "{\"model_type\": \"deepseek_v3\", \"hidden_size\": \"7\"}");
  expectKnown(folder.path());
  write("config.json", "{\"model_type\": \"deepseek_v3\",}");
  write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  expectKnown(folder.path());
  write("tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  expectKnown(folder.path());
  write("tokenizer.json", "{\"model\": {\"type\": \"Unigram\", \"vocab\": []}}");
  expectKnown(folder.path());
  write("model.safetensors", "<!DOCTYPE html><html></html>");
  expectKnown(folder.path());
  write("model.safetensors", QByteArray("\x40\0\0\0\0\0\0\0{\"a\":", 13));
  expectKnown(folder.path());
  QFile::remove(folder.filePath(text("model.safetensors")));
  write("x.gguf", "GGUF");
  expectKnown(folder.filePath(text("x.gguf")));
  write("x.gguf", QByteArray("GGUF\x01\0\0\0", 8) + QByteArray(32, '\0'));
  expectKnown(folder.filePath(text("x.gguf")));
  write("x.gguf", QByteArray("GGJT\x03\0\0\0", 8) + QByteArray(32, '\0'));
  expectKnown(folder.filePath(text("x.gguf")));
  QVERIFY(nSeen > 15);
  QCoreApplication::removeTranslator(&translator);
}

QTEST_GUILESS_MAIN(EngineTextTest)
#include "engine_text_test.moc"
