// Settings: read once into a plain struct, written back whole. A file that cannot be read is set
// aside, never overwritten.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>
#include <optional>

#include "app/values.h"
#include "engine/runtime/events.h"

namespace app {

enum class Theme { System, Light, Dark };
enum class Layout { Chat, Inspect, Study };

struct SettingsValues {
  Theme theme = Theme::System;
  double fontScale = 1.0;  // 0.75 … 2.0
  QString language;        // "" follows the system; "en", "zh_CN"
  Layout layout = Layout::Inspect;
  qint64 contextLength = 0;  // 0: the engine's default for the model
  int nThreads = 0;          // 0: all cores this process may use
  bool usesGpu = true;       // where there is one that can run the model
  QString systemPrompt;      // for new conversations
  ConversationId lastConversation;
  QString lastCheckpoint;                                   // opened at start; "" the bundled demo
  QStringList recentCheckpoints;                            // newest first, at most 12
  QHash<QString, engine::SamplingOptions> samplingByModel;  // key: checkpoint path; set by the user
  bool operator==(const SettingsValues&) const = default;
};

class AppSettings : public QObject {
  Q_OBJECT

 public:
  /// Reads `file` (INI). What is missing or out of range gets its default. Empty path: nothing is
  /// read or written.
  explicit AppSettings(const QString& file, QObject* parent = nullptr);
  ~AppSettings() override;

  const SettingsValues& values() const { return values_; }
  /// Changes and schedules one write soon (also done in the destructor).
  void setValues(const SettingsValues& values);
  void flush();

  /// What reading the file had to report; shown once.
  const std::optional<Notice>& startNotice() const { return startNotice_; }

 Q_SIGNALS:
  void changed();
  void noticeRaised(const app::Notice& notice);

 private:
  void read();
  bool write();

  QString file_;
  SettingsValues values_;
  std::optional<Notice> startNotice_;
  bool dirty_ = false;
  bool writeScheduled_ = false;
};

/// What generation_config.json asks for; `do_sample: false` is greedy. Nothing given: the engine's
/// defaults.
engine::SamplingOptions samplingDefaults(const engine::GenerationDefaults& defaults);
/// Inside what the engine accepts: no NaN, temperature 0…100, top_k ≥ 0, top_p and min_p 0…1, …
engine::SamplingOptions clampSampling(engine::SamplingOptions options);

}  // namespace app
