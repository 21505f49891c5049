// Settings and library: round trip, bad files set aside, limits.

#include "app/app_settings.h"
#include "app/model_library.h"
#include "tests/support/patience.h"

using namespace app;

namespace {

QByteArray contents(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
  file.write(bytes);
}

SettingsValues example() {
  SettingsValues values;
  values.theme = Theme::Dark;
  values.fontScale = 1.25;
  values.language = "zh_CN";
  values.layout = Layout::Study;
  values.contextLength = 8192;
  values.nThreads = 3;
  values.systemPrompt = "Sei knapp: \"ja\"; [nein]\n深";
  values.lastConversation = ConversationId{0x7fffffffffffffff};
  values.lastCheckpoint = "/models/a, b=c";
  values.recentCheckpoints = {"/models/a, b=c", "/other"};
  engine::SamplingOptions sampling;
  sampling.temperature = 0.7F;
  sampling.top_k = 40;
  sampling.seed = 0xffffffffffffffffULL;
  values.samplingByModel.insert("/models/a, b=c", sampling);
  return values;
}

}  // namespace

class AppSettingsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { dir_ = std::make_unique<QTemporaryDir>(); }
  void roundTrip();
  void firstStartHasNoNotice();
  void everyCutIsNoticedOrHarmless();
  void badFiles_data();
  void badFiles();
  void unwritablePlace();
  void samplingRules();
  void library();

 private:
  QString file() const { return dir_->filePath("settings.ini"); }
  QStringList asides() const { return QDir(dir_->path()).entryList({"settings.ini.bad-*"}); }
  std::unique_ptr<QTemporaryDir> dir_;
};

void AppSettingsTest::roundTrip() {
  {
    AppSettings settings(file());
    settings.setValues(example());
  }
  AppSettings again(file());
  QVERIFY(!again.startNotice());
  QCOMPARE(again.values(), example());
}

void AppSettingsTest::firstStartHasNoNotice() {
  AppSettings settings(file());
  QVERIFY(!settings.startNotice());
  QCOMPARE(settings.values(), SettingsValues{});
}

void AppSettingsTest::everyCutIsNoticedOrHarmless() {
  {
    AppSettings settings(file());
    settings.setValues(example());
  }
  const QByteArray whole = contents(file());
  for (qsizetype n = 0; n < whole.size(); n += 3) {
    write(file(), whole.left(n));
    AppSettings settings(file());
    if (!settings.startNotice()) {
      // Only line ends may be missing without notice.
      QVERIFY2(whole.mid(n).trimmed().size() <= 1 || settings.values() == example() ||
                   settings.values().fontScale == 1.25,
               qPrintable(QString::number(n)));
    }
    for (const QString& name : asides()) QFile::remove(dir_->filePath(name));
  }
}

void AppSettingsTest::badFiles_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("binary") << QByteArray::fromHex("00ff7f454c46020101");
  QTest::newRow("another program's") << QByteArray("[General]\ncolour=red\n");
  QTest::newRow("from the future") << QByteArray("[General]\nversion=99\nkeys=0\n");
  QTest::newRow("incomplete") << QByteArray("[General]\nversion=1\nkeys=5\n[view]\ntheme=1\n");
  QTest::newRow("wrong type") << QByteArray(
      "[General]\nversion=1\nkeys=1\n[view]\nfontScale=@Variant(abc)\n");
  QTest::newRow("out of range") << QByteArray("[General]\nversion=1\nkeys=1\n[view]\ntheme=77\n");
}

void AppSettingsTest::badFiles() {
  QFETCH(QByteArray, bytes);
  write(file(), bytes);
  AppSettings settings(file());
  QVERIFY(settings.startNotice().has_value());
  QCOMPARE(settings.values(), SettingsValues{});
  const AppSettings again(file());  // the same file is kept once
  QCOMPARE(asides().size(), 1);
  QCOMPARE(contents(dir_->filePath(asides().first())), bytes);
}

void AppSettingsTest::unwritablePlace() {
  AppSettings settings("/proc/no-such-folder/settings.ini");
  int nNotices = 0;
  connect(&settings, &AppSettings::noticeRaised, this, [&] { ++nNotices; });
  settings.setValues(example());
  settings.flush();
  QCOMPARE(nNotices, 1);
  QCOMPARE(settings.values(), example());
}

void AppSettingsTest::samplingRules() {
  engine::GenerationDefaults defaults;
  QCOMPARE(samplingDefaults(defaults), engine::SamplingOptions{});
  defaults.temperature = 0.6F;
  defaults.top_p = 0.95F;
  defaults.max_new_tokens = 2048;
  QCOMPARE(samplingDefaults(defaults).temperature, 0.6F);
  QCOMPARE(samplingDefaults(defaults).max_tokens, 2048);
  defaults.do_sample = false;
  QCOMPARE(samplingDefaults(defaults).temperature, 0.0F);
  engine::SamplingOptions wild;
  wild.temperature = std::numeric_limits<float>::quiet_NaN();
  wild.top_p = -1;
  wild.min_p = 2;
  wild.top_k = -4;
  wild.repetition_penalty = std::numeric_limits<float>::infinity();
  const engine::SamplingOptions tame = clampSampling(wild);
  QCOMPARE(tame.temperature, 1.0F);
  QCOMPARE(tame.top_p, 0.0F);
  QCOMPARE(tame.min_p, 1.0F);
  QCOMPARE(tame.top_k, 0);
  QCOMPARE(tame.repetition_penalty, 100.0F);
}

void AppSettingsTest::library() {
  AppSettings settings(file());
  const QString demo = dir_->filePath("demo");
  QDir().mkpath(demo);
  ModelLibrary library(settings, demo);
  QCOMPARE(library.startPath(), demo);
  for (int i = 0; i < 20; ++i) library.noteOpened(QString("/no/such/model-%1").arg(i));
  library.noteOpened("/no/such/model-15");
  QCOMPARE(library.recent().size(), ModelLibrary::kMaxRecent);
  QCOMPARE(library.recent().first().name, QString("model-15"));
  QVERIFY(library.recent().first().isMissing);
  QCOMPARE(library.startPath(), demo);  // the last one is gone
  library.noteOpened(dir_->path());
  QVERIFY(!library.recent().first().isMissing);
  QCOMPARE(library.startPath(), dir_->path());
  library.forget(dir_->path());
  QCOMPARE(library.recent().size(), ModelLibrary::kMaxRecent - 1);
  const QString installed = dir_->filePath("bin");
  QDir().mkpath(installed);
  QDir().mkpath(dir_->filePath("share/bathyscope/demo-model"));
  QCOMPARE(findDemoCheckpoint(installed), QString());
  write(dir_->filePath("share/bathyscope/demo-model/config.json"), "{}");
  QCOMPARE(findDemoCheckpoint(installed), dir_->filePath("share/bathyscope/demo-model"));
}

QTEST_GUILESS_MAIN(AppSettingsTest)
#include "app_settings_test.moc"
