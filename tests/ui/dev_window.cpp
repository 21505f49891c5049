// The real window over the fake engine: to look at it and to drive it by hand. Not shipped.
#include "tests/ui/window_fixture.h"
#include "ui/main_window.h"

int main(int argc, char** argv) {
  QApplication::setHighDpiScaleFactorRoundingPolicy(
      Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  QApplication application(argc, argv);
  const QStringList arguments = QApplication::arguments();
  auto control = std::make_shared<fake::Control>();
  control->answerText = "<think>\nThe user asks about the sea. I should be brief.\n</think>\n\n" +
                        fixture::markdownAnswer();
  control->nAnswerTokens = 190;
  control->tokenMicroseconds = 20'000;
  control->chunkMicroseconds = 200'000;
  control->loadStepMicroseconds = 300'000;
  control->loadSteps = 8;
  control->nLayers = 12;
  control->nExperts = 64;
  control->nActivated = 6;
  control->nHeads = 16;
  if (arguments.contains(QStringLiteral("fail"))) control->finish = engine::FinishReason::Failed;
  if (arguments.contains(QStringLiteral("noload")))
    control->loadFailure =
        "config.json › n_group: found 7, allowed a divisor of n_routed_experts (64); correct the "
        "file";
  if (arguments.contains(QStringLiteral("gpu"))) {
    const std::string gpu = "CUDA · NVIDIA GeForce RTX 4060 · compute capability 8.9";
    control->backends.back() = {engine::BackendKind::Cuda, true, gpu, 7'600'000'000, 8'188'000'000};
    control->realReports = true;
    control->backendDescription = gpu + " + CPU · AVX-512 VNNI · 2 threads";
    control->devicePlan = {26, 12, 369'000'000, 6'900'000'000, 4'428'000'000, 7'600'000'000};
  }
  fixture::Window window(control);
  if (arguments.contains(QStringLiteral("dark"))) {
    app::SettingsValues values = window.workspace().settings().values();
    values.theme = app::Theme::Dark;
    window.workspace().settings().setValues(values);
    window.theme().setMode(ui::ThemeMode::Dark);
  }
  window.theme().apply(application);
  QObject::connect(&window.theme(), &ui::Theme::changed, &window.theme(),
                   [&] { window.theme().apply(application); });
  ui::MainWindow main(window.workspace(), window.theme(), QString());
  main.show();
  window.workspace().start();
  return QApplication::exec();
}
