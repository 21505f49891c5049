#include "app/values.h"

#include <QRandomGenerator>

namespace app {

namespace {

std::int64_t randomId() {
  // Positive, so that it is a plain SQLite rowid; 0 is "none".
  const quint64 bits = QRandomGenerator::system()->generate64() >> 1;
  return bits == 0 ? 1 : static_cast<std::int64_t>(bits);
}

}  // namespace

ConversationId newConversationId() { return ConversationId{randomId()}; }

MessageId newMessageId() { return MessageId{randomId()}; }

QString errorCodeOf(const engine::Error& error) {
  return QString::fromLatin1(engine::error_code_name(error.code));
}

}  // namespace app
