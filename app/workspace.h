// Workspace: everything behind one window, built in the right order and wired together. main.cpp
// makes one and hands its parts to the widgets.
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <optional>

#include "app/app_settings.h"
#include "app/cache_ledger.h"
#include "app/chat_view_model.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/draft_store.h"
#include "app/engine_bridge.h"
#include "app/inspector_model.h"
#include "app/message_list_model.h"
#include "app/model_library.h"
#include "app/selection.h"
#include "app/token_timeline.h"
#include "app/values.h"

namespace app {

struct WorkspaceOptions {
  QString settingsFile;       // "": settings are not kept
  QString conversationsFile;  // "": conversations are not kept
  QString draftsFile;         // "": what was typed and not sent is not kept
  QString demoPath;           // "": looked for beside the program
  QString checkpoint;         // from the command line; "": the last one, else the bundled one
  std::optional<qint64> contextLength;  // from the command line; else the settings'
  std::optional<int> nThreads;
};

class Workspace : public QObject {
  Q_OBJECT

 public:
  Workspace(WorkspaceOptions options, EngineFactory engine, QObject* parent = nullptr);
  ~Workspace() override;

  AppSettings& settings() { return settings_; }
  ModelLibrary& library() { return library_; }
  EngineBridge& bridge() { return bridge_; }
  ConversationStore& store() { return store_; }
  ConversationListModel& conversations() { return conversations_; }
  DraftStore& drafts() { return drafts_; }
  MessageListModel& messages() { return messages_; }
  TokenTimeline& timeline() { return timeline_; }
  Selection& selection() { return selection_; }
  ChatViewModel& chat() { return chat_; }
  InspectorModel& inspector() { return inspector_; }
  /// Of the loaded model and the tokens in the context now; empty without a model.
  CacheLedger cacheLedger() const;

  /// Opens the last conversation and starts loading the first checkpoint. Call once, when the
  /// window is shown.
  void start();
  /// Loads with the settings' context length and threads.
  void openCheckpoint(const QString& path);
  /// The load options the settings ask for.
  engine::LoadOptions loadOptions() const;
  /// Sets and remembers the sampling of the loaded checkpoint; none: back to the checkpoint's own.
  void setSampling(const std::optional<engine::SamplingOptions>& options);

  /// Notices so far, oldest first: those raised before anybody listened too.
  const QList<Notice>& notices() const { return notices_; }

 Q_SIGNALS:
  void noticeRaised(const app::Notice& notice);
  void cacheLedgerChanged();

 private:
  void connectParts();
  void onModelChanged();
  void addNotice(const Notice& notice);
  void addLoadNotices(const engine::ModelInfo& info);
  void rememberConversation();

  // Destroyed in reverse order: the view-models before what they use, the bridge joins the engine.
  WorkspaceOptions options_;
  QList<Notice> notices_;
  AppSettings settings_;
  ModelLibrary library_;
  EngineBridge bridge_;
  ConversationStore store_;
  ConversationListModel conversations_;
  DraftStore drafts_;
  MessageListModel messages_;
  TokenTimeline timeline_;
  Selection selection_;
  ChatViewModel chat_;
  InspectorModel inspector_;
};

}  // namespace app
