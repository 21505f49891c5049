#include "app/utf8_text.h"

#include <QString>
#include <QStringDecoder>
#include <algorithm>

namespace app {

namespace {

bool isContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

qsizetype lengthFromLead(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0U) return 4;
  if (byte >= 0xE0U) return 3;
  if (byte >= 0xC0U) return 2;
  return 1;
}

}  // namespace

bool isValidUtf8(const QByteArray& bytes) {
  QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
  const QString text = decoder.decode(bytes);
  return !decoder.hasError();
}

qsizetype incompleteUtf8Tail(const QByteArray& bytes) {
  const qsizetype size = bytes.size();
  for (qsizetype back = 1; back <= std::min<qsizetype>(3, size); ++back) {
    const char byte = bytes.at(size - back);
    if (isContinuation(byte)) continue;
    return lengthFromLead(byte) > back ? back : 0;
  }
  return 0;
}

void Utf16Cursor::startAt(qint64 byte, qint64 units) {
  byte_ = std::min<qint64>(byte, content_.size());
  while (byte_ > 0 && byte_ < content_.size() && isContinuation(content_.at(byte_))) --byte_;
  units_ = units;
}

qint64 Utf16Cursor::characterBytes() const {
  qint64 end = byte_ + 1;
  while (end < content_.size() && isContinuation(content_.at(end))) ++end;
  return end - byte_;
}

qint64 Utf16Cursor::characterUnits() const {
  return static_cast<unsigned char>(content_.at(byte_)) >= 0xF0U ? 2 : 1;
}

void Utf16Cursor::moveTo(qint64 byte) {
  if (byte < byte_) startAt(0, 0);
  while (byte_ < content_.size()) {
    const qint64 length = characterBytes();
    if (byte_ + length > byte) break;
    units_ += characterUnits();
    byte_ += length;
  }
}

qint64 Utf16Cursor::floorAt(qint64 byte) {
  moveTo(byte);
  return units_;
}

qint64 Utf16Cursor::ceilAt(qint64 byte) {
  moveTo(byte);
  if (byte > byte_ && byte_ < content_.size()) return units_ + characterUnits();
  return units_;
}

}  // namespace app
