// Drafts outlive the program, however it ends.
#include "app/draft_store.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include "app/workspace.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"

namespace {

class DraftStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void isThereAfterAKill();
  void aDamagedFileLosesNothingElse();
  void emptyTextIsForgotten();
};

app::WorkspaceOptions optionsIn(const QTemporaryDir& folder) {
  app::WorkspaceOptions options;
  options.draftsFile = folder.filePath(QStringLiteral("drafts.json"));
  return options;
}

app::EngineFactory quietEngine() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  return fake::factory(control);
}

void DraftStoreTest::isThereAfterAKill() {
  const QTemporaryDir folder;
  app::Workspace first(optionsIn(folder), quietEngine());
  const QString text = QStringLiteral("鲸 \"quoted\"\nsecond line 🌊");
  first.drafts().setDraft(app::newConversationId(), text);
  // The first is never told to end: what the second reads is on the disk by itself.
  QTRY_VERIFY(QFile::exists(folder.filePath(QStringLiteral("drafts.json"))));
  app::Workspace second(optionsIn(folder), quietEngine());
  QCOMPARE(second.drafts().draft(app::newConversationId()), text);
}

void DraftStoreTest::aDamagedFileLosesNothingElse() {
  const QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("drafts.json")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write("{\"0\": \"half a fi");
  file.close();
  app::Workspace workspace(optionsIn(folder), quietEngine());
  QCOMPARE(workspace.drafts().draft(app::newConversationId()), QString());
  workspace.drafts().setDraft(app::newConversationId(), QStringLiteral("new"));
  workspace.drafts().flush();
  app::Workspace again(optionsIn(folder), quietEngine());
  QCOMPARE(again.drafts().draft(app::newConversationId()), QStringLiteral("new"));
}

void DraftStoreTest::emptyTextIsForgotten() {
  const QTemporaryDir folder;
  app::Workspace workspace(optionsIn(folder), quietEngine());
  workspace.drafts().setDraft(app::newConversationId(), QStringLiteral("text"));
  workspace.drafts().setDraft(app::newConversationId(), {});
  workspace.drafts().flush();
  QFile file(optionsIn(folder).draftsFile);
  QVERIFY(file.open(QIODevice::ReadOnly));
  QVERIFY(QJsonDocument::fromJson(file.readAll()).object().isEmpty());
  app::Workspace again(optionsIn(folder), quietEngine());
  QCOMPARE(again.drafts().draft(app::newConversationId()), QString());
}

}  // namespace

QTEST_GUILESS_MAIN(DraftStoreTest)
#include "draft_store_test.moc"
