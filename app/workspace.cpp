#include "app/workspace.h"

#include "app/engine_text.h"

namespace app {

Workspace::Workspace(WorkspaceOptions options, EngineFactory engine, QObject* parent)
    : QObject(parent),
      options_(std::move(options)),
      settings_(options_.settingsFile),
      library_(settings_, options_.demoPath),
      bridge_(std::move(engine)),
      store_(options_.conversationsFile),
      conversations_(store_),
      drafts_(options_.draftsFile, conversations_),
      timeline_(bridge_),
      selection_(timeline_),
      chat_({bridge_, store_, conversations_, messages_, timeline_}),
      inspector_(bridge_, timeline_, selection_) {
  connectParts();
  if (settings_.startNotice()) addNotice(*settings_.startNotice());
  chat_.setDefaultSystemPrompt(settings_.values().systemPrompt);
}

Workspace::~Workspace() {
  // An answer under way is kept as far as it got, before the parts go.
  chat_.newConversation();
}

void Workspace::connectParts() {
  connect(&settings_, &AppSettings::noticeRaised, this, &Workspace::addNotice);
  connect(&store_, &ConversationStore::noticeRaised, this, &Workspace::addNotice);
  connect(&chat_, &ChatViewModel::noticeRaised, this, &Workspace::addNotice);
  connect(&chat_, &ChatViewModel::modelChanged, this, &Workspace::onModelChanged);
  connect(&chat_, &ChatViewModel::statisticsChanged, this, &Workspace::cacheLedgerChanged);
  connect(&chat_, &ChatViewModel::modelOpened, &library_, &ModelLibrary::noteOpened);
  connect(&chat_, &ChatViewModel::conversationChanged, this, [this] { rememberConversation(); });
  connect(&conversations_, &ConversationListModel::rowsInserted, this,
          [this] { rememberConversation(); });
  connect(&settings_, &AppSettings::changed, this,
          [this] { chat_.setDefaultSystemPrompt(settings_.values().systemPrompt); });
}

void Workspace::addNotice(const Notice& notice) {
  notices_.append(notice);
  Q_EMIT noticeRaised(notice);
}

/// What the loaded model is not as it was asked for; the weightiest last, which stays to be seen.
void Workspace::addLoadNotices(const engine::ModelInfo& info) {
  const QString origin = QStringLiteral("checkpoint");
  if (!info.mtp_problem.empty()) {
    addNotice({NoticeSeverity::Info, origin,
               tr("The checkpoint's MTP module is not used: no tokens are drafted ahead."),
               engineText(info.mtp_problem)});
  }
  if (!info.template_problem.empty()) {
    addNotice({NoticeSeverity::Warning, origin,
               tr("The checkpoint's own chat template cannot run; %1 is used instead.")
                   .arg(engineText(info.template_name)),
               engineText(info.template_problem)});
  }
  for (const engine::Finding& finding : info.report.findings) {
    if (finding.code != "gpu-not-used") continue;
    addNotice({NoticeSeverity::Warning, origin, tr("The GPU is not used: the CPU runs the model."),
               engineText(finding.message)});
  }
}

void Workspace::onModelChanged() {
  const auto info = chat_.model();
  selection_.setModel(info);
  inspector_.setModel(info);
  if (info) {
    const auto& saved = settings_.values().samplingByModel;
    const auto it = saved.constFind(QString::fromStdString(info->path));
    if (it != saved.cend()) chat_.setSampling(*it);
    addLoadNotices(*info);
  }
  Q_EMIT cacheLedgerChanged();
}

/// Only a conversation that exists is opened again at the next start.
void Workspace::rememberConversation() {
  if (conversations_.rowOf(chat_.conversation()) < 0) return;
  SettingsValues values = settings_.values();
  values.lastConversation = chat_.conversation();
  settings_.setValues(values);
}

CacheLedger Workspace::cacheLedger() const {
  const auto info = chat_.model();
  return info ? app::cacheLedger(*info, chat_.statistics().contextUsed) : CacheLedger{};
}

engine::LoadOptions Workspace::loadOptions() const {
  engine::LoadOptions options;
  options.context_length = options_.contextLength.value_or(settings_.values().contextLength);
  options.backend.n_threads = options_.nThreads.value_or(settings_.values().nThreads);
  options.prefer_gpu = settings_.values().usesGpu;
  return options;
}

void Workspace::openCheckpoint(const QString& path) { chat_.openModel(path, loadOptions()); }

void Workspace::start() {
  chat_.openConversation(settings_.values().lastConversation);
  const QString path = options_.checkpoint.isEmpty() ? library_.startPath() : options_.checkpoint;
  if (!path.isEmpty()) openCheckpoint(path);
}

void Workspace::setSampling(const std::optional<engine::SamplingOptions>& options) {
  const auto info = chat_.model();
  if (!info) return;
  const QString path = QString::fromStdString(info->path);
  SettingsValues values = settings_.values();
  if (options) {
    values.samplingByModel.insert(path, clampSampling(*options));
  } else {
    values.samplingByModel.remove(path);
  }
  settings_.setValues(values);
  chat_.setSampling(options.value_or(samplingDefaults(info->generation_defaults)));
}

}  // namespace app
