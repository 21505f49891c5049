#include "app/app_settings.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <QTimer>
#include <algorithm>
#include <cmath>

namespace app {

namespace {

constexpr int kFormatVersion = 1;
constexpr int kMaxRecent = 12;
constexpr int kMaxSamplingEntries = 200;

/// Reads one value; what is absent keeps its default, what is unusable is noted.
class Reader {
 public:
  explicit Reader(QSettings& settings) : settings_(settings) {}

  template <class T, class Accept>
  void read(const QString& key, T& out, Accept accept) {
    if (!settings_.contains(key)) return;
    const QVariant value = settings_.value(key);
    T converted{};
    if (!convert(value, converted) || !accept(converted)) {
      problems_.append(QStringLiteral("%1 = %2").arg(key, value.toString()));
      return;
    }
    out = std::move(converted);
  }
  const QStringList& problems() const { return problems_; }

 private:
  static bool convert(const QVariant& value, QString& out) {
    out = value.toString();
    return value.canConvert<QString>();
  }
  static bool convert(const QVariant& value, QStringList& out) {
    out = value.toStringList();
    return true;
  }
  static bool convert(const QVariant& value, double& out) {
    bool ok = false;
    out = value.toDouble(&ok);
    return ok && std::isfinite(out);
  }
  static bool convert(const QVariant& value, qint64& out) {
    bool ok = false;
    out = value.toLongLong(&ok);
    return ok;
  }
  static bool convert(const QVariant& value, int& out) {
    bool ok = false;
    out = value.toInt(&ok);
    return ok;
  }

  QSettings& settings_;
  QStringList problems_;
};

const auto anything = [](const auto&) { return true; };

void readSampling(QSettings& settings, QHash<QString, engine::SamplingOptions>& out) {
  const int n = std::min(settings.beginReadArray(QStringLiteral("sampling")), kMaxSamplingEntries);
  for (int i = 0; i < n; ++i) {
    settings.setArrayIndex(i);
    const QString path = settings.value(QStringLiteral("checkpoint")).toString();
    if (path.isEmpty()) continue;
    engine::SamplingOptions s;
    const auto number = [&settings](const char* key, float standard) {
      return settings.value(QLatin1String(key), static_cast<double>(standard)).toFloat();
    };
    s.temperature = number("temperature", s.temperature);
    s.top_k = settings.value(QStringLiteral("topK"), s.top_k).toInt();
    s.top_p = number("topP", s.top_p);
    s.min_p = number("minP", s.min_p);
    s.repetition_penalty = number("repetitionPenalty", s.repetition_penalty);
    s.max_tokens = settings.value(QStringLiteral("maxTokens"), s.max_tokens).toInt();
    const QVariant seed = settings.value(QStringLiteral("seed"));
    bool hasSeed = false;
    const quint64 value = seed.toULongLong(&hasSeed);
    if (hasSeed) s.seed = value;
    out.insert(path, clampSampling(s));
  }
  settings.endArray();
}

void writeSampling(QSettings& settings, const QHash<QString, engine::SamplingOptions>& sampling) {
  settings.beginWriteArray(QStringLiteral("sampling"), static_cast<int>(sampling.size()));
  int i = 0;
  for (auto it = sampling.cbegin(); it != sampling.cend(); ++it, ++i) {
    settings.setArrayIndex(i);
    const engine::SamplingOptions& s = it.value();
    settings.setValue(QStringLiteral("checkpoint"), it.key());
    settings.setValue(QStringLiteral("temperature"), static_cast<double>(s.temperature));
    settings.setValue(QStringLiteral("topK"), s.top_k);
    settings.setValue(QStringLiteral("topP"), static_cast<double>(s.top_p));
    settings.setValue(QStringLiteral("minP"), static_cast<double>(s.min_p));
    settings.setValue(QStringLiteral("repetitionPenalty"),
                      static_cast<double>(s.repetition_penalty));
    settings.setValue(QStringLiteral("maxTokens"), s.max_tokens);
    if (s.seed) settings.setValue(QStringLiteral("seed"), QString::number(*s.seed));
  }
  settings.endArray();
}

QStringList readAll(QSettings& settings, SettingsValues& values) {
  Reader reader(settings);
  int theme = static_cast<int>(values.theme);
  int layout = static_cast<int>(values.layout);
  qint64 lastConversation = 0;
  reader.read(QStringLiteral("view/theme"), theme, [](int v) { return v >= 0 && v <= 2; });
  reader.read(QStringLiteral("view/layout"), layout, [](int v) { return v >= 0 && v <= 2; });
  reader.read(QStringLiteral("view/fontScale"), values.fontScale,
              [](double v) { return v >= 0.75 && v <= 2.0; });
  reader.read(QStringLiteral("view/language"), values.language,
              [](const QString& v) { return v.size() <= 16; });
  reader.read(QStringLiteral("model/contextLength"), values.contextLength,
              [](qint64 v) { return v >= 0 && v <= (qint64{1} << 30); });
  reader.read(QStringLiteral("model/threads"), values.nThreads,
              [](int v) { return v >= 0 && v <= 1024; });
  int usesGpu = values.usesGpu ? 1 : 0;
  reader.read(QStringLiteral("model/usesGpu"), usesGpu, [](int v) { return v == 0 || v == 1; });
  values.usesGpu = usesGpu == 1;
  reader.read(QStringLiteral("model/last"), values.lastCheckpoint, anything);
  reader.read(QStringLiteral("model/recent"), values.recentCheckpoints, anything);
  reader.read(QStringLiteral("chat/systemPrompt"), values.systemPrompt, anything);
  reader.read(QStringLiteral("chat/lastConversation"), lastConversation, anything);
  values.theme = static_cast<Theme>(theme);
  values.layout = static_cast<Layout>(layout);
  values.lastConversation = ConversationId{lastConversation};
  values.recentCheckpoints = values.recentCheckpoints.mid(0, kMaxRecent);
  readSampling(settings, values.samplingByModel);
  return reader.problems();
}

QByteArray contentsOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Copies the file beside itself under a free name (once: a copy with the same bytes will do); ""
/// when that fails.
QString setAside(const QString& file) {
  const QFileInfo info(file);
  const QDir folder = info.dir();
  for (const QString& name : folder.entryList({info.fileName() + QStringLiteral(".bad-*")})) {
    if (contentsOf(folder.filePath(name)) == contentsOf(file)) return folder.filePath(name);
  }
  const QString stamp = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss"));
  for (int i = 0; i < 100; ++i) {
    const QString suffix = i == 0 ? QString() : QStringLiteral("-%1").arg(i);
    const QString target = QStringLiteral("%1.bad-%2%3").arg(file, stamp, suffix);
    if (!QFile::exists(target)) return QFile::copy(file, target) ? target : QString();
  }
  return {};
}

}  // namespace

AppSettings::AppSettings(const QString& file, QObject* parent) : QObject(parent), file_(file) {
  if (!file_.isEmpty()) read();
}

AppSettings::~AppSettings() { flush(); }

void AppSettings::read() {
  if (!QFile::exists(file_)) return;  // the first start
  QString problem;
  {
    QSettings settings(file_, QSettings::IniFormat);
    const int version = settings.value(QStringLiteral("version"), 0).toInt();
    const int nKeys = settings.value(QStringLiteral("keys"), -1).toInt();
    if (settings.status() != QSettings::NoError || version < 1) {
      problem = tr("it is not a settings file of this program");
    } else if (version > kFormatVersion) {
      problem = tr("it was written by a newer version (format %1)").arg(version);
    } else if (nKeys < settings.allKeys().size() - 2) {
      problem = tr("it is not a settings file of this program");
    } else if (nKeys > settings.allKeys().size() - 2) {
      problem = tr("it is incomplete: %n of its settings are missing", nullptr,
                   static_cast<int>(nKeys - settings.allKeys().size() + 2));
    } else {
      const QStringList unusable = readAll(settings, values_);
      if (unusable.isEmpty()) return;
      problem = tr("unusable values: %1").arg(unusable.join(QStringLiteral("; ")));
    }
  }
  const QString copy = setAside(file_);
  startNotice_ = Notice{
      NoticeSeverity::Warning, QStringLiteral("settings"),
      tr("Some settings have their defaults now, because of the settings file: %1.").arg(problem),
      copy.isEmpty() ? QString() : tr("The file was kept as %1.").arg(copy)};
}

void AppSettings::setValues(const SettingsValues& values) {
  if (values_ == values) return;
  values_ = values;
  values_.recentCheckpoints = values_.recentCheckpoints.mid(0, kMaxRecent);
  dirty_ = true;
  if (!writeScheduled_) {
    writeScheduled_ = true;
    QTimer::singleShot(300, this, &AppSettings::flush);
  }
  Q_EMIT changed();
}

void AppSettings::flush() {
  writeScheduled_ = false;
  if (!dirty_ || file_.isEmpty()) return;
  dirty_ = false;
  if (write()) return;
  Q_EMIT noticeRaised({NoticeSeverity::Warning, QStringLiteral("settings"),
                       tr("The settings could not be saved to %1.").arg(file_),
                       tr("Check that the folder exists and is writable.")});
}

bool AppSettings::write() {
  QSettings settings(file_, QSettings::IniFormat);
  settings.clear();
  settings.setValue(QStringLiteral("view/theme"), static_cast<int>(values_.theme));
  settings.setValue(QStringLiteral("view/layout"), static_cast<int>(values_.layout));
  settings.setValue(QStringLiteral("view/fontScale"), values_.fontScale);
  settings.setValue(QStringLiteral("view/language"), values_.language);
  settings.setValue(QStringLiteral("model/contextLength"), values_.contextLength);
  settings.setValue(QStringLiteral("model/threads"), values_.nThreads);
  settings.setValue(QStringLiteral("model/usesGpu"), values_.usesGpu ? 1 : 0);
  settings.setValue(QStringLiteral("model/last"), values_.lastCheckpoint);
  settings.setValue(QStringLiteral("model/recent"), values_.recentCheckpoints);
  settings.setValue(QStringLiteral("chat/systemPrompt"), values_.systemPrompt);
  settings.setValue(QStringLiteral("chat/lastConversation"),
                    QString::number(values_.lastConversation.value));
  writeSampling(settings, values_.samplingByModel);
  // A cut file has fewer keys than it says.
  settings.setValue(QStringLiteral("keys"), settings.allKeys().size());
  settings.setValue(QStringLiteral("version"), kFormatVersion);
  settings.sync();
  return settings.status() == QSettings::NoError;
}

engine::SamplingOptions samplingDefaults(const engine::GenerationDefaults& defaults) {
  engine::SamplingOptions options;
  options.temperature = defaults.temperature.value_or(options.temperature);
  options.top_k = defaults.top_k.value_or(options.top_k);
  options.top_p = defaults.top_p.value_or(options.top_p);
  options.min_p = defaults.min_p.value_or(options.min_p);
  options.repetition_penalty = defaults.repetition_penalty.value_or(options.repetition_penalty);
  options.max_tokens = defaults.max_new_tokens.value_or(options.max_tokens);
  if (defaults.do_sample == false) options.temperature = 0.0F;
  return clampSampling(options);
}

engine::SamplingOptions clampSampling(engine::SamplingOptions options) {
  const auto inside = [](float value, float low, float high, float standard) {
    return std::isnan(value) ? standard : std::clamp(value, low, high);
  };
  const engine::SamplingOptions standard;
  options.temperature = inside(options.temperature, 0.0F, 100.0F, standard.temperature);
  options.top_k = std::max(0, options.top_k);
  options.top_p = inside(options.top_p, 0.0F, 1.0F, standard.top_p);
  options.min_p = inside(options.min_p, 0.0F, 1.0F, standard.min_p);
  options.repetition_penalty =
      inside(options.repetition_penalty, 0.01F, 100.0F, standard.repetition_penalty);
  options.max_tokens = std::max(0, options.max_tokens);
  return options;
}

}  // namespace app
