// Byte offsets in UTF-8 text ↔ offsets in the QString of the same text.
#pragma once

#include <QByteArray>

namespace app {

bool isValidUtf8(const QByteArray& bytes);
/// How many bytes at the end begin a character that is not complete: 0 … 3.
qsizetype incompleteUtf8Tail(const QByteArray& bytes);

/// Walks valid UTF-8 once; fast for offsets that ascend. A byte inside a character belongs to the
/// whole character. Offsets beyond the end count as the end.
class Utf16Cursor {
 public:
  explicit Utf16Cursor(QByteArray content) : content_(std::move(content)) {}
  /// Continues at the character that holds `byte`, whose UTF-16 offset is known.
  void startAt(qint64 byte, qint64 units);
  /// UTF-16 offset of the character that holds this byte.
  qint64 floorAt(qint64 byte);
  /// UTF-16 offset just after the character that holds the byte before this one.
  qint64 ceilAt(qint64 byte);

 private:
  void moveTo(qint64 byte);
  qint64 characterBytes() const;
  qint64 characterUnits() const;

  QByteArray content_;
  qint64 byte_ = 0;  // start of a character
  qint64 units_ = 0;
};

}  // namespace app
