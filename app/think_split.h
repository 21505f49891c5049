// Splits an answer's raw text into reasoning (<think>…</think>) and answer. Ranges, not copies, so
// that token positions in the raw text still fit.
#pragma once

#include <QString>
#include <QStringView>

namespace app {

/// Half-open ranges of the raw text, in UTF-16 units. Without reasoning, `hasReasoning` is false
/// and the answer is the whole text.
struct ThinkSplit {
  bool hasReasoning = false;
  bool reasoningOpen = false;  // </think> has not come yet
  qsizetype reasoningBegin = 0;
  qsizetype reasoningEnd = 0;
  qsizetype answerBegin = 0;
  qsizetype answerEnd = 0;
  bool operator==(const ThinkSplit&) const = default;
};

/// `promptOpenedThink`: the template's text already ended with <think> (DeepSeek-R1), so the answer
/// begins inside the block. White space next to the tags belongs to neither range.
ThinkSplit splitThinking(QStringView content, bool promptOpenedThink);
QString reasoningText(const QString& content, const ThinkSplit& split);
QString answerText(const QString& content, const ThinkSplit& split);

}  // namespace app
