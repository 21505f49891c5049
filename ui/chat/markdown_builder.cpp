// Blocks: paragraphs, lists, quotes, tables. Depth and table size are bounded; what is beyond is
// shown as text.
#include "ui/chat/markdown_builder.h"

#include <QTextBlock>
#include <QTextDocument>
#include <QTextTable>
#include <algorithm>
#include <utility>

#include "ui/chat/markdown_visitor.h"

namespace ui {
namespace {

constexpr int kMaxIndent = 8;
constexpr unsigned kMaxColumns = 24;
constexpr unsigned kMaxRows = 400;

}  // namespace

Utf8Source::Utf8Source(QStringView text) : bytes(text.toUtf8()) {
  unitOf.resize(static_cast<std::size_t>(bytes.size()) + 1);
  qsizetype unit = 0;
  for (qsizetype i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    unitOf[static_cast<std::size_t>(i)] = unit;
    const bool last =
        i + 1 == bytes.size() || (static_cast<unsigned char>(bytes[i + 1]) & 0xc0) != 0x80;
    if (!last) continue;
    // A four-byte character takes two units.
    const bool four = i >= 3 && (static_cast<unsigned char>(bytes[i - 3]) & 0xf8) == 0xf0 &&
                      (byte & 0xc0) == 0x80;
    unit += four ? 2 : 1;
  }
  unitOf.back() = unit;
}

BuiltText MarkdownVisitor::run() {
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOHTML | MD_FLAG_TASKLISTS |
                 MD_FLAG_PERMISSIVEURLAUTOLINKS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
    return static_cast<MarkdownVisitor*>(self)->enterBlock(type, detail);
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
    return static_cast<MarkdownVisitor*>(self)->leaveBlock(type, detail);
  };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
    return static_cast<MarkdownVisitor*>(self)->enterSpan(type, detail);
  };
  parser.leave_span = [](MD_SPANTYPE type, void* detail, void* self) {
    return static_cast<MarkdownVisitor*>(self)->leaveSpan(type, detail);
  };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
    return static_cast<MarkdownVisitor*>(self)->text(type, text, size);
  };
  cursor_.beginEditBlock();
  md_parse(utf8_.bytes.constData(), static_cast<MD_SIZE>(utf8_.bytes.size()), &parser, this);
  cursor_.endEditBlock();
  return std::move(built_);
}

int MarkdownVisitor::enterBlock(MD_BLOCKTYPE type, void* detail) {
  switch (type) {
    case MD_BLOCK_QUOTE:
      ++quoteDepth_;
      needsBlock_ = true;
      break;
    case MD_BLOCK_UL:
      lists_.push_back({false, 1, u'.', static_cast<MD_BLOCK_UL_DETAIL*>(detail)->is_tight != 0});
      break;
    case MD_BLOCK_OL: {
      const auto& list = *static_cast<MD_BLOCK_OL_DETAIL*>(detail);
      lists_.push_back(
          {true, list.start, QChar::fromLatin1(list.mark_delimiter), list.is_tight != 0});
      break;
    }
    case MD_BLOCK_LI:
      startItem(*static_cast<MD_BLOCK_LI_DETAIL*>(detail));
      break;
    case MD_BLOCK_HR:
      needsBlock_ = true;
      ensureBlock();
      built_.marks.back().isRule = true;
      needsBlock_ = true;
      break;
    case MD_BLOCK_H:
      heading_ = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
      needsBlock_ = true;
      break;
    case MD_BLOCK_CODE:
      inCode_ = true;
      codeNewline_ = false;
      needsBlock_ = true;
      break;
    case MD_BLOCK_P:
    case MD_BLOCK_HTML:
      needsBlock_ = true;
      break;
    case MD_BLOCK_TABLE:
      startTable(*static_cast<MD_BLOCK_TABLE_DETAIL*>(detail));
      break;
    case MD_BLOCK_TR:
      ++row_;
      column_ = 0;
      needsBlock_ = true;
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      headerCell_ = type == MD_BLOCK_TH;
      startCell();
      break;
    default:
      break;
  }
  return 0;
}

int MarkdownVisitor::leaveBlock(MD_BLOCKTYPE type, void*) {
  switch (type) {
    case MD_BLOCK_QUOTE:
      --quoteDepth_;
      break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
      lists_.pop_back();
      break;
    case MD_BLOCK_LI:
      if (!pendingMarker_.isEmpty()) ensureBlock();  // an empty item still shows its marker
      break;
    case MD_BLOCK_H:
      heading_ = 0;
      break;
    case MD_BLOCK_CODE:
      ensureBlock();
      inCode_ = false;
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      headerCell_ = false;
      ++column_;
      return 0;
    case MD_BLOCK_TABLE:
      if (table_ != nullptr) {
        cursor_.movePosition(QTextCursor::End);
        hasEmptyBlock_ = true;  // the one that always follows a table
      }
      table_ = nullptr;
      flatTable_ = false;
      break;
    default:
      break;
  }
  needsBlock_ = needsBlock_ || type != MD_BLOCK_DOC;
  return 0;
}

void MarkdownVisitor::startItem(const MD_BLOCK_LI_DETAIL& item) {
  needsBlock_ = true;
  if (lists_.empty()) return;
  ListLevel& list = lists_.back();
  pendingMarker_ = list.ordered
                       ? QString::number(list.next++) + list.delimiter
                       : (lists_.size() % 2 == 1 ? QStringLiteral("•") : QStringLiteral("–"));
  if (item.is_task != 0) {
    pendingMarker_ = item.task_mark == ' ' ? QStringLiteral("☐") : QStringLiteral("☑");
  }
}

void MarkdownVisitor::startTable(const MD_BLOCK_TABLE_DETAIL& detail) {
  row_ = -1;
  const unsigned rows = detail.head_row_count + detail.body_row_count;
  flatTable_ = detail.col_count > kMaxColumns || rows > kMaxRows || detail.col_count == 0;
  if (flatTable_) return;
  QTextTableFormat format;
  format.setBorder(1);
  format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
  format.setBorderBrush(style_.line);
  format.setBorderCollapse(true);
  format.setCellPadding(style_.unit * 1.5);
  format.setCellSpacing(0);
  format.setTopMargin(isFirstBlock_ ? 0 : style_.unit * 2);
  format.setBottomMargin(style_.unit * 2);
  if (!hasEmptyBlock_) {
    cursor_.movePosition(QTextCursor::End);
    cursor_.insertBlock(QTextBlockFormat(), QTextCharFormat());
  }
  hasEmptyBlock_ = false;
  table_ = cursor_.insertTable(static_cast<int>(rows), static_cast<int>(detail.col_count), format);
  isFirstBlock_ = false;
  needsBlock_ = false;
}

void MarkdownVisitor::startCell() {
  if (table_ == nullptr) {
    if (flatTable_ && column_ > 0) insert(QStringLiteral(" | "), -1, 0);
    return;
  }
  if (row_ >= table_->rows() || column_ >= table_->columns()) return;
  QTextTableCell cell = table_->cellAt(row_, column_);
  cursor_ = cell.firstCursorPosition();
  if (headerCell_) {
    QTextTableCellFormat format;
    format.setBackground(style_.raised);
    cell.setFormat(format);
  }
  needsBlock_ = false;
}

void MarkdownVisitor::ensureBlock() {
  if (!needsBlock_ || table_ != nullptr) return;
  needsBlock_ = false;
  const int depth = std::min<int>(kMaxIndent, static_cast<int>(lists_.size()) + quoteDepth_);
  QTextBlockFormat format;
  format.setLeftMargin(depth * style_.unit * 6);
  const bool tight = !lists_.empty() && (lists_.back().tight || pendingMarker_.isEmpty());
  const int gap = heading_ > 0 ? style_.unit * 4 : tight ? style_.unit : style_.unit * 2;
  if (!isFirstBlock_) format.setTopMargin(gap);
  format.setLineHeight(style_.unit * 0.75, QTextBlockFormat::LineDistanceHeight);
  if (hasEmptyBlock_) {
    cursor_.setBlockFormat(format);
  } else {
    cursor_.movePosition(QTextCursor::End);
    cursor_.insertBlock(format, QTextCharFormat());
  }
  isFirstBlock_ = false;
  hasEmptyBlock_ = false;
  BlockMark mark;
  mark.position = cursor_.position();
  mark.marker = std::exchange(pendingMarker_, QString());
  mark.quoteDepth = std::min(quoteDepth_, kMaxIndent);
  mark.isCode = inCode_;
  mark.isHeading = heading_ > 0;
  built_.marks.push_back(mark);
}

BuiltText buildMarkdown(QStringView source, qsizetype base, const TextStyle& style,
                        QTextDocument& document) {
  document.clear();
  return MarkdownVisitor(source, base, style, document).run();
}

}  // namespace ui
