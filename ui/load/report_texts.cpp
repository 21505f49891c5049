#include "ui/load/report_texts.h"

#include <QCoreApplication>

#include "ui/format.h"

namespace ui {
namespace {

struct Texts {
  Q_DECLARE_TR_FUNCTIONS(ReportTexts)
};

QString ropeText(const engine::RopeScaling& scaling) {
  const QString factor = format::exact(static_cast<float>(scaling.factor));
  switch (scaling.kind) {
    case engine::RopeScalingKind::Linear:
      return Texts::tr(", RoPE stretched %1×").arg(factor);
    case engine::RopeScalingKind::Yarn:
      return Texts::tr(", YaRN %1×").arg(factor);
    case engine::RopeScalingKind::Llama3:
      return Texts::tr(", Llama 3 RoPE %1×").arg(factor);
    case engine::RopeScalingKind::None:
      break;
  }
  return {};
}

QString latentText(const engine::ModelConfig& config) {
  const QString query = config.q_lora_rank > 0
                            ? Texts::tr("query rank %1").arg(format::count(config.q_lora_rank))
                            : Texts::tr("plain query");
  return Texts::tr("MLA, %1 heads, latent %2 + %3 RoPE, %4")
      .arg(format::count(config.num_attention_heads), format::count(config.kv_lora_rank),
           format::count(config.qk_rope_head_dim), query);
}

QString headsText(const engine::ModelConfig& config) {
  const QString heads = format::count(config.num_attention_heads);
  const QString width = format::count(config.head_dim);
  if (config.num_key_value_heads == config.num_attention_heads) {
    return Texts::tr("MHA, %1 heads of %2, each with its own keys and values").arg(heads, width);
  }
  if (config.num_key_value_heads == 1) {
    return Texts::tr("MQA, %1 heads of %2 share one key-value head").arg(heads, width);
  }
  return Texts::tr("GQA, %1 heads of %2 share %3 key-value heads")
      .arg(heads, width, format::count(config.num_key_value_heads));
}

QString affinityText(const engine::ModelConfig& config) {
  const QString n = format::count(config.n_routed_experts);
  const bool biased = config.topk_method == engine::TopkMethod::NoauxTc;
  if (config.scoring_func == engine::ScoreFunction::Softmax) {
    return biased ? Texts::tr("Softmax over %1 experts, plus a bias for choosing only").arg(n)
                  : Texts::tr("Softmax over %1 experts").arg(n);
  }
  return biased ? Texts::tr("Sigmoid affinity of %1 experts, plus a bias for choosing only").arg(n)
                : Texts::tr("Sigmoid affinity of %1 experts").arg(n);
}

QString groupsText(const engine::ModelConfig& config) {
  if (config.n_group <= 1 || config.topk_method == engine::TopkMethod::Greedy) return {};
  const QString all = format::count(config.n_group);
  const QString open = format::count(config.topk_group);
  return config.topk_method == engine::TopkMethod::NoauxTc
             ? Texts::tr("; %1 of %2 groups open, scored by the sum of their two best")
                   .arg(open, all)
             : Texts::tr("; %1 of %2 groups open, scored by their best expert").arg(open, all);
}

}  // namespace

QString expertsText(const engine::ModelConfig& config) {
  if (config.n_routed_experts == 0) return Texts::tr("none (dense model)");
  return Texts::tr("%1 routed, %2 per token, %3 shared")
      .arg(format::count(config.n_routed_experts), format::count(config.num_experts_per_tok),
           format::count(config.n_shared_experts));
}

QString attentionText(const engine::ModelConfig& config) {
  const bool latent = config.attention_kind() == engine::AttentionKind::Mla;
  QString text = latent ? latentText(config) : headsText(config);
  text += ropeText(config.rope_scaling);
  if (config.sliding_window > 0) {
    text += Texts::tr(", sliding window of %1 tokens").arg(format::count(config.sliding_window));
  }
  if (config.index_n_heads > 0) {
    text +=
        Texts::tr(", an indexer picks %1 slots per token").arg(format::count(config.index_topk));
  }
  return text;
}

QString routerText(const engine::ModelConfig& config) {
  if (config.n_routed_experts == 0) {
    return Texts::tr("None: a dense model, every token takes the same MLP");
  }
  const QString chosen = format::count(config.num_experts_per_tok);
  if (config.architecture == engine::Architecture::Mixtral) {
    return Texts::tr("The best %1 of %2 experts by logit; weights: a softmax over the chosen")
        .arg(chosen, format::count(config.n_routed_experts));
  }
  QString text = affinityText(config) + groupsText(config);
  text += Texts::tr("; the best %1 are chosen").arg(chosen);
  text += config.scoring_func == engine::ScoreFunction::Sigmoid
              ? Texts::tr("; weights: the affinities")
              : Texts::tr("; weights: the softmax");
  if (config.norm_topk_prob) text += Texts::tr(", divided by their sum");
  if (config.routed_scaling_factor != 1.0) {
    text += Texts::tr(", times %1")
                .arg(format::exact(static_cast<float>(config.routed_scaling_factor)));
  }
  return text;
}

QString partName(engine::ModelPart part) {
  switch (part) {
    case engine::ModelPart::Embedding:
      return Texts::tr("embedding");
    case engine::ModelPart::Attention:
      return Texts::tr("attention");
    case engine::ModelPart::Indexer:
      return Texts::tr("indexer");
    case engine::ModelPart::DenseMlp:
      return Texts::tr("dense MLP");
    case engine::ModelPart::Router:
      return Texts::tr("router");
    case engine::ModelPart::RoutedExperts:
      return Texts::tr("routed experts");
    case engine::ModelPart::SharedExperts:
      return Texts::tr("shared experts");
    case engine::ModelPart::Norms:
      return Texts::tr("norms");
    case engine::ModelPart::OutputHead:
      return Texts::tr("output head");
    case engine::ModelPart::Mtp:
      return Texts::tr("MTP layers");
    case engine::ModelPart::Other:
      break;
  }
  return Texts::tr("not used");
}

QString activatedText() {
  return Texts::tr(
      "Activated: what one token is multiplied with. All but the embedding and the experts that "
      "are not chosen; the output head is counted.");
}

QString formName(engine::WeightFormat form) {
  switch (form) {
    case engine::WeightFormat::AsStored:
      return Texts::tr("As stored, mapped");
    case engine::WeightFormat::Q8_0:
      return Texts::tr("Q8_0");
    case engine::WeightFormat::Q4_K:
      break;
  }
  return Texts::tr("Experts Q4_K, the rest Q8_0");
}

}  // namespace ui
