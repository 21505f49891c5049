// Composition root: reads settings and the command line, makes the workspace, shows the window.
// The one place that sees all layers.
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QLibraryInfo>
#include <QLocale>
#include <QStandardPaths>
#include <QTimer>
#include <QTranslator>

#include "app/engine_door.h"
#include "app/workspace.h"
#include "engine/base/mapping_guard.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"

namespace {

struct CommandLine {
  QString checkpoint;
  std::optional<qint64> contextLength;
  std::optional<int> nThreads;
};

CommandLine readCommandLine(const QApplication& application) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      QStringLiteral("Chat with a local DeepSeek-family model and see inside it while it speaks."));
  parser.addHelpOption();
  parser.addVersionOption();
  const QCommandLineOption context(
      QStringLiteral("context"), QStringLiteral("Context length in tokens."), QStringLiteral("N"));
  const QCommandLineOption threads(QStringLiteral("threads"), QStringLiteral("Number of threads."),
                                   QStringLiteral("N"));
  parser.addOption(context);
  parser.addOption(threads);
  parser.addPositionalArgument(QStringLiteral("checkpoint"),
                               QStringLiteral("Checkpoint folder or file to open."),
                               QStringLiteral("[checkpoint]"));
  parser.process(application);
  CommandLine line;
  const QStringList paths = parser.positionalArguments();
  if (!paths.isEmpty()) line.checkpoint = QDir().absoluteFilePath(paths.first());
  bool ok = false;
  const qint64 length = parser.value(context).toLongLong(&ok);
  if (ok && length > 0) line.contextLength = length;
  const int n = parser.value(threads).toInt(&ok);
  if (ok && n > 0) line.nThreads = n;
  return line;
}

// Ours and Qt's own texts, before any widget is made.
void installTranslations(QApplication& application, const QString& language) {
  const QLocale locale = language.isEmpty() ? QLocale::system() : QLocale(language);
  if (!language.isEmpty()) QLocale::setDefault(locale);
  const QString qtPath = QLibraryInfo::path(QLibraryInfo::TranslationsPath);
  for (const auto& [name, path] :
       {std::pair(QStringLiteral("qtbase"), qtPath),
        std::pair(QStringLiteral("bathyscope"), QStringLiteral(":/translations"))}) {
    auto* translator = new QTranslator(&application);
    if (translator->load(locale, name, QStringLiteral("_"), path)) {
      QCoreApplication::installTranslator(translator);
    }
  }
}

QString dataFile(QStandardPaths::StandardLocation location, const QString& name) {
  const QString folder = QStandardPaths::writableLocation(location);
  return QDir().mkpath(folder) ? folder + u'/' + name : QString();
}

}  // namespace

int main(int argc, char** argv) {
  engine::install_mapping_guard();
  QApplication::setHighDpiScaleFactorRoundingPolicy(
      Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("bathyscope"));
  QApplication::setApplicationVersion(QStringLiteral(BATHYSCOPE_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("bathyscope"));
  QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/bathyscope.svg")));
  const CommandLine line = readCommandLine(application);

  app::WorkspaceOptions options;
  options.settingsFile =
      dataFile(QStandardPaths::AppConfigLocation, QStringLiteral("settings.ini"));
  options.conversationsFile =
      dataFile(QStandardPaths::AppDataLocation, QStringLiteral("conversations.sqlite"));
  options.draftsFile = dataFile(QStandardPaths::AppDataLocation, QStringLiteral("drafts.json"));
  options.checkpoint = line.checkpoint;
  options.contextLength = line.contextLength;
  options.nThreads = line.nThreads;

  ui::Theme theme;
  {
    // The language must be known before the first translated text is made.
    const app::AppSettings settings(options.settingsFile);
    installTranslations(application, settings.values().language);
    theme.setMode(static_cast<ui::ThemeMode>(settings.values().theme));
    theme.setFontScale(settings.values().fontScale);
  }
  theme.apply(application);
  QObject::connect(&theme, &ui::Theme::changed, &theme, [&] { theme.apply(application); });

  app::Workspace workspace(options, app::realEngine());
  ui::MainWindow window(workspace, theme,
                        dataFile(QStandardPaths::AppConfigLocation, QStringLiteral("layout.ini")));
  window.show();
  // After the first frame: the window is there at once, whatever the disk does.
  QTimer::singleShot(0, &workspace, &app::Workspace::start);
  return QApplication::exec();
}
