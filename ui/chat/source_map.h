// SourceMap: which place of a laid-out text shows which place of the message's source.
// Offsets are UTF-16 units of the whole message text; runs are in document order.
#pragma once

#include <QtGlobal>
#include <optional>
#include <vector>

namespace ui {

struct SourceRun {
  int documentBegin = 0;
  int documentLength = 0;
  qsizetype sourceBegin = 0;
  qsizetype sourceLength = 0;  // equal to documentLength: character by character; else as a whole
};

struct DocumentRange {
  int begin = 0;
  int end = 0;
};

class SourceMap {
 public:
  void clear() { runs_.clear(); }
  /// Joins the run before it where both sides continue.
  void add(const SourceRun& run);
  const std::vector<SourceRun>& runs() const { return runs_; }

  /// Source offset of the character at a document position; none on text that has no source.
  std::optional<qsizetype> sourceAt(int documentPosition) const;
  /// Document ranges that show any of source[begin, end).
  std::vector<DocumentRange> documentRanges(qsizetype begin, qsizetype end) const;

 private:
  std::vector<SourceRun> runs_;
};

}  // namespace ui
