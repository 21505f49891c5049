// Theme: the colour table, fonts and what is told to QApplication.
#include "ui/theme/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontInfo>
#include <QPalette>
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/theme/field_style.h"
#include "ui/theme/icon_engine.h"
#include "ui/theme/style_sheet.h"
#include "ui/theme/system_scheme.h"

namespace ui {
namespace {

struct Pair {
  QRgb light;
  QRgb dark;
};

// In the order of ColourRole.
constexpr std::array<Pair, kColourRoleCount> kColours = {{
    {0xffeef1f3, 0xff14181c},  // Window
    {0xffffffff, 0xff1a1f24},  // Panel
    {0xfff5f7f8, 0xff232a31},  // Raised
    {0xffffffff, 0xff11151a},  // Field
    {0xff1a2026, 0xffe4e9ed},  // Text
    {0xff56616c, 0xffa6b2bc},  // TextMuted
    {0xffd9dfe4, 0xff2f3841},  // Line
    {0xff7f8b96, 0xff6c7a87},  // LineStrong
    {0xff0a6a7c, 0xff52bccd},  // Accent
    {0xffffffff, 0xff0a1418},  // AccentText
    {0xffcfe7eb, 0xff1a3e47},  // Selection
    {0xff10262b, 0xffeaf6f8},  // SelectionText
    {0xffe6ecef, 0xff29323a},  // Hover
    {0xff7a4f00, 0xffe2b34a},  // Warning
    {0xffb0241b, 0xffff8f85},  // Error
    {0xff1c6b34, 0xff6fca8a},  // Success
    {0xffe3e8ec, 0xff2a323a},  // DataLow
    {0xff2f6f9f, 0xff6fb3df},  // DataHigh
}};

double luminance(const QColor& colour) {
  const auto linear = [](double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
         0.0722 * linear(colour.blueF());
}

// The system's font; where the system names none, a screen font that is there.
QFont contentFont() {
  QFont font = QApplication::font();
  const QString family = font.family();
  const bool unnamed = family.isEmpty() ||
                       family.compare(QLatin1String("Sans Serif"), Qt::CaseInsensitive) == 0 ||
                       family.compare(QLatin1String("Sans"), Qt::CaseInsensitive) == 0;
  QStringList families{QFontInfo(font).family()};
  if (unnamed && QFontDatabase::hasFamily(QStringLiteral("Inter"))) {
    families = {QStringLiteral("Inter")};
  }
  if (unnamed) font.setPointSizeF(std::max(10.0, font.pointSizeF()));
  families << QStringLiteral("Noto Sans CJK SC");
  font.setFamilies(families);
  return font;
}

QFont fixedFont(double pointSize) {
  QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  // The real family: a list of families does not understand "monospace". In a Chinese locale that
  // is a Chinese font, whose middle dot is as wide as a character; tokens need a narrow one first.
  QStringList families{QFontInfo(font).family(), QStringLiteral("Noto Sans Mono CJK SC")};
  if (families.first().contains(QLatin1String("CJK"))) {
    for (const auto* name : {"DejaVu Sans Mono", "Noto Sans Mono"}) {
      const QString latin = QString::fromLatin1(name);
      if (QFontDatabase::hasFamily(latin)) families.prepend(latin);
    }
  }
  font.setFamilies(families);
  font.setStyleHint(QFont::Monospace);
  font.setFixedPitch(true);
  font.setPointSizeF(pointSize);
  return font;
}

QPalette rolePalette(bool dark) {
  const auto colour = [dark](ColourRole role) { return roleColour(role, dark); };
  QPalette palette;
  palette.setColor(QPalette::Window, colour(ColourRole::Window));
  palette.setColor(QPalette::WindowText, colour(ColourRole::Text));
  palette.setColor(QPalette::Base, colour(ColourRole::Field));
  palette.setColor(QPalette::AlternateBase, colour(ColourRole::Raised));
  palette.setColor(QPalette::Text, colour(ColourRole::Text));
  palette.setColor(QPalette::PlaceholderText, colour(ColourRole::TextMuted));
  palette.setColor(QPalette::Button, colour(ColourRole::Raised));
  palette.setColor(QPalette::ButtonText, colour(ColourRole::Text));
  palette.setColor(QPalette::BrightText, colour(ColourRole::Error));
  palette.setColor(QPalette::Highlight, colour(ColourRole::Selection));
  palette.setColor(QPalette::HighlightedText, colour(ColourRole::SelectionText));
  palette.setColor(QPalette::Link, colour(ColourRole::Accent));
  palette.setColor(QPalette::LinkVisited, colour(ColourRole::Accent));
  palette.setColor(QPalette::ToolTipBase, colour(ColourRole::Raised));
  palette.setColor(QPalette::ToolTipText, colour(ColourRole::Text));
  palette.setColor(QPalette::Light, colour(ColourRole::Panel));
  palette.setColor(QPalette::Midlight, colour(ColourRole::Raised));
  palette.setColor(QPalette::Mid, colour(ColourRole::Line));
  palette.setColor(QPalette::Dark, colour(ColourRole::LineStrong));
  palette.setColor(QPalette::Shadow, colour(ColourRole::LineStrong));
  for (const QPalette::ColorRole role :
       {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText}) {
    palette.setColor(QPalette::Disabled, role, colour(ColourRole::TextMuted));
  }
  return palette;
}

}  // namespace

QColor roleColour(ColourRole role, bool dark) {
  const Pair& pair = kColours[static_cast<std::size_t>(role)];
  return QColor::fromRgb(dark ? pair.dark : pair.light);
}

double contrastRatio(const QColor& a, const QColor& b) {
  const double la = luminance(a);
  const double lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor inkOn(const QColor& ground) {
  const QColor black(0, 0, 0);
  const QColor white(255, 255, 255);
  return contrastRatio(black, ground) >= contrastRatio(white, ground) ? black : white;
}

Theme::Theme(QObject* parent)
    : QObject(parent),
      systemDark_(SystemScheme::paletteIsDark()),
      systemFont_(contentFont()),
      monoFont_(fixedFont(systemFont_.pointSizeF())) {
  auto* scheme = new SystemScheme(this);
  connect(scheme, &SystemScheme::schemeRead, this, &Theme::onSystemScheme);
}

void Theme::setMode(ThemeMode mode) {
  if (mode_ == mode) return;
  mode_ = mode;
  Q_EMIT changed();
}

bool Theme::isDark() const {
  return mode_ == ThemeMode::System ? systemDark_ : mode_ == ThemeMode::Dark;
}

void Theme::setFontScale(double scale) {
  const double clamped = std::clamp(scale, 0.75, 2.0);
  if (fontScale_ == clamped) return;
  fontScale_ = clamped;
  Q_EMIT changed();
}

QFont Theme::font(FontRole role) const {
  const bool mono = role == FontRole::Mono || role == FontRole::MonoSmall;
  QFont font = mono ? monoFont_ : systemFont_;
  double points = systemFont_.pointSizeF();
  if (role == FontRole::Small || role == FontRole::MonoSmall) points -= 1;
  if (role == FontRole::Heading) points += 2;
  if (role == FontRole::Title) points += 6;
  if (role == FontRole::Strong || role == FontRole::Heading || role == FontRole::Title) {
    font.setWeight(QFont::DemiBold);
  }
  font.setPointSizeF(points * fontScale_);
  return font;
}

int Theme::unit() const { return std::max(3, static_cast<int>(std::lround(4.0 * fontScale_))); }

QIcon Theme::icon(const QString& name, ColourRole role) const {
  return QIcon(new IconEngine(name, colour(role), colour(ColourRole::LineStrong)));
}

void Theme::apply(QApplication& application) {
  if (!fieldStyleSet_) {
    QApplication::setStyle(new FieldStyle);  // the application's own from now on
    fieldStyleSet_ = true;
  }
  QApplication::setPalette(rolePalette(isDark()));
  QApplication::setFont(font(FontRole::Content));
  application.setStyleSheet(styleSheet(*this));
}

void Theme::onSystemScheme(bool dark) {
  if (systemDark_ == dark) return;
  systemDark_ = dark;
  if (mode_ == ThemeMode::System) Q_EMIT changed();
}

}  // namespace ui
