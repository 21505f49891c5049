// Every text of the program has a finished Simplified Chinese translation that keeps its arguments.
#include <QFile>
#include <QRegularExpression>
#include <QXmlStreamReader>

#include "tests/support/patience.h"

class TranslationTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void chineseIsComplete();
};

void TranslationTest::chineseIsComplete() {
  QFile file(QStringLiteral(BATHYSCOPE_SOURCE_DIR "/resources/translations/bathyscope_zh_CN.ts"));
  QVERIFY(file.open(QIODevice::ReadOnly));
  QXmlStreamReader xml(&file);
  const QRegularExpression argument(QStringLiteral("%[0-9n]"));
  QString source;
  int nTexts = 0;
  while (!xml.atEnd()) {
    if (xml.readNext() != QXmlStreamReader::StartElement) continue;
    if (xml.name() == QLatin1String("source")) source = xml.readElementText();
    if (xml.name() != QLatin1String("translation")) continue;
    const QString type = xml.attributes().value(QLatin1String("type")).toString();
    if (type == QLatin1String("vanished") || type == QLatin1String("obsolete")) continue;
    const QString text = xml.readElementText(QXmlStreamReader::IncludeChildElements).trimmed();
    ++nTexts;
    QVERIFY2(type.isEmpty() && !text.isEmpty(),
             qPrintable(QStringLiteral("not finished: ") + source));
    auto arguments = argument.globalMatch(source);
    while (arguments.hasNext()) {
      const QString wanted = arguments.next().captured();
      QVERIFY2(text.contains(wanted), qPrintable(source + QStringLiteral(" → ") + text));
    }
  }
  QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
  QVERIFY(nTexts > 100);
}

QTEST_GUILESS_MAIN(TranslationTest)
#include "translation_test.moc"
