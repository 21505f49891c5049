// Inline text: emphasis, code, links, entities; every run remembers its source.
#include <algorithm>

#include "ui/chat/markdown_visitor.h"

namespace ui {

QFont MarkdownVisitor::headingFont() const {
  QFont font = style_.content;
  const double larger = heading_ == 1 ? 6 : heading_ == 2 ? 4 : heading_ == 3 ? 2 : 0;
  font.setPointSizeF(font.pointSizeF() + larger);
  font.setWeight(QFont::DemiBold);
  return font;
}

QTextCharFormat MarkdownVisitor::charFormat() const {
  QTextCharFormat format;
  QFont font = heading_ > 0 ? headingFont() : style_.content;
  if (inCode_ || codeSpan_ > 0) {
    const double points = font.pointSizeF();
    font = style_.mono;
    if (heading_ > 0) font.setPointSizeF(points);
  }
  if (emphasis_ > 0) font.setItalic(true);
  if (strong_ > 0 || headerCell_) font.setWeight(QFont::DemiBold);
  if (strike_ > 0) font.setStrikeOut(true);
  format.setFont(font);
  format.setForeground(link_ > 0 ? style_.link : style_.text);
  if (link_ > 0) {
    format.setAnchor(true);
    format.setAnchorHref(linkTarget_);
    format.setFontUnderline(true);
  }
  return format;
}

void MarkdownVisitor::insert(const QString& shown, qsizetype sourceBegin, qsizetype sourceLength) {
  ensureBlock();
  const int begin = cursor_.position();
  cursor_.insertText(shown, charFormat());
  if (sourceBegin < 0) return;
  built_.map.add({begin, static_cast<int>(shown.size()), base_ + sourceBegin, sourceLength});
  lastSource_ = sourceBegin + sourceLength;
}

int MarkdownVisitor::text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size) {
  const char* begin = utf8_.bytes.constData();
  const bool fromSource = text >= begin && text + size <= begin + utf8_.bytes.size();
  const auto unit = [&](const char* p) {
    return utf8_.unitOf[static_cast<std::size_t>(p - begin)];
  };
  const qsizetype source = fromSource ? unit(text) : lastSource_;
  const qsizetype length = fromSource ? unit(text + size) - source : 1;
  switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
      insert(QString(QChar(QChar::LineSeparator)), lastSource_, 1);
      return 0;
    case MD_TEXT_NULLCHAR:
      insert(QString(QChar(QChar::ReplacementCharacter)), lastSource_, 1);
      return 0;
    case MD_TEXT_ENTITY:
      insert(entityText(QString::fromUtf8(text, static_cast<qsizetype>(size))), source, length);
      return 0;
    default:
      break;
  }
  if (inCode_ && size == 1 && *text == '\n') {
    if (codeNewline_) insert(QString(QChar(QChar::LineSeparator)), lastSource_, 1);
    codeNewline_ = true;
    return 0;
  }
  if (inCode_ && codeNewline_) {
    insert(QString(QChar(QChar::LineSeparator)), lastSource_, 1);
    codeNewline_ = false;
  }
  const QString raw = QString::fromUtf8(text, static_cast<qsizetype>(size));
  insert(visibleText(raw, inCode_ || codeSpan_ > 0), fromSource ? source : -1, length);
  return 0;
}

int MarkdownVisitor::enterSpan(MD_SPANTYPE type, void* detail) {
  switch (type) {
    case MD_SPAN_EM:
      ++emphasis_;
      break;
    case MD_SPAN_STRONG:
      ++strong_;
      break;
    case MD_SPAN_DEL:
      ++strike_;
      break;
    case MD_SPAN_CODE:
      ensureBlock();
      codeSpanBegin_ = cursor_.position();
      ++codeSpan_;
      break;
    case MD_SPAN_A: {
      const MD_ATTRIBUTE& href = static_cast<MD_SPAN_A_DETAIL*>(detail)->href;
      linkTarget_ =
          QString::fromUtf8(href.text, static_cast<qsizetype>(std::min(href.size, 2048U)));
      ++link_;
      break;
    }
    case MD_SPAN_IMG: {
      const MD_ATTRIBUTE& src = static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src;
      linkTarget_ = QString::fromUtf8(src.text, static_cast<qsizetype>(std::min(src.size, 200U)));
      insert(QStringLiteral("["), -1, 0);
      break;
    }
    default:
      break;
  }
  return 0;
}

int MarkdownVisitor::leaveSpan(MD_SPANTYPE type, void*) {
  switch (type) {
    case MD_SPAN_EM:
      --emphasis_;
      break;
    case MD_SPAN_STRONG:
      --strong_;
      break;
    case MD_SPAN_DEL:
      --strike_;
      break;
    case MD_SPAN_CODE:
      --codeSpan_;
      if (cursor_.position() > codeSpanBegin_) {
        built_.codeSpans.push_back({codeSpanBegin_, cursor_.position()});
      }
      break;
    case MD_SPAN_A:
      --link_;
      break;
    case MD_SPAN_IMG:
      insert(QStringLiteral("](%1)").arg(linkTarget_), -1, 0);
      break;
    default:
      break;
  }
  return 0;
}

}  // namespace ui
