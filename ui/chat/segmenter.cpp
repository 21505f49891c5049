// Line-by-line splitter: blank lines and code fences are the seams; size is the last resort.
#include "ui/chat/segmenter.h"

#include <algorithm>

namespace ui {
namespace {

// Below this a blank line is not yet worth a document of its own.
constexpr qsizetype kMinProse = 400;

struct Line {
  qsizetype begin = 0;
  qsizetype end = 0;   // without the newline
  qsizetype next = 0;  // begin of the next line
};

Line lineAt(QStringView text, qsizetype begin, qsizetype end) {
  const qsizetype newline = text.sliced(begin, end - begin).indexOf(u'\n');
  if (newline < 0) return {begin, end, end};
  return {begin, begin + newline, begin + newline + 1};
}

int indentOf(QStringView line) {
  int n = 0;
  while (n < line.size() && line[n] == u' ') ++n;
  return n;
}

// A fence that opens here: at most three spaces, three marks or more, no backtick in the info.
FenceState fenceOpenedBy(QStringView line) {
  FenceState fence;
  fence.indent = indentOf(line);
  const QStringView rest = line.sliced(fence.indent);
  if (fence.indent > 3 || rest.isEmpty() || (rest[0] != u'`' && rest[0] != u'~')) return {};
  fence.mark = rest[0];
  while (fence.length < rest.size() && rest[fence.length] == fence.mark) ++fence.length;
  const QStringView info = rest.sliced(fence.length).trimmed();
  if (fence.length < 3 || (fence.mark == u'`' && info.contains(u'`'))) return {};
  const qsizetype space = info.indexOf(u' ');
  fence.language =
      info.first(space < 0 ? std::min<qsizetype>(info.size(), 40) : std::min<qsizetype>(space, 40))
          .toString();
  fence.isOpen = true;
  return fence;
}

bool closes(QStringView line, const FenceState& fence) {
  const int indent = indentOf(line);
  if (indent > 3) return false;
  const QStringView rest = line.sliced(indent).trimmed();
  return rest.size() >= fence.length &&
         std::all_of(rest.begin(), rest.end(), [&](QChar c) { return c == fence.mark; });
}

bool startsListItem(QStringView line) {
  if (line.size() >= 2 && (line[0] == u'-' || line[0] == u'*' || line[0] == u'+')) {
    return line[1] == u' ';
  }
  qsizetype digits = 0;
  while (digits < line.size() && line[digits].isDigit()) ++digits;
  return digits > 0 && digits < 10 && digits < line.size() &&
         (line[digits] == u'.' || line[digits] == u')');
}

// A place not after `limit` where a line may be cut: after a space if there is one near.
qsizetype cutBefore(QStringView text, qsizetype begin, qsizetype limit) {
  for (qsizetype i = limit; i > limit - 200 && i > begin; --i) {
    if (text[i - 1].isSpace()) return i;
  }
  return text[limit - 1].isHighSurrogate() ? limit - 1 : limit;
}

class Splitter {
 public:
  Splitter(QStringView text, qsizetype begin, qsizetype end, const FenceState& fence,
           bool continues)
      : text_(text), begin_(begin), end_(end), fence_(fence), continues_(continues) {}

  std::vector<SegmentRange> run() {
    qsizetype at = begin_;
    bool afterBlank = false;
    // A restart at a fence's own line reads that line again: it may have grown.
    if (!continues_) fence_ = {};
    contentBegin_ = at;
    while (at < end_) {
      const Line line = lineAt(text_, at, end_);
      if (line.end - start() > limitFor(line)) {
        at = cutLongLine(line);
        continue;
      }
      at = fence_.isOpen ? codeLine(line) : proseLine(line, afterBlank);
    }
    flush(end_, end_);
    return std::move(segments_);
  }

 private:
  qsizetype start() const { return contentBegin_; }

  qsizetype limitFor(const Line& line) const {
    const bool table = !fence_.isOpen && line.begin < line.end && text_[line.begin] == u'|' &&
                       line.end - line.begin < kMaxSegment;
    return table ? 4 * kMaxSegment : kMaxSegment;
  }

  // The segment would grow too long with this line: cut before it, or inside it.
  qsizetype cutLongLine(const Line& line) {
    qsizetype cut = line.begin;
    if (cut <= start()) cut = cutBefore(text_, start(), start() + kMaxSegment);
    flush(cut, cut);
    begin_ = contentBegin_ = cut;
    continues_ = true;
    return cut;
  }

  qsizetype codeLine(const Line& line) {
    if (!closes(text_.sliced(line.begin, line.end - line.begin), fence_)) return line.next;
    flush(line.next, line.begin);
    begin_ = contentBegin_ = line.next;
    fence_ = {};
    continues_ = false;
    return line.next;
  }

  qsizetype proseLine(const Line& line, bool& afterBlank) {
    // A line that still grows decides nothing: "1" may become a list, "```" a word.
    if (line.next == line.end) return line.next;
    const QStringView content = text_.sliced(line.begin, line.end - line.begin);
    const FenceState fence = fenceOpenedBy(content);
    if (fence.isOpen) {
      flush(line.begin, line.begin);
      begin_ = line.begin;
      contentBegin_ = line.next;
      fence_ = fence;
      continues_ = false;
      afterBlank = false;
      return line.next;
    }
    const bool blank = content.trimmed().isEmpty();
    const qsizetype size = line.begin - begin_;
    const bool seam = afterBlank && !blank && !content[0].isSpace() && size >= kMinProse &&
                      (!startsListItem(content) || size >= kMaxSegment / 2);
    if (seam) {
      flush(line.begin, line.begin);
      begin_ = contentBegin_ = line.begin;
      continues_ = false;
    }
    afterBlank = blank;
    return line.next;
  }

  void flush(qsizetype end, qsizetype contentEnd) {
    if (end <= begin_) return;
    SegmentRange range;
    range.kind = fence_.isOpen ? SegmentKind::Code : SegmentKind::Prose;
    range.begin = begin_;
    range.end = end;
    range.contentBegin = std::min(contentBegin_, contentEnd);
    range.contentEnd = contentEnd;
    range.fence = fence_;
    range.continues = continues_;
    const bool onlySpace =
        range.kind == SegmentKind::Prose && text_.sliced(begin_, end - begin_).trimmed().isEmpty();
    if (!onlySpace || end == end_) segments_.push_back(range);
  }

  QStringView text_;
  qsizetype begin_;
  qsizetype end_;
  qsizetype contentBegin_ = 0;
  FenceState fence_;
  bool continues_;
  std::vector<SegmentRange> segments_;
};

}  // namespace

std::vector<SegmentRange> splitMarkdown(QStringView text, qsizetype begin, qsizetype end,
                                        const FenceState& fence, bool continues) {
  return Splitter(text, begin, end, fence, continues).run();
}

std::vector<SegmentRange> splitPlain(QStringView text, qsizetype begin, qsizetype end,
                                     bool continues) {
  std::vector<SegmentRange> segments;
  qsizetype at = begin;
  while (at < end) {
    qsizetype cut = end;
    if (end - at > kMaxSegment) {
      const qsizetype newline = text.sliced(at, kMaxSegment).lastIndexOf(u'\n');
      cut = newline > 0 ? at + newline + 1 : cutBefore(text, at, at + kMaxSegment);
    }
    SegmentRange range{SegmentKind::Plain, at, cut, at, cut, {}, continues};
    if (cut < end && cut > at && text[cut - 1] == u'\n') range.contentEnd = cut - 1;
    segments.push_back(range);
    at = cut;
    continues = true;
  }
  return segments;
}

}  // namespace ui
