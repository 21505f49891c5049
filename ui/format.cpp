// Number-to-text rules; see format.h.
#include "ui/format.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringDecoder>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace ui::format {
namespace {

struct Texts {
  Q_DECLARE_TR_FUNCTIONS(format)
};

constexpr std::array<const char*, 6> kByteUnits = {"B", "kB", "MB", "GB", "TB", "PB"};

std::size_t byteUnit(std::int64_t n) {
  std::size_t unit = 0;
  double v = std::fabs(static_cast<double>(n));
  while (v >= 999.5 && unit + 1 < kByteUnits.size()) {
    v /= 1000.0;
    ++unit;
  }
  return unit;
}

QString inUnit(std::int64_t n, std::size_t unit) {
  const double v = static_cast<double>(n) / std::pow(1000.0, static_cast<double>(unit));
  return QLocale().toString(v, 'f', unit == 0 || std::fabs(v) >= 99.95 ? 0 : 1);
}

QString unitName(std::size_t unit) { return QString::fromLatin1(kByteUnits[unit]); }

// Decoded characters of a token; invalid bytes one by one as \xNN.
QString hexByte(unsigned char byte) {
  return QStringLiteral("\\x%1").arg(static_cast<uint>(byte), 2, 16, QLatin1Char('0'));
}

int utf8Length(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  const int n = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  return n <= static_cast<int>(bytes.size()) ? n : 0;
}

QString visibleCharacter(const QString& character) {
  const char32_t c = character.toUcs4().value(0);
  if (c == U' ') return QStringLiteral("·");
  if (c == U'\n') return QStringLiteral("⏎");
  if (c == U'\t') return QStringLiteral("⇥");
  if (c == 0xb7) return QStringLiteral("\\u00b7");
  if (c < 0x20 || c == 0x7f) return hexByte(static_cast<unsigned char>(c));
  const QChar::Category category = QChar::category(c);
  const bool hidden = category == QChar::Other_Control || category == QChar::Other_Format ||
                      category == QChar::Separator_Line || category == QChar::Separator_Paragraph;
  if (hidden) return QStringLiteral("\\u%1").arg(static_cast<uint>(c), 4, 16, QLatin1Char('0'));
  return character;
}

}  // namespace

QString count(std::int64_t n) { return QLocale().toString(static_cast<qlonglong>(n)); }

QString largeCount(std::int64_t n) {
  const double v = static_cast<double>(n);
  const auto scaled = [](double x) { return QLocale().toString(x, 'f', x >= 99.95 ? 0 : 1); };
  if (QLocale().language() == QLocale::Chinese && v >= 1e8) {
    return Texts::tr("%1 hundred million").arg(scaled(v / 1e8));  // Chinese counts in 10⁸
  }
  if (QLocale().language() == QLocale::Chinese && v >= 999.5e3) {
    return Texts::tr("%1 ten thousand").arg(scaled(v / 1e4));  // and in 10⁴
  }
  if (v >= 999.5e6) return Texts::tr("%1 billion").arg(scaled(v / 1e9));
  if (v >= 999.5e3) return Texts::tr("%1 million").arg(scaled(v / 1e6));
  return count(n);
}

QString bytes(std::int64_t n) {
  const std::size_t unit = byteUnit(n);
  return inUnit(n, unit) + QChar(0xa0) + unitName(unit);
}

QString exactBytes(std::int64_t n) { return Texts::tr("%1 bytes").arg(count(n)); }

QString bytesOf(std::int64_t done, std::int64_t total) {
  const std::size_t unit = byteUnit(total);
  return Texts::tr("%1 of %2 %3").arg(inUnit(done, unit), inUnit(total, unit), unitName(unit));
}

QString tokensPerSecond(double rate) {
  if (!(rate > 0) || !std::isfinite(rate)) return QStringLiteral("–");
  return Texts::tr("%1 tok/s").arg(QLocale().toString(rate, 'f', rate >= 99.95 ? 0 : 1));
}

QString seconds(double s) {
  if (!std::isfinite(s) || s < 0) return QStringLiteral("–");
  if (s < 0.0995) return milliseconds(s * 1000.0);
  if (s < 59.95) return Texts::tr("%1 s").arg(QLocale().toString(s, 'f', 1));
  const auto whole = static_cast<qlonglong>(std::lround(s));
  return Texts::tr("%1 min %2 s").arg(count(whole / 60)).arg(count(whole % 60));
}

QString milliseconds(double ms) {
  if (!std::isfinite(ms) || ms < 0) return QStringLiteral("–");
  return Texts::tr("%1 ms").arg(QLocale().toString(ms, 'f', ms < 9.95 ? 1 : 0));
}

QString percent(double fraction) {
  return Texts::tr("%1 %").arg(QLocale().toString(fraction * 100.0, 'f', 1));
}

QString value(double v) {
  if (std::isnan(v)) return QStringLiteral("NaN");
  if (std::isinf(v)) return v > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  const double magnitude = std::fabs(v);
  if (v != 0 && (magnitude < 1e-4 || magnitude >= 1e7)) return locale.toString(v, 'e', 3).toLower();
  const int before = magnitude < 1 ? 1 : static_cast<int>(std::floor(std::log10(magnitude))) + 1;
  return locale.toString(v, 'f', magnitude < 1 ? 4 : std::max(0, 4 - before));
}

QString exact(float v) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), v);
  if (error != std::errc()) return value(static_cast<double>(v));
  return QString::fromLatin1(buffer.data(), end - buffer.data());
}

QString signedValue(double v) {
  const QString magnitude = value(std::fabs(v));
  if (std::isnan(v)) return magnitude;
  return (v < 0 ? QStringLiteral("−") : QStringLiteral("+")) + magnitude;
}

QString tokenText(std::string_view bytes) {
  QString text;
  while (!bytes.empty()) {
    const int n = utf8Length(bytes);
    QStringDecoder decode(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString character = n > 0 ? QString(decode(QByteArrayView(bytes.data(), n))) : QString();
    if (n == 0 || decode.hasError() || character.contains(QChar::ReplacementCharacter)) {
      const bool genuine = n == 3 && bytes.substr(0, 3) == "\xef\xbf\xbd";
      text += genuine ? QString(QChar::ReplacementCharacter)
                      : hexByte(static_cast<unsigned char>(bytes.front()));
      bytes.remove_prefix(genuine ? 3 : 1);
      continue;
    }
    text += visibleCharacter(character);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return text;
}

QString tokenLabel(std::string_view bytes, int maxCharacters) {
  const QString text = tokenText(bytes);
  return text.size() <= maxCharacters ? text : text.left(maxCharacters - 1) + QChar(0x2026);
}

QString toolTip(const QString& text) {
  QString escaped = text.toHtmlEscaped();
  escaped.replace(u'\n', QLatin1String("<br>"));
  return QStringLiteral("<qt>%1</qt>").arg(escaped);
}

QString oneLine(const QString& text, int maxCharacters) {
  QString line = text.left(maxCharacters + 1).simplified();
  for (QChar& c : line) {
    const bool hidden = c.category() == QChar::Other_Control || c.category() == QChar::Other_Format;
    if (hidden) c = QChar(0xfffd);
  }
  return line.size() <= maxCharacters ? line : line.left(maxCharacters - 1) + QChar(0x2026);
}

}  // namespace ui::format
