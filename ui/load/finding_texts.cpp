// Titles by code. A code without a title shows itself, so that a new finding is never hidden.
#include "ui/load/finding_texts.h"

#include <QCoreApplication>
#include <QHash>

namespace ui {
namespace {

struct Texts {
  Q_DECLARE_TR_FUNCTIONS(FindingTexts)
};

QHash<QString, QString> fileTitles() {
  return {
      {QStringLiteral("path"), Texts::tr("the path leads to no checkpoint")},
      {QStringLiteral("cancelled"), Texts::tr("reading was cancelled")},
      {QStringLiteral("memory"), Texts::tr("more memory is needed than is free")},
      {QStringLiteral("internal"), Texts::tr("an unexpected failure")},
      {QStringLiteral("weights-missing"), Texts::tr("there are no weights")},
      {QStringLiteral("chat-template"), Texts::tr("the chat template cannot be read")},
      {QStringLiteral("tokenizer-missing"), Texts::tr("there is no tokenizer")},
      {QStringLiteral("tokenizer-invalid"), Texts::tr("the tokenizer cannot be read")},
      {QStringLiteral("tokenizer-unsupported"),
       Texts::tr("the tokenizer is not one this program reproduces")},
      {QStringLiteral("chat-template-fails"), Texts::tr("the chat template does not work")},
      {QStringLiteral("download-unfinished"), Texts::tr("a download is not finished")},
      {QStringLiteral("tokenizer-size"), Texts::tr("the tokenizer does not fit the model")},
      {QStringLiteral("index-missing"), Texts::tr("the index of the files is missing")},
      {QStringLiteral("index-invalid"), Texts::tr("the index of the files is not valid")},
      {QStringLiteral("total-size"), Texts::tr("the index gives another size")},
      {QStringLiteral("shard-missing"), Texts::tr("a file of the model is missing")},
      {QStringLiteral("mixed-shards"), Texts::tr("files of two downloads are mixed")},
      {QStringLiteral("file-invalid"), Texts::tr("a file breaks the rules of its format")},
      {QStringLiteral("file-name"), Texts::tr("a file's name is not allowed")},
      {QStringLiteral("hard-link"), Texts::tr("a file has several names")},
      {QStringLiteral("metadata"), Texts::tr("unusual metadata")},
      {QStringLiteral("gpu-not-used"), Texts::tr("the GPU is not used")},
      {QStringLiteral("quantised-otherwise"), Texts::tr("some matrices take another type")},
      {QStringLiteral("version"), Texts::tr("the format's version is not supported")},
      {QStringLiteral("gguf-several"), Texts::tr("the folder holds several GGUF models")},
      {QStringLiteral("gguf-odd"), Texts::tr("something odd in the GGUF file")},
      {QStringLiteral("split-name"), Texts::tr("the name of a part does not fit")},
  };
}

QHash<QString, QString> configTitles() {
  return {
      {QStringLiteral("config-missing-file"), Texts::tr("config.json is missing")},
      {QStringLiteral("config-unreadable"), Texts::tr("config.json cannot be read")},
      {QStringLiteral("config-json"), Texts::tr("config.json is not valid JSON")},
      {QStringLiteral("config-missing"), Texts::tr("a setting is missing")},
      {QStringLiteral("config-type"), Texts::tr("a setting has the wrong type")},
      {QStringLiteral("config-value"), Texts::tr("a setting has a value that is not allowed")},
      {QStringLiteral("config-rule"), Texts::tr("settings contradict each other")},
      {QStringLiteral("config-unsupported"),
       Texts::tr("a setting asks for what this program does not run")},
      {QStringLiteral("config-defaults"), Texts::tr("settings left to their defaults")},
      {QStringLiteral("model-type-missing"), Texts::tr("the architecture is not named")},
      {QStringLiteral("model-type-unsupported"),
       Texts::tr("the architecture is not one this program runs")},
      {QStringLiteral("quantisation-unsupported"),
       Texts::tr("the quantisation is not one this program reads")},
      {QStringLiteral("architectures"), Texts::tr("the architecture's name is unusual")},
      {QStringLiteral("code-reference"), Texts::tr("the checkpoint brings code; it is never run")},
      {QStringLiteral("path-reference"),
       Texts::tr("a setting points out of the folder; not followed")},
      {QStringLiteral("kv-heads-unused"), Texts::tr("a setting that has no effect")},
      {QStringLiteral("norm-ignored"), Texts::tr("a setting that has no effect")},
      {QStringLiteral("sliding-window-unused"), Texts::tr("a sliding window that is not used")},
      {QStringLiteral("window-unused"), Texts::tr("a sliding window that is not used")},
      {QStringLiteral("router-bias-missing"), Texts::tr("the router's bias is missing")},
      {QStringLiteral("expert-groups-known"),
       Texts::tr("the expert groups are those of the released model")},
      {QStringLiteral("rope-factors"), Texts::tr("RoPE factors do not fit")},
      {QStringLiteral("yarn-betas-missing"), Texts::tr("YaRN settings left to their defaults")},
      {QStringLiteral("yarn-factor-ratio"), Texts::tr("YaRN's factor and lengths disagree")},
      {QStringLiteral("yarn-multiplier-missing"), Texts::tr("a YaRN setting is missing")},
      {QStringLiteral("token-id-outside-vocabulary"),
       Texts::tr("a token outside the vocabulary is ignored")},
      {QStringLiteral("generation-config"), Texts::tr("sampling defaults cannot be read")},
  };
}

QHash<QString, QString> tensorTitles() {
  return {
      {QStringLiteral("tensor-missing"), Texts::tr("a tensor is missing")},
      {QStringLiteral("tensor-unexpected"), Texts::tr("a tensor this model does not have")},
      {QStringLiteral("tensor-unsupported"), Texts::tr("a tensor that cannot be read")},
      {QStringLiteral("tensor-twice"), Texts::tr("a tensor is there twice")},
      {QStringLiteral("tensor-unlisted"), Texts::tr("a tensor the index does not list")},
      {QStringLiteral("tensor-wrong-shard"),
       Texts::tr("a tensor lies in another file than the index says")},
      {QStringLiteral("tensor-not-in-shard"),
       Texts::tr("a tensor is not in the file the index names")},
      {QStringLiteral("tensor-in-two-shards"), Texts::tr("a tensor lies in two files")},
      {QStringLiteral("shape-mismatch"),
       Texts::tr("a tensor has another shape than the model needs")},
      {QStringLiteral("dtype-unsupported"),
       Texts::tr("a tensor has an element type that cannot be used")},
      {QStringLiteral("mixed-dtypes"), Texts::tr("element types are mixed")},
      {QStringLiteral("scale-missing"), Texts::tr("the scales of an FP8 matrix are missing")},
      {QStringLiteral("scale-unused"), Texts::tr("scales without an FP8 matrix")},
      {QStringLiteral("fused-fp8-unsupported"),
       Texts::tr("fused FP8 experts of this width cannot be used")},
      {QStringLiteral("layer-count-mismatch"),
       Texts::tr("there are more layers than the configuration says")},
      {QStringLiteral("layout-unsupported"),
       Texts::tr("the tensors are laid out for another program")},
      {QStringLiteral("two-layouts"), Texts::tr("two spellings of the same weights")},
      {QStringLiteral("mtp-skipped"), Texts::tr("MTP layers beside the model")},
  };
}

}  // namespace

QString findingTitle(const QString& code) {
  for (const auto& titles : {fileTitles(), configTitles(), tensorTitles()}) {
    const auto at = titles.constFind(code);
    if (at != titles.cend()) return *at;
  }
  return code;
}

}  // namespace ui
