// WindowFixture: a workspace over the fake engine, with a theme, for widget tests.
#pragma once

#include <QApplication>
#include <memory>

#include "app/workspace.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"
#include "ui/theme/theme.h"

namespace fixture {

/// Markdown with everything in it, as an answer.
inline std::string markdownAnswer() {
  return "## The sea\n\nThe sea is **deep**, *cold* and `blue`. 鲸 swim there 🌊.\n\n"
         "1. First the shore\n2. Then the shelf\n   - with weed\n   - and crabs\n3. Then the "
         "deep\n\n"
         "```python\ndef depth(metres):\n    return metres * 3.28084  # feet\n```\n\n"
         "| zone | depth |\n|---|---|\n| sunlight | 200 m |\n| twilight | 1,000 m |\n\n"
         "> The bathyscope looks down.\n\nSee [a page](https://example.org/sea).\n\n";
}

class Window {
 public:
  explicit Window(std::shared_ptr<fake::Control> control = std::make_shared<fake::Control>())
      : control_(std::move(control)) {
    app::WorkspaceOptions options;
    options.checkpoint = QStringLiteral("/fake/model");
    workspace_ = std::make_unique<app::Workspace>(options, fake::factory(control_));
    theme_.apply(*qobject_cast<QApplication*>(QCoreApplication::instance()));
  }
  app::Workspace& workspace() { return *workspace_; }
  app::ChatViewModel& chat() { return workspace_->chat(); }
  fake::Control& control() { return *control_; }
  ui::Theme& theme() { return theme_; }
  /// Loads the fake checkpoint and waits for it.
  bool start() {
    workspace_->start();
    return support::comes_true([this] { return chat().state() == app::ChatState::Idle; });
  }
  /// Sends a message and waits for the whole answer.
  bool ask(const QString& text) {
    return support::comes_true([this] { return chat().canSubmit(); }) && chat().submit(text) &&
           support::comes_true([this] { return chat().state() == app::ChatState::Idle; });
  }

 private:
  std::shared_ptr<fake::Control> control_;
  ui::Theme theme_;
  std::unique_ptr<app::Workspace> workspace_;
};

}  // namespace fixture
