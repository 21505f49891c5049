// A chat with a fake engine and a store in memory: what the chat's tests share.
#pragma once

#include "app/chat_view_model.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/engine_bridge.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"

namespace fixture {

using namespace app;

struct Chat {
  explicit Chat(std::shared_ptr<fake::Control> c = std::make_shared<fake::Control>())
      : control(std::move(c)) {}
  std::shared_ptr<fake::Control> control;
  EngineBridge bridge{fake::factory(control)};
  ConversationStore store{QString()};
  ConversationListModel conversations{store};
  MessageListModel messages;
  TokenTimeline timeline{bridge};
  ChatViewModel chat{{bridge, store, conversations, messages, timeline, support::kPatience}};

  bool load(const QString& path = "/model") {
    chat.openModel(path, {});
    return support::comes_true([this] { return chat.state() == ChatState::Idle; });
  }
  bool waitForState(ChatState state) {
    return support::comes_true([this, state] { return chat.state() == state; });
  }
  QString text(int row) const { return messages.row(row).text; }
  MessageStatus status(int row) const { return messages.row(row).record.status; }
};

/// The fake's answer: `n` tokens of three bytes, the last of which may end the turn.
inline QString answer(const fake::Control& control, int nTextTokens) {
  QByteArray bytes;
  while (bytes.size() < nTextTokens * 3) bytes += QByteArray::fromStdString(control.answerText);
  bytes = bytes.left(nTextTokens * 3);
  QString text = QString::fromUtf8(bytes);
  while (text.endsWith(QChar::ReplacementCharacter)) text.chop(1);
  return text;
}

inline std::shared_ptr<fake::Control> slow(int tokenMicroseconds = 2000) {
  auto control = std::make_shared<fake::Control>();
  control->nAnswerTokens = fake::kEndless;
  control->tokenMicroseconds = tokenMicroseconds;
  return control;
}

}  // namespace fixture
