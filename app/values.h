// The small values that every part of app shares: ids, message states, notices.
// No behaviour; the store, the view-models and the widgets pass them around.
#pragma once

#include <QMetaType>
#include <QString>
#include <cstdint>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/tokenizer/chat_message.h"

namespace app {

/// Random 63-bit numbers, unique for ever; value 0 means "none".
using ConversationId = engine::Id<struct ConversationIdTag, std::int64_t>;
using MessageId = engine::Id<struct MessageIdTag, std::int64_t>;

ConversationId newConversationId();
MessageId newMessageId();

/// "context-full" and the like: the engine's stable name of an error's class.
QString errorCodeOf(const engine::Error& error);

/// What became of one message. Stored as the number written here: never renumber.
enum class MessageStatus {
  Ok = 0,           // finished: a user message, or an answer that ended its turn
  Waiting = 1,      // an answer whose request waits for the model to be loaded
  Streaming = 2,    // an answer that is being written right now
  Interrupted = 3,  // the program ended while it was written; the text is what had arrived
  Stopped = 4,      // the user stopped it
  MaxTokens = 5,    // the maximum number of tokens set by the user was reached
  ContextFull = 6,  // the context had no room for more (or not even for the prompt)
  Failed = 7,       // the engine reported an error; see the error text
};

/// Where one message stands on its way to the disk.
enum class SaveState {
  Saved,     // committed
  Saving,    // handed to the store, not yet committed
  NotSaved,  // the last attempt failed; kept in memory and tried again
};

enum class NoticeSeverity { Info, Warning, Error };

/// Something the user should read once, in the place `origin` names. `text` is one sentence with
/// the remedy; `details` may be folded.
struct Notice {
  NoticeSeverity severity = NoticeSeverity::Info;
  QString origin;  // "settings", "conversations", "engine", "checkpoint", "translations"
  QString text;
  QString details;
  bool operator==(const Notice&) const = default;
};

}  // namespace app

Q_DECLARE_METATYPE(app::Notice)
