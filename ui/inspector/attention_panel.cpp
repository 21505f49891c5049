// The attention dock: controls, bars, score parts, head map, legend.
// The heat for the chat's text is the place of each weight on the very scale that the bars use.
#include "ui/inspector/attention_panel.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QResizeEvent>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "ui/format.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/head_map_view.h"

namespace ui {
namespace {

constexpr std::array kFloors{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8};
constexpr int kDefaultFloor = 2;

}  // namespace

AttentionPanel::AttentionPanel(const Theme& theme, QWidget* parent)
    : InspectorPanel(theme, parent),
      slots_(new AttentionSlotsView(theme, this)),
      heads_(new HeadMapView(theme, this)),
      legend_(makeLegend(theme, this)),
      splitter_(new QSplitter(Qt::Vertical, this)) {
  setObjectName(QStringLiteral("attentionPanel"));
  setAccessibleName(tr("Attention"));
  setAccessibleDescription(tr(
      "Where the selected token reads among the cached tokens, in one layer, for one head or all"));
  createControls();
  splitter_->addWidget(slots_);
  splitter_->addWidget(heads_);
  splitter_->setStretchFactor(0, 3);
  splitter_->setStretchFactor(1, 2);
  column()->addWidget(splitter_, 1);
  column()->addWidget(legend_);
  connectViews();
  setModel(nullptr);
}

void AttentionPanel::createControls() {
  QHBoxLayout* row = addToolRow();
  headBox_ = new QComboBox(this);
  headBox_->setToolTip(tr("Head, or the mean or maximum over all heads of the layer ([ and ])"));
  headBox_->setAccessibleName(tr("Head"));
  row->addWidget(headBox_);
  scaleKind_ = addSegments(row, {tr("log"), tr("lin")},
                           {tr("Weights on a logarithmic scale"), tr("Weights on a linear scale")});
  floorBox_ = new QComboBox(this);
  for (const double floor : kFloors) floorBox_->addItem(tr("≥ %1").arg(format::value(floor)));
  floorBox_->setCurrentIndex(kDefaultFloor);
  floorBox_->setToolTip(tr("The lower end of the logarithmic scale"));
  floorBox_->setAccessibleName(tr("Lower end"));
  row->addWidget(floorBox_);
  row->addSpacing(theme().gap(1));
  clamp_ = addToggle(row, tr("sink"),
                     tr("Clamp the sink: the first token often takes most of the weight; let it go "
                        "beyond the scale, "
                        "and print what it holds"),
                     true);
  parts_ = addToggle(row, tr("parts"), tr("The content (latent) and the RoPE part of every score"),
                     true);
  allHeads_ = addToggle(row, tr("heads"), tr("Every head of the layer as a row"), true);
  row->addStretch(1);
  connect(headBox_, &QComboBox::activated, this, [this](int index) {
    app::HeadChoice choice;
    choice.mode = index == 0   ? app::HeadMode::Mean
                  : index == 1 ? app::HeadMode::Maximum
                               : app::HeadMode::Single;
    if (index > 1) choice.head = engine::HeadIndex(index - 2);
    Q_EMIT headPicked(choice);
  });
  connect(scaleKind_, &QButtonGroup::idClicked, this, &AttentionPanel::applyRange);
  connect(floorBox_, &QComboBox::currentIndexChanged, this, &AttentionPanel::applyRange);
  connect(clamp_, &QToolButton::toggled, this, &AttentionPanel::applyRange);
  connect(parts_, &QToolButton::toggled, this, [this](bool on) {
    slots_->setPartsVisible(on);
    applyLegend();
  });
  connect(allHeads_, &QToolButton::toggled, this, &AttentionPanel::applyHeads);
}

void AttentionPanel::connectViews() {
  connect(slots_, &AttentionSlotsView::slotClicked, this,
          [this](std::int64_t slot) { mark(slot); });
  connect(slots_, &AttentionSlotsView::slotActivated, this, &AttentionPanel::tokenPicked);
  connect(slots_, &AttentionSlotsView::slotHovered, this, &AttentionPanel::tokenHovered);
  connect(slots_, &AttentionSlotsView::pictureResized, this, [this] { applyLegend(); });
  connect(this, &InspectorPanel::stepRequested, this, [this](SelectionStep step) {
    if (step == SelectionStep::Clear) mark(std::nullopt);
  });
  // Nobody sees the scale of a hidden panel: then the chat is not coloured either.
  connect(this, &InspectorPanel::visibilityChanged, this, &AttentionPanel::applyHeat);
  connect(heads_, &HeadMapView::slotHovered, this, [this](std::int64_t slot) {
    slots_->setHoveredSlot(slot < 0 ? std::nullopt : std::optional(slot));
    Q_EMIT tokenHovered(slot);
  });
  connect(heads_, &HeadMapView::cellClicked, this, [this](int head, std::int64_t slot) {
    mark(slot);
    Q_EMIT headPicked({app::HeadMode::Single, engine::HeadIndex(head)});
  });
}

void AttentionPanel::setModel(std::shared_ptr<const engine::ModelInfo> info) {
  info_ = std::move(info);
  rows_.reset();
  labels_.clear();
  part_ = {};
  fillHeads();
  applySlice();
}

void AttentionPanel::fillHeads() {
  headBox_->clear();
  headBox_->addItem(tr("mean"));
  headBox_->addItem(tr("max"));
  const auto nHeads = info_ ? static_cast<int>(info_->config.num_attention_heads) : 0;
  const bool shared = info_ && info_->config.attention_kind() == engine::AttentionKind::Gqa &&
                      info_->config.num_key_value_heads < info_->config.num_attention_heads;
  for (int head = 0; head < nHeads; ++head) {
    QString name = QStringLiteral("H%1").arg(head);
    if (shared) {
      name += QStringLiteral(" · KV%1").arg(head * info_->config.num_key_value_heads / nHeads);
    }
    headBox_->addItem(name);
  }
  const bool latent = !info_ || info_->config.attention_kind() == engine::AttentionKind::Mla;
  parts_->setText(latent ? tr("parts") : tr("score"));
  parts_->setToolTip(latent ? tr("The content (latent) and the RoPE part of every score")
                            : tr("Every score before softmax. This model rotates whole keys: a "
                                 "score has no content and RoPE part"));
  setHead(head_);
}

/// What is cached, where it is not MLA's latent.
QString AttentionPanel::cacheText() const {
  if (!info_ || info_->config.attention_kind() == engine::AttentionKind::Mla) return {};
  const engine::ModelConfig& config = info_->config;
  const QString nCached = format::count(config.num_key_value_heads);
  QString text = config.num_key_value_heads == config.num_attention_heads
                     ? tr("cached: keys and values of each of %1 heads").arg(nCached)
                     : tr("cached: keys and values of %1 heads, shared by %2 query heads")
                           .arg(nCached, format::count(config.num_attention_heads));
  if (config.sliding_window > 0) {
    text += QStringLiteral(" · ") +
            tr("sliding window of %1 tokens").arg(format::count(config.sliding_window));
  }
  return text;
}

void AttentionPanel::setHead(app::HeadChoice head) {
  head_ = head;
  const int index = head.mode == app::HeadMode::Mean      ? 0
                    : head.mode == app::HeadMode::Maximum ? 1
                                                          : 2 + head.head.value;
  headBox_->setCurrentIndex(std::min(index, headBox_->count() - 1));
  heads_->setSelectedHead(head.mode == app::HeadMode::Single ? head.head.value : -1);
  applySlice();
}

void AttentionPanel::setAttention(const app::InspectionPart& part,
                                  std::shared_ptr<const engine::AttentionRows> rows,
                                  std::vector<TokenLabel> labels) {
  part_ = part;
  rows_ = std::move(rows);
  labels_ = std::move(labels);
  applySlice();
}

void AttentionPanel::setHoveredToken(std::optional<std::int64_t> position) {
  slots_->setHoveredSlot(position);
}

AttentionRange AttentionPanel::range() const {
  AttentionRange range;
  range.kind = scaleKind_->checkedId() == 0 ? ScaleKind::Log : ScaleKind::Linear;
  range.floor = kFloors[static_cast<std::size_t>(std::max(0, floorBox_->currentIndex()))];
  range.clampSink = clamp_->isChecked();
  return range;
}

void AttentionPanel::applyRange() {
  floorBox_->setEnabled(scaleKind_->checkedId() == 0);
  slots_->setRange(range());
  heads_->setScale(slots_->scale());
  applyLegend();
  applyHeat();
}

void AttentionPanel::applySlice() {
  const bool stale = part_.state == app::InspectionState::Pending;
  const AttentionSlice slice = rows_ ? sliceAttention(*rows_, head_) : AttentionSlice{};
  QString message;
  if (!info_) {
    message = tr("Open a checkpoint and send a message to see where the heads read.");
  } else if (slice.weights.empty()) {
    message = missingText(part_);
  }
  legend_->setMinimumHeight(0);
  slots_->setMessage(message);
  slots_->setSlice(slice, labels_, stale);
  heads_->setRows(rows_, labels_, stale);
  applyHeads();
  legend_->setVisible(message.isEmpty());
  heads_->setMarkedSlot(slots_->markedSlot());
  applyRange();
}

void AttentionPanel::applyLegend() {
  QString text = slots_->legend();
  const QString cache = cacheText();
  if (!cache.isEmpty()) text += QStringLiteral(" · ") + cache;
  // What the pointer's tooltip says, for those who come by keyboard.
  const QString marked = slots_->readout(slots_->markedSlot().value_or(-1));
  if (!marked.isEmpty()) text += QLatin1Char('\n') + onOneLine(marked);
  legend_->setText(text);
  // The legend's height decides what the bars have room for, and that decides the legend's text: it
  // may only grow until the next slice or width, or the two would chase each other.
  legend_->setMinimumHeight(
      std::max(legend_->minimumHeight(), legend_->heightForWidth(legend_->width())));
}

// In a low dock the bars keep the room.
void AttentionPanel::applyHeads() {
  const bool room = height() >= theme().gap(62);
  heads_->setVisible(room && slots_->message().isEmpty() && allHeads_->isChecked());
}

void AttentionPanel::resizeEvent(QResizeEvent* event) {
  InspectorPanel::resizeEvent(event);
  if (event->size().width() != event->oldSize().width()) legend_->setMinimumHeight(0);
  applyHeads();
}

void AttentionPanel::applyHeat() {
  std::vector<TokenHeat> heat;
  if (part_.state == app::InspectionState::Ready && isVisible()) {
    const std::vector<float>& weights = slots_->slice().weights;
    heat.reserve(weights.size());
    for (std::size_t at = 0; at < weights.size(); ++at) {
      const double place = slots_->scale().place(static_cast<double>(weights[at]));
      heat.push_back({static_cast<std::int64_t>(at), static_cast<float>(place), weights[at]});
    }
  }
  if (heat == heat_) return;
  heat_ = std::move(heat);
  Q_EMIT tokenHeatChanged(heat_);
}

void AttentionPanel::mark(std::optional<std::int64_t> slot) {
  slots_->setMarkedSlot(slot);
  heads_->setMarkedSlot(slot);
  applyLegend();
}

void AttentionPanel::moveMark(int step) {
  const auto nSlots = static_cast<std::int64_t>(slots_->slice().weights.size());
  if (nSlots == 0) return;
  const std::int64_t from = slots_->markedSlot().value_or(step > 0 ? -1 : nSlots);
  mark(std::clamp<std::int64_t>(from + step, 0, nSlots - 1));
}

void AttentionPanel::activateMark() {
  if (const auto slot = slots_->markedSlot()) Q_EMIT tokenPicked(*slot);
}

}  // namespace ui
