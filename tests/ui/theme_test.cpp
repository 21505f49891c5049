// Theme: text and mark contrast of every role pair, monotone colour maps, icons that really draw.
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QPixmap>
#include <QSpinBox>

#include "tests/support/patience.h"
#include "ui/theme/colour_map.h"

using ui::ColourRole;

class ThemeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void textContrast_data();
  void textContrast();
  void marksKeepThreeToOne();
  void inkIsReadableOnEveryDataColour();
  void magnitudeMapsGrowLighter();
  void divergingIsNeutralInTheMiddle();
  void iconsDrawInTheirRole();
  void fontScaleScalesUnitsAndFonts();
  void boxesHaveAVisibleOutline();
};

void ThemeTest::textContrast_data() {
  QTest::addColumn<bool>("dark");
  QTest::newRow("light") << false;
  QTest::newRow("dark") << true;
}

void ThemeTest::textContrast() {
  QFETCH(bool, dark);
  const auto ratio = [dark](ColourRole text, ColourRole ground) {
    return ui::contrastRatio(ui::roleColour(text, dark), ui::roleColour(ground, dark));
  };
  for (const ColourRole ground : {ColourRole::Window, ColourRole::Panel, ColourRole::Raised,
                                  ColourRole::Field, ColourRole::Hover}) {
    for (const ColourRole text : {ColourRole::Text, ColourRole::TextMuted, ColourRole::Accent,
                                  ColourRole::Warning, ColourRole::Error, ColourRole::Success}) {
      QVERIFY2(ratio(text, ground) >= 4.5, qPrintable(QStringLiteral("role %1 on %2: %3")
                                                          .arg(static_cast<int>(text))
                                                          .arg(static_cast<int>(ground))
                                                          .arg(ratio(text, ground))));
    }
  }
  QVERIFY(ratio(ColourRole::AccentText, ColourRole::Accent) >= 4.5);
  QVERIFY(ratio(ColourRole::SelectionText, ColourRole::Selection) >= 4.5);
  QVERIFY(ratio(ColourRole::TextMuted, ColourRole::Selection) >= 4.5);
}

void ThemeTest::marksKeepThreeToOne() {
  for (const bool dark : {false, true}) {
    for (const ColourRole mark :
         {ColourRole::LineStrong, ColourRole::Accent, ColourRole::DataHigh}) {
      for (const ColourRole ground :
           {ColourRole::Window, ColourRole::Panel, ColourRole::Raised, ColourRole::Field}) {
        const double ratio =
            ui::contrastRatio(ui::roleColour(mark, dark), ui::roleColour(ground, dark));
        QVERIFY2(ratio >= 3.0, qPrintable(QStringLiteral("mark %1 on %2 dark %3: %4")
                                              .arg(static_cast<int>(mark))
                                              .arg(static_cast<int>(ground))
                                              .arg(dark)
                                              .arg(ratio)));
      }
    }
  }
}

void ThemeTest::inkIsReadableOnEveryDataColour() {
  for (const bool dark : {false, true}) {
    for (const ui::DataMap map :
         {ui::DataMap::Cividis, ui::DataMap::Viridis, ui::DataMap::Diverging}) {
      for (const QRgb rgb : ui::colourLut(map, dark)) {
        const QColor ground = QColor::fromRgb(rgb);
        QVERIFY(ui::contrastRatio(ui::inkOn(ground), ground) >= 4.5);
      }
    }
  }
}

void ThemeTest::magnitudeMapsGrowLighter() {
  for (const ui::DataMap map : {ui::DataMap::Cividis, ui::DataMap::Viridis}) {
    const ui::ColourLut& lut = ui::colourLut(map, false);
    for (std::size_t i = 8; i < lut.size(); i += 8) {
      const QColor black(0, 0, 0);
      QVERIFY(ui::contrastRatio(QColor::fromRgb(lut[i]), black) >
              ui::contrastRatio(QColor::fromRgb(lut[i - 8]), black));
    }
  }
  QCOMPARE(ui::dataColour(ui::DataMap::Cividis, -1.0, false),
           ui::dataColour(ui::DataMap::Cividis, 0.0, false));
  QCOMPARE(ui::dataColour(ui::DataMap::Cividis, std::nan(""), false),
           ui::dataColour(ui::DataMap::Cividis, 0.0, false));
}

void ThemeTest::divergingIsNeutralInTheMiddle() {
  for (const bool dark : {false, true}) {
    const QColor zero = ui::dataColour(ui::DataMap::Diverging, 0.5, dark);
    QVERIFY(zero.hslSaturationF() < 0.2F);
    QVERIFY(ui::dataColour(ui::DataMap::Diverging, 0.0, dark).blue() >
            ui::dataColour(ui::DataMap::Diverging, 0.0, dark).red());
    QVERIFY(ui::dataColour(ui::DataMap::Diverging, 1.0, dark).red() >
            ui::dataColour(ui::DataMap::Diverging, 1.0, dark).blue());
  }
}

void ThemeTest::iconsDrawInTheirRole() {
  const ui::Theme theme;
  const QImage image =
      theme.icon(QStringLiteral("stop"), ColourRole::Error).pixmap(QSize(24, 24)).toImage();
  const QColor centre = image.pixelColor(image.width() / 2, image.height() / 2);
  QCOMPARE(centre, theme.colour(ColourRole::Error));
  QCOMPARE(image.pixelColor(0, 0).alpha(), 0);
}

void ThemeTest::fontScaleScalesUnitsAndFonts() {
  ui::Theme theme;
  QSignalSpy changed(&theme, &ui::Theme::changed);
  const double before = theme.font(ui::FontRole::Content).pointSizeF();
  theme.setFontScale(1.5);
  QCOMPARE(changed.count(), 1);
  QCOMPARE(theme.unit(), 6);
  QCOMPARE(theme.font(ui::FontRole::Content).pointSizeF(), before * 1.5);
  theme.setFontScale(9);
  QCOMPARE(theme.fontScale(), 2.0);
}

void ThemeTest::boxesHaveAVisibleOutline() {
  ui::Theme theme;
  for (const ui::ThemeMode mode : {ui::ThemeMode::Light, ui::ThemeMode::Dark}) {
    theme.setMode(mode);
    theme.apply(*qApp);
    QComboBox combo;
    QSpinBox spin;
    for (QWidget* box : {static_cast<QWidget*>(&combo), static_cast<QWidget*>(&spin)}) {
      box->resize(120, 30);
      box->show();
      const QImage image = box->grab().toImage();
      const QColor ground = theme.colour(ColourRole::Window);
      for (const int x : {0, image.width() - 1}) {
        QVERIFY(ui::contrastRatio(image.pixelColor(x, image.height() / 2), ground) >= 3.0);
      }
    }
  }
}

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
