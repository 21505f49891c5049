// The tensor list's states: listing, reading one tensor, stopping, and what cannot be read.
#include "app/tensor_browser.h"

#include "app/engine_bridge.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"

namespace {

using app::TensorListState;
using app::TensorReadState;

class TensorBrowserTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void listsAndReads();
  void saysWhyNothingIsListed();
  void aTensorThatCannotBeReadSaysWhy();
  void readingStopsWithTheSelection();
  void anotherCheckpointForgetsTheFirst();
  void endsWhileReading();
};

std::shared_ptr<fake::Control> quietControl() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  return control;
}

void TensorBrowserTest::listsAndReads() {
  app::EngineBridge bridge(fake::factory(quietControl()));
  app::TensorBrowser browser(bridge);
  QCOMPARE(browser.state(), TensorListState::Empty);
  browser.open(QStringLiteral("/model"));
  QCOMPARE(browser.state(), TensorListState::Reading);
  QTRY_COMPARE(browser.state(), TensorListState::Ready);
  QCOMPARE(browser.rows()->size(), std::size_t{3});
  QCOMPARE(browser.selected(), nullptr);
  browser.read();  // nothing is selected: nothing happens
  QCOMPARE(browser.readState(), TensorReadState::NotAsked);
  browser.select(1);
  QCOMPARE(browser.selected()->name, std::string("good"));
  browser.read();
  QCOMPARE(browser.readState(), TensorReadState::Reading);
  QTRY_COMPARE(browser.readState(), TensorReadState::Ready);
  QCOMPARE(browser.statistics()->n_elements, std::int64_t{32});
  browser.select(0);
  QCOMPARE(browser.readState(), TensorReadState::NotAsked);
  QVERIFY(!browser.statistics());
  browser.select(1);  // known already
  QCOMPARE(browser.readState(), TensorReadState::Ready);
  browser.select(99);
  QCOMPARE(browser.selected(), nullptr);
}

void TensorBrowserTest::saysWhyNothingIsListed() {
  app::EngineBridge bridge(fake::factory(quietControl()));
  app::TensorBrowser browser(bridge);
  browser.open(QStringLiteral("/nothing"));
  QTRY_COMPARE(browser.state(), TensorListState::Failed);
  QCOMPARE(browser.problem(), QStringLiteral("/nothing: found no tensors"));
  QCOMPARE(browser.rows(), nullptr);
}

void TensorBrowserTest::aTensorThatCannotBeReadSaysWhy() {
  app::EngineBridge bridge(fake::factory(quietControl()));
  app::TensorBrowser browser(bridge);
  browser.open(QStringLiteral("/model"));
  QTRY_COMPARE(browser.state(), TensorListState::Ready);
  browser.select(0);
  browser.read();
  QTRY_COMPARE(browser.readState(), TensorReadState::Failed);
  QCOMPARE(browser.readProblem(), QStringLiteral("bad: found BOOL"));
}

void TensorBrowserTest::readingStopsWithTheSelection() {
  app::EngineBridge bridge(fake::factory(quietControl()));
  app::TensorBrowser browser(bridge);
  browser.open(QStringLiteral("/model"));
  QTRY_COMPARE(browser.state(), TensorListState::Ready);
  QSignalSpy ended(&bridge, &app::EngineBridge::tensorStatisticsReady);
  browser.select(2);
  browser.read();
  QCOMPARE(browser.readState(), TensorReadState::Reading);
  browser.cancelRead();
  QCOMPARE(browser.readState(), TensorReadState::NotAsked);
  QTRY_COMPARE(ended.size(), 1);
  browser.read();
  browser.select(1);  // ends the slow one, also when nothing else is read
  QTRY_COMPARE(ended.size(), 2);
  browser.read();
  QTRY_COMPARE(browser.readState(), TensorReadState::Ready);
  QCOMPARE(browser.statistics()->highest, 1.0F);
}

void TensorBrowserTest::anotherCheckpointForgetsTheFirst() {
  app::EngineBridge bridge(fake::factory(quietControl()));
  app::TensorBrowser browser(bridge);
  browser.open(QStringLiteral("/model"));
  QTRY_COMPARE(browser.state(), TensorListState::Ready);
  browser.select(1);
  browser.read();
  QTRY_COMPARE(browser.readState(), TensorReadState::Ready);
  browser.open(QStringLiteral("/nothing"));
  QCOMPARE(browser.selected(), nullptr);
  QCOMPARE(browser.readState(), TensorReadState::NotAsked);
  QTRY_COMPARE(browser.state(), TensorListState::Failed);
  browser.open({});
  QCOMPARE(browser.state(), TensorListState::Empty);
}

void TensorBrowserTest::endsWhileReading() {
  app::EngineBridge bridge(fake::factory(quietControl()));
  app::TensorBrowser browser(bridge);
  browser.open(QStringLiteral("/model"));
  QTRY_COMPARE(browser.state(), TensorListState::Ready);
  browser.select(2);
  browser.read();
  QTest::qWait(5);  // the destructors must stop a read that never ends by itself
}

}  // namespace

QTEST_GUILESS_MAIN(TensorBrowserTest)
#include "tensor_browser_test.moc"
