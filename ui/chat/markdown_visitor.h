// MarkdownVisitor: md4c's callbacks → text blocks of one document. Used by buildMarkdown only.
#pragma once

#include <md4c.h>

#include <QByteArray>
#include <QString>
#include <QStringView>
#include <QTextCharFormat>
#include <QTextCursor>
#include <vector>

#include "ui/chat/markdown_builder.h"

class QTextTable;

namespace ui {

// UTF-8 bytes of the source with the UTF-16 offset of each.
struct Utf8Source {
  QByteArray bytes;
  std::vector<qsizetype> unitOf;  // size bytes + 1

  explicit Utf8Source(QStringView text);
};

struct ListLevel {
  bool ordered = false;
  unsigned next = 1;
  QChar delimiter = u'.';
  bool tight = true;
};

class MarkdownVisitor {
 public:
  MarkdownVisitor(QStringView source, qsizetype base, const TextStyle& style,
                  QTextDocument& document)
      : utf8_(source), base_(base), style_(style), document_(document), cursor_(&document) {}

  BuiltText run();

 private:
  int enterBlock(MD_BLOCKTYPE type, void* detail);
  int leaveBlock(MD_BLOCKTYPE type, void* detail);
  int enterSpan(MD_SPANTYPE type, void* detail);
  int leaveSpan(MD_SPANTYPE type, void* detail);
  int text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size);

  void startItem(const MD_BLOCK_LI_DETAIL& item);
  void startTable(const MD_BLOCK_TABLE_DETAIL& detail);
  void startCell();
  void ensureBlock();
  void insert(const QString& shown, qsizetype sourceBegin, qsizetype sourceLength);
  QTextCharFormat charFormat() const;
  QFont headingFont() const;

  Utf8Source utf8_;
  qsizetype base_;
  const TextStyle& style_;
  QTextDocument& document_;
  QTextCursor cursor_;
  BuiltText built_;

  bool needsBlock_ = true;
  bool isFirstBlock_ = true;
  bool hasEmptyBlock_ = true;  // the document's end is a block nothing was written to
  bool inCode_ = false;
  bool codeNewline_ = false;  // a newline is only written when more code follows
  int heading_ = 0;
  int quoteDepth_ = 0;
  std::vector<ListLevel> lists_;
  QString pendingMarker_;
  qsizetype lastSource_ = 0;  // where the last text from the source ended

  QTextTable* table_ = nullptr;
  bool flatTable_ = false;  // too large for a grid: a line of text per row
  int row_ = -1;
  int column_ = 0;
  bool headerCell_ = false;

  int emphasis_ = 0;
  int strong_ = 0;
  int strike_ = 0;
  int codeSpan_ = 0;
  int codeSpanBegin_ = 0;
  int link_ = 0;
  QString linkTarget_;
};

}  // namespace ui
