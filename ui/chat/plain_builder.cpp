// Text and code as they are, one character of the document per character of the source.
#include <QTextCursor>
#include <QTextDocument>
#include <array>
#include <utility>

#include "ui/chat/markdown_builder.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

bool isDirectionControl(QChar c) {
  return (c >= QChar(0x202a) && c <= QChar(0x202e)) || (c >= QChar(0x2066) && c <= QChar(0x2069));
}

bool isZeroWidth(QChar c) {
  return (c >= QChar(0x200b) && c <= QChar(0x200f)) || c == QChar(0x2060) || c == QChar(0xfeff);
}

QChar visibleCharacter(QChar c, bool inCode) {
  if (c == u'\n') return QChar(QChar::LineSeparator);
  if (c == u'\t') return c;
  if (c.unicode() < 0x20) return QChar(0x2400 + c.unicode());  // control pictures
  if (c.unicode() == 0x7f) return QChar(0x2421);
  if (c == QChar(QChar::ParagraphSeparator) || (c == QChar(QChar::LineSeparator) && inCode)) {
    return QChar(QChar::ReplacementCharacter);
  }
  const bool hides = isDirectionControl(c) || (inCode && isZeroWidth(c)) ||
                     (c.unicode() >= 0x80 && c.unicode() < 0xa0) || c == QChar(0xfdd0) ||
                     c == QChar(QChar::ObjectReplacementCharacter);
  return hides ? QChar(QChar::ReplacementCharacter) : c;
}

void startDocument(QTextDocument& document, QTextCursor& cursor, const TextStyle& style) {
  document.clear();
  cursor = QTextCursor(&document);
  QTextBlockFormat format;
  format.setLineHeight(style.unit * 0.75, QTextBlockFormat::LineDistanceHeight);
  cursor.setBlockFormat(format);
}

}  // namespace

QString visibleText(QStringView text, bool inCode) {
  QString shown = text.toString();
  for (QChar& c : shown) c = visibleCharacter(c, inCode);
  return shown;
}

QString entityText(const QString& entity) {
  static constexpr std::array<std::pair<const char*, char32_t>, 18> kNamed = {{
      {"&amp;", U'&'},
      {"&lt;", U'<'},
      {"&gt;", U'>'},
      {"&quot;", U'"'},
      {"&apos;", U'\''},
      {"&nbsp;", 0xa0},
      {"&copy;", 0xa9},
      {"&ndash;", 0x2013},
      {"&mdash;", 0x2014},
      {"&hellip;", 0x2026},
      {"&times;", 0xd7},
      {"&deg;", 0xb0},
      {"&laquo;", 0xab},
      {"&raquo;", 0xbb},
      {"&euro;", 0x20ac},
      {"&middot;", 0xb7},
      {"&rarr;", 0x2192},
      {"&larr;", 0x2190},
  }};
  for (const auto& [name, character] : kNamed) {
    if (entity == QLatin1String(name)) return QString::fromUcs4(&character, 1);
  }
  if (!entity.startsWith(QLatin1String("&#")) || !entity.endsWith(u';')) return entity;
  const bool hex = entity.size() > 3 && entity[2].toLower() == u'x';
  const QString digits = entity.mid(hex ? 3 : 2).chopped(1);
  bool ok = false;
  const char32_t character = digits.toUInt(&ok, hex ? 16 : 10);
  const bool valid =
      ok && character > 0 && character < 0x110000 && (character < 0xd800 || character > 0xdfff);
  return valid ? visibleText(QString::fromUcs4(&character, 1), false) : entity;
}

BuiltText buildCode(QStringView source, qsizetype base, int indent, const TextStyle& style,
                    QTextDocument& document) {
  BuiltText built;
  QTextCursor cursor;
  startDocument(document, cursor, style);
  QTextCharFormat format;
  format.setFont(style.mono);
  format.setForeground(style.text);
  QString shown;
  qsizetype at = 0;
  if (source.endsWith(u'\n')) source.chop(1);
  while (at < source.size()) {
    qsizetype spaces = 0;
    while (spaces < indent && at + spaces < source.size() && source[at + spaces] == u' ') ++spaces;
    const qsizetype newline = source.indexOf(u'\n', at);
    const qsizetype next = newline < 0 ? source.size() : newline + 1;
    built.map.add({static_cast<int>(shown.size()), static_cast<int>(next - at - spaces),
                   base + at + spaces, next - at - spaces});
    shown += visibleText(source.sliced(at + spaces, next - at - spaces), true);
    at = next;
  }
  cursor.insertText(shown, format);
  return built;
}

BuiltText buildPlain(QStringView source, qsizetype base, const TextStyle& style,
                     QTextDocument& document) {
  BuiltText built;
  QTextCursor cursor;
  startDocument(document, cursor, style);
  QTextCharFormat format;
  format.setFont(style.content);
  format.setForeground(style.text);
  cursor.insertText(visibleText(source, false), format);
  built.map.add({0, static_cast<int>(source.size()), base, source.size()});
  return built;
}

TextStyle textStyle(const Theme& theme) {
  TextStyle style;
  style.content = theme.font(FontRole::Content);
  style.mono = theme.font(FontRole::Mono);
  style.text = theme.colour(ColourRole::Text);
  style.muted = theme.colour(ColourRole::TextMuted);
  style.link = theme.colour(ColourRole::Accent);
  style.line = theme.colour(ColourRole::Line);
  style.raised = theme.colour(ColourRole::Raised);
  style.unit = theme.unit();
  return style;
}

}  // namespace ui
