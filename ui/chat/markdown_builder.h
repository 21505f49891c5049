// Builds a QTextDocument from Markdown (md4c) and remembers where every character came from.
// Nothing is loaded from anywhere: images and HTML stay text, links only look like links.
#pragma once

#include <QString>
#include <QStringView>
#include <vector>

#include "ui/chat/source_map.h"
#include "ui/chat/text_style.h"

class QTextDocument;

namespace ui {

/// What is painted beside a block instead of being text in it.
struct BlockMark {
  int position = 0;  // of the block in the document
  QString marker;    // "•", "3."; right-aligned in the margin
  int quoteDepth = 0;
  bool isRule = false;  // thematic break
  bool isCode = false;  // code inside a list or quote: gets a ground
  bool isHeading = false;
};

struct BuiltText {
  SourceMap map;
  std::vector<BlockMark> marks;
  std::vector<DocumentRange> codeSpans;  // inline code
};

/// `base`: offset of `source` in the message's text. The document is cleared first.
BuiltText buildMarkdown(QStringView source, qsizetype base, const TextStyle& style,
                        QTextDocument& document);
/// Monospace, line for line; `indent` spaces are taken off the front of each line. Characters that
/// hide or reorder text are replaced by visible ones of the same length.
BuiltText buildCode(QStringView source, qsizetype base, int indent, const TextStyle& style,
                    QTextDocument& document);
/// The text as it is.
BuiltText buildPlain(QStringView source, qsizetype base, const TextStyle& style,
                     QTextDocument& document);

/// The character of an HTML entity ("&amp;", "&#20013;"); unknown ones come back as they are.
QString entityText(const QString& entity);

/// Same length; control characters and direction overrides become visible. `inCode` also zero-width
/// characters.
QString visibleText(QStringView text, bool inCode);

}  // namespace ui
