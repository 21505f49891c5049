// ChatViewModel: the state machine of loading, asking and answering. Intents in; state, rows and
// statistics out. Illegal intents are ignored.
#pragma once

#include <QElapsedTimer>
#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

#include "app/conversation_record.h"
#include "app/message_list_model.h"
#include "app/token_timeline.h"
#include "app/values.h"
#include "engine/runtime/events.h"

namespace app {

class ConversationListModel;
class ConversationStore;
class EngineBridge;

enum class ChatState {
  NoModel,     // nothing is loaded, nothing is loading
  Loading,     // a checkpoint is being loaded (a previous one may still be there)
  Idle,        // ready for a message
  Prefilling,  // the prompt is being read
  Answering,   // tokens arrive
  Stopping,    // stop was asked for, the engine has not confirmed yet
};

struct LoadStatus {
  QString path;
  QString name;  // the folder's name
  QString step;  // "Mapping weights"; from the engine, translated where known
  qint64 bytesDone = 0;
  qint64 bytesTotal = 0;  // 0: unknown
  bool isCancelling = false;
  bool operator==(const LoadStatus&) const = default;
};

/// Of the running or the last generation; empty fields are not known yet.
struct LiveStatistics {
  std::optional<double> promptTokensPerSecond;  // of the tokens really computed
  std::optional<double> answerTokensPerSecond;
  std::optional<double> timeToFirstToken;  // seconds
  qint64 promptTokens = 0;
  qint64 promptDone = 0;    // of promptTokens, reused ones included
  qint64 promptReused = 0;  // kept from the last generation
  qint64 answerTokens = 0;
  qint64 contextUsed = 0;
  qint64 contextLength = 0;  // 0: no model
  std::optional<quint64> seed;
  bool operator==(const LiveStatistics&) const = default;
};

class ChatViewModel : public QObject {
  Q_OBJECT

 public:
  /// All of them outlive the view-model.
  struct Parts {
    EngineBridge& bridge;
    ConversationStore& store;
    ConversationListModel& conversations;
    MessageListModel& messages;
    TokenTimeline& timeline;
    int longestSaveMs = 250;  // how long a slow disk may hold back a request
  };
  explicit ChatViewModel(Parts parts, QObject* parent = nullptr);

  // ---- state ------------------------------------------------------------------------------------
  ChatState state() const { return state_; }
  std::shared_ptr<const engine::ModelInfo> model() const { return model_; }
  const LoadStatus& loadStatus() const { return loadStatus_; }  // meaningful while Loading
  /// Why the last load did not lead to a model, with its remedy; "" after a good one.
  QString loadProblem() const { return loadProblem_; }
  const LiveStatistics& statistics() const { return statistics_; }
  /// "The context is full (4,096 tokens) …"; "" when there is room.
  QString contextNotice() const { return contextNotice_; }
  /// Why no message can be sent although a model is there ("no tokenizer …"); "" otherwise.
  QString chatProblem() const { return chatProblem_; }
  ConversationId conversation() const { return conversation_.id; }
  QString conversationTitle() const;
  QString systemPrompt() const { return conversation_.systemPrompt; }
  const engine::SamplingOptions& sampling() const { return sampling_; }
  /// Which row is being written; -1: none.
  int answeringRow() const;

  /// The messages the model is given: with `draft` as the next one, or without one as for the last
  /// answer.
  std::vector<engine::ChatMessage> promptMessages(const QString& draft) const;

  bool canSubmit() const;  // Idle, or Loading with nothing queued yet
  bool canStop() const;    // a generation runs, or a message is queued
  bool canRegenerate(int row) const;
  bool canEdit(int row) const;
  bool canSelectVersion(int row) const;  // not while an answer is written

  // ---- intents: the model -----------------------------------------------------------------------
  /// Stops a running answer, then loads. The previous checkpoint stays until the new one is there.
  void openModel(const QString& path, const engine::LoadOptions& options);
  void cancelLoad();
  void unloadModel();

  // ---- intents: the conversation ----------------------------------------------------------------
  /// True when taken (clear the input then). While Loading the message is queued and sent as soon
  /// as the model is ready.
  bool submit(const QString& text);
  void stop();
  /// A new version of this answer (or the answer to this user message).
  void regenerate(int row);
  /// A new version of this user message with a new answer; the old branch is kept.
  void editAndResend(int row, const QString& text);
  /// Shows another version of a message and what followed it.
  void selectVersion(int row, int versionIndex);
  void newConversation();
  void openConversation(ConversationId id);
  /// Of the open conversation; from the next message on.
  void setSystemPrompt(const QString& text);
  void setDefaultSystemPrompt(const QString& text);  // for new conversations
  void setSampling(const engine::SamplingOptions& options);
  void dismissContextNotice();

 Q_SIGNALS:
  void stateChanged(app::ChatState state);
  void modelChanged();
  void loadStatusChanged();
  void loadProblemChanged();
  /// A load ended well: for the library and the settings.
  void modelOpened(const QString& path);
  void statisticsChanged();
  void contextNoticeChanged();
  void chatProblemChanged();
  /// Another conversation is shown (its rows follow at once, or as soon as they are read).
  void conversationChanged();
  void conversationTitleChanged();
  void systemPromptChanged();
  void samplingChanged();
  void answeringRowChanged();
  void noticeRaised(const app::Notice& notice);

 private:
  struct Running {
    engine::GenerationId id;
    MessageId answer;
    bool sent = false;  // the request is with the engine
    bool started = false;
    QElapsedTimer sinceSent;
    QElapsedTimer sinceFirstToken;
    bool hasFirstToken = false;
    bool reasoningDone = false;
  };

  void connectBridge();
  void connectStore();
  void setState(ChatState state);
  bool isLoading() const { return !loads_.isEmpty(); }
  void loadEnded(const QString& path);
  void settle();  // Idle, Loading or NoModel, as things are

  // engine events
  void onLoadProgress(const engine::LoadProgress& progress);
  void onModelLoaded(const std::shared_ptr<const engine::ModelInfo>& info);
  void onModelLoadFailed(const QString& path, const engine::Error& error);
  void onModelUnloaded();
  void onGenerationStarted(const engine::GenerationStarted& started);
  void onPrefill(const std::vector<engine::PrefillProgress>& chunks);
  void onTokensGenerated(const std::vector<engine::TokenGenerated>& tokens);
  void onGenerationFinished(const engine::GenerationFinished& finished);
  void onEngineFault(const engine::Error& error);

  // store events
  void onConversationReady(const ConversationContent& content);
  void onConversationMissing(ConversationId id, const QString& reason);
  void onMessageSaveState(MessageId id, SaveState state);

  // conversation
  void showConversation(const ConversationContent& content);
  void showBranch();
  void startAnswer(MessageId userMessage);
  MessageId addUserMessage(MessageId parent, const QString& text);
  void sendWhenSaved();
  void sendRequest();
  engine::GenerationRequest makeRequest(TokenTimeline::Expected* expected) const;
  /// Rows before `end` that the model is given: answers that hold nothing are left out.
  std::vector<int> promptRows(int end) const;
  void finishAnswer(MessageStatus status, const QString& errorCode, const QString& errorText);
  void abandonAnswer(MessageStatus status);
  void touchConversation();
  void saveAnswerSoon();
  void saveAnswer();
  void updateReasoning(int row);
  void setContextNotice(const QString& text);
  void setLoadProblem(const QString& text);
  void setChatProblem(const QString& text);
  void applyFinalStatistics(const engine::GenerationFinished& finished);
  MessageRow makeRow(const MessageRecord& record) const;
  void refreshVersions();
  void onRenamed(ConversationId id, const QString& title);
  void onRemoved(ConversationId id);
  void onControlText(MessageId id, bool contains);

  EngineBridge& bridge_;
  ConversationStore& store_;
  ConversationListModel& conversations_;
  MessageListModel& messages_;
  TokenTimeline& timeline_;

  ChatState state_ = ChatState::NoModel;
  QStringList loads_;  // asked for and not ended yet, oldest first
  std::shared_ptr<const engine::ModelInfo> model_;
  LoadStatus loadStatus_;
  QString loadProblem_;
  QString chatProblem_;
  QString contextNotice_;
  LiveStatistics statistics_;
  engine::SamplingOptions sampling_;
  QString defaultSystemPrompt_;

  ConversationRecord conversation_;
  MessageTree tree_;
  ConversationId awaited_;  // asked of the store, not here yet
  std::optional<Running> running_;
  QHash<std::int64_t, SaveState> saveStates_;
  QTimer saveTimer_;  // streamed text reaches the disk at most 500 ms behind
  QTimer sendTimer_;  // does not wait for a stalled disk for ever
};

}  // namespace app
