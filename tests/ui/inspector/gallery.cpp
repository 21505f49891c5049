// A window with every panel of the inspector and made-up values, for looking at them. Not
// installed, not a test. Usage: inspector_gallery [light|dark] [demo|v3|long|empty|replay] [width
// height]
#include <QApplication>
#include <QHBoxLayout>
#include <QSplitter>
#include <QVBoxLayout>

#include "tests/ui/inspector/fake_values.h"
#include "ui/inspector/attention_panel.h"
#include "ui/inspector/cache_panel.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/next_token_panel.h"
#include "ui/inspector/timeline_strip.h"

namespace {

app::CacheLedger ledger(std::int64_t used) {
  app::CacheLedger out;
  out.contextLength = 32768;
  out.contextUsed = used;
  const std::pair<const char*, std::int64_t> kinds[] = {
      {"MLA latent", 35136}, {"MHA", 1998848}, {"GQA-8", 249856}, {"MQA", 31232}};
  for (const auto& [kind, elements] : kinds) {
    app::LedgerRow row;
    row.kind = QString::fromLatin1(kind);
    row.isThisModel = out.rows.isEmpty();
    row.elementsPerToken = elements;
    row.bytesPerToken = 2 * elements;
    row.bytesAtContext = row.bytesPerToken * out.contextLength;
    row.bytesNow = row.bytesPerToken * used;
    row.ratio = static_cast<double>(elements) / 35136.0;
    out.rows << row;
  }
  return out;
}

struct Panels {
  ui::ExpertsPanel experts;
  ui::AttentionPanel attention;
  ui::NextTokenPanel next;
  ui::CachePanel cache;
  ui::TimelineStrip timeline;
  explicit Panels(const ui::Theme& theme)
      : experts(theme), attention(theme), next(theme), cache(theme), timeline(theme) {}
};

void fill(Panels& panels, const QString& what) {
  const fake::Shape shape = what == QStringLiteral("v3") ? fake::v3Shape() : fake::Shape{};
  const std::int64_t n = what == QStringLiteral("long") || what == QStringLiteral("v3") ? 4000 : 48;
  const auto info = fake::modelInfo(shape);
  app::ExpertUsage usage;
  usage.resize(static_cast<int>(info->moe_layers.size()), shape.nExperts, shape.nActivated);
  double high = 0;
  for (std::uint32_t token = 0; token < 60; ++token) {
    const auto routing = fake::routing(*fake::decisions(*info, token), token);
    for (const float weight : routing->weights) high = std::max(high, static_cast<double>(weight));
    usage.add(*routing, token < 40);
  }
  const auto decisions = fake::decisions(*info, 59);
  const bool replay = what == QStringLiteral("replay");
  app::InspectionPart part;
  part.state = replay ? app::InspectionState::Pending : app::InspectionState::Ready;
  const std::int32_t layer = info->moe_layers[info->moe_layers.size() / 3];
  const auto names = fake::labels(n);
  const ui::TokenLabel& label = names.back();
  panels.experts.setModel(info);
  panels.experts.setUsage(usage);
  panels.experts.setWeightRange(high);
  panels.experts.setRouting(fake::routing(*decisions, n - 1));
  panels.experts.setDecisions(part, replay ? nullptr : decisions);
  panels.experts.setSelected(layer, decisions->front().expert_ids.front());
  panels.experts.header().setAddress(layer, n - 1, label);
  panels.experts.header().setStatus(replay ? QStringLiteral("recomputing…") : QString());
  panels.attention.setModel(info);
  panels.attention.setAttention(part, fake::attention(layer, shape.nHeads, n, 5), names);
  panels.attention.header().setAddress(layer, n - 1, label);
  panels.next.setModelPresent(true);
  app::InspectionPart ready;
  ready.state = app::InspectionState::Ready;
  panels.next.setNextToken(ready, fake::nextToken(!replay));
  panels.next.header().setAddress(std::nullopt, n - 1, label);
  panels.cache.setLedger(ledger(n));
  panels.timeline.setMarksFrom(0, fake::marks(n / 2, n - n / 2));
  panels.timeline.setSelected(n - 5, false);
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const QStringList arguments = QApplication::arguments();
  ui::Theme theme;
  theme.setMode(arguments.contains(QStringLiteral("dark")) ? ui::ThemeMode::Dark
                                                           : ui::ThemeMode::Light);
  theme.apply(application);
  QWidget window;
  Panels panels(theme);
  auto* lower = new QHBoxLayout;
  auto* right = new QVBoxLayout;
  right->addWidget(&panels.attention, 3);
  right->addWidget(&panels.next, 2);
  right->addWidget(&panels.cache, 1);
  lower->addWidget(&panels.experts, 1);
  lower->addLayout(right, 1);
  auto* all = new QVBoxLayout(&window);
  all->addLayout(lower, 1);
  all->addWidget(&panels.timeline);
  if (!arguments.contains(QStringLiteral("empty"))) fill(panels, arguments.value(2));
  window.setAttribute(Qt::WA_AlwaysShowToolTips);
  window.setWindowTitle(QStringLiteral("Inspector gallery"));
  window.resize(arguments.value(3, QStringLiteral("1000")).toInt(),
                arguments.value(4, QStringLiteral("900")).toInt());
  window.show();
  const int status = QApplication::exec();
  // The panels are members of this stack frame, not the window's to delete.
  for (QWidget* panel :
       {static_cast<QWidget*>(&panels.experts), static_cast<QWidget*>(&panels.attention),
        static_cast<QWidget*>(&panels.next), static_cast<QWidget*>(&panels.cache),
        static_cast<QWidget*>(&panels.timeline)}) {
    panel->setParent(nullptr);
  }
  return status;
}
