#include "app/think_split.h"

namespace app {

namespace {

constexpr QStringView kOpen = u"<think>";
constexpr QStringView kClose = u"</think>";

qsizetype skipSpace(QStringView text, qsizetype from, qsizetype end) {
  while (from < end && text[from].isSpace()) ++from;
  return from;
}

qsizetype trimSpace(QStringView text, qsizetype begin, qsizetype end) {
  while (end > begin && text[end - 1].isSpace()) --end;
  return end;
}

}  // namespace

ThinkSplit splitThinking(QStringView content, bool promptOpenedThink) {
  ThinkSplit split;
  split.answerEnd = content.size();
  const qsizetype start = skipSpace(content, 0, content.size());
  const bool opensItself = content.mid(start).startsWith(kOpen);
  if (!opensItself && !promptOpenedThink) return split;

  split.hasReasoning = true;
  const qsizetype inner = opensItself ? start + kOpen.size() : 0;
  const qsizetype close = content.indexOf(kClose, inner);
  split.reasoningOpen = close < 0;
  const qsizetype innerEnd = close < 0 ? content.size() : close;
  split.reasoningBegin = skipSpace(content, inner, innerEnd);
  split.reasoningEnd = trimSpace(content, split.reasoningBegin, innerEnd);
  split.answerBegin =
      close < 0 ? content.size() : skipSpace(content, close + kClose.size(), content.size());
  return split;
}

QString reasoningText(const QString& content, const ThinkSplit& split) {
  return content.mid(split.reasoningBegin, split.reasoningEnd - split.reasoningBegin);
}

QString answerText(const QString& content, const ThinkSplit& split) {
  if (split.answerBegin == 0 && split.answerEnd == content.size()) return content;
  return content.mid(split.answerBegin, split.answerEnd - split.answerBegin);
}

}  // namespace app
