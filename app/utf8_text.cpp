#include "app/utf8_text.h"

#include <algorithm>
#include <string_view>

#include "engine/base/utf8.h"
#include "engine/tokenizer/utf8.h"

namespace app {

namespace {

bool isContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

bool isValidUtf8(const QByteArray& bytes) {
  const std::string_view text(bytes.constData(), static_cast<std::size_t>(bytes.size()));
  return engine::find_invalid_utf8(text) == std::string_view::npos;
}

qsizetype incompleteUtf8Tail(const QByteArray& bytes) {
  const std::string_view text(bytes.constData(), static_cast<std::size_t>(bytes.size()));
  for (std::size_t back = std::min<std::size_t>(3, text.size()); back > 0; --back) {
    bool truncated = false;
    engine::decode_utf8(text, text.size() - back, &truncated);
    if (truncated) return static_cast<qsizetype>(back);
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
