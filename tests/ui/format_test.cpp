// ui/format: every number-to-text rule, and tokens made visible without losing a byte.
#include "ui/format.h"

#include <QLocale>
#include <limits>
#include <string>

#include "tests/support/patience.h"

class FormatTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
  void numbers();
  void sizes();
  void times();
  void exactValuesReadBack();
  void tokens();
  void localeSeparators();
};

void FormatTest::numbers() {
  QCOMPARE(ui::format::count(1204), QStringLiteral("1,204"));
  QCOMPARE(ui::format::largeCount(671'026'419'200), QStringLiteral("671 billion"));
  QCOMPARE(ui::format::largeCount(15'706'484'224), QStringLiteral("15.7 billion"));
  QCOMPARE(ui::format::largeCount(2'812'345), QStringLiteral("2.8 million"));
  QCOMPARE(ui::format::largeCount(999'499), QStringLiteral("999,499"));
  QCOMPARE(ui::format::tokensPerSecond(183.4), QStringLiteral("183 tok/s"));
  QCOMPARE(ui::format::tokensPerSecond(11.81), QStringLiteral("11.8 tok/s"));
  QCOMPARE(ui::format::tokensPerSecond(0), QStringLiteral("–"));
  QCOMPARE(ui::format::percent(0.6123), QStringLiteral("61.2 %"));
  QCOMPARE(ui::format::value(0.61234), QStringLiteral("0.6123"));
  QCOMPARE(ui::format::value(12.3456), QStringLiteral("12.35"));
  QCOMPARE(ui::format::value(0.00001234), QStringLiteral("1.234e-05"));
  QCOMPARE(ui::format::value(0.0), QStringLiteral("0.0000"));
  QCOMPARE(ui::format::value(std::numeric_limits<double>::quiet_NaN()), QStringLiteral("NaN"));
  QCOMPARE(ui::format::signedValue(-0.03121), QStringLiteral("−0.0312"));
  QCOMPARE(ui::format::signedValue(0.5), QStringLiteral("+0.5000"));
}

void FormatTest::sizes() {
  QCOMPARE(ui::format::bytes(812), QStringLiteral("812\u00a0B"));
  QCOMPARE(ui::format::bytes(10'412'345'678), QStringLiteral("10.4\u00a0GB"));
  QCOMPARE(ui::format::bytes(999'999), QStringLiteral("1.0\u00a0MB"));
  QCOMPARE(ui::format::bytesOf(3'100'000'000, 10'400'000'000), QStringLiteral("3.1 of 10.4 GB"));
}

void FormatTest::times() {
  QCOMPARE(ui::format::seconds(3.24), QStringLiteral("3.2 s"));
  QCOMPARE(ui::format::seconds(0.0123), QStringLiteral("12 ms"));
  QCOMPARE(ui::format::seconds(72), QStringLiteral("1 min 12 s"));
  QCOMPARE(ui::format::seconds(-1), QStringLiteral("–"));
}

void FormatTest::exactValuesReadBack() {
  for (const float v : {0.1F, 1.0F / 3.0F, 1e-30F, 123456.789F, -0.0F}) {
    bool ok = false;
    const float back = ui::format::exact(v).toFloat(&ok);
    QVERIFY(ok);
    QCOMPARE(back, v);
  }
}

void FormatTest::tokens() {
  QCOMPARE(ui::format::tokenText(" whale"), QStringLiteral("·whale"));
  QCOMPARE(ui::format::tokenText("\n\n\t"), QStringLiteral("⏎⏎⇥"));
  QCOMPARE(ui::format::tokenText("鲸"), QStringLiteral("鲸"));
  QCOMPARE(ui::format::tokenText("🐋"), QStringLiteral("🐋"));
  QCOMPARE(ui::format::tokenText("\xe9\xb2"), QStringLiteral("\\xe9\\xb2"));
  QCOMPARE(ui::format::tokenText("a\xff"), QStringLiteral("a\\xff"));
  QCOMPARE(ui::format::tokenText("\xc2\xb7"), QStringLiteral("\\u00b7"));
  QCOMPARE(ui::format::tokenText("\xe2\x80\xae"), QStringLiteral("\\u202e"));
  QCOMPARE(ui::format::tokenText("\xef\xbf\xbd"), QStringLiteral("\ufffd"));
  QCOMPARE(ui::format::tokenText(std::string_view("\0", 1)), QStringLiteral("\\x00"));
  QCOMPARE(ui::format::toolTip(QStringLiteral("a<b>&\nc")),
           QStringLiteral("<qt>a&lt;b&gt;&amp;<br>c</qt>"));
  QCOMPARE(ui::format::tokenLabel("abcdefgh", 5), QStringLiteral("abcd…"));
}

void FormatTest::localeSeparators() {
  QLocale::setDefault(QLocale(QLocale::German));
  QCOMPARE(ui::format::count(1204), QStringLiteral("1.204"));
  QCOMPARE(ui::format::value(0.5), QStringLiteral("0,5000"));
  QLocale::setDefault(QLocale(QLocale::Chinese));
  QCOMPARE(ui::format::largeCount(671'026'419'200), QStringLiteral("6,710 hundred million"));
  QCOMPARE(ui::format::largeCount(8'133'056), QStringLiteral("813 ten thousand"));
  QCOMPARE(ui::format::largeCount(848'736), QStringLiteral("848,736"));
  QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
}

QTEST_GUILESS_MAIN(FormatTest)
#include "format_test.moc"
