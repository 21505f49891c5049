// Row C6 and what else the weights themselves can get wrong: the tensors against the config.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "engine/checkpoint/checkpoint.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using support::finding;
using support::TensorToWrite;
using support::TinyCheckpointOptions;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kDown = "model.layers.1.mlp.experts.2.down_proj.weight";

/// Writes a tiny checkpoint whose tensors were changed first, and inspects it.
engine::CheckpointReport inspect_changed(
    const TinyCheckpointOptions& options,
    const std::function<void(std::vector<TensorToWrite>*)>& change) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path(), options);
  auto tensors = support::tiny_tensors(options);
  change(&tensors);
  support::write_tensor_files(folder.path(), tensors, options.n_shards);
  return engine::inspect_checkpoint(folder.path(), 0);
}

TensorToWrite& named(std::vector<TensorToWrite>* tensors, const std::string& name) {
  for (TensorToWrite& tensor : *tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

TinyCheckpointOptions fp8() {
  TinyCheckpointOptions options;
  options.dtype = "F8_E4M3";
  options.hidden_size = 192;  // two blocks, the second partial
  return options;
}

TEST(TensorCheck, EveryVariantOfATinyCheckpointIsLoadable) {
  for (const char* dtype : {"F32", "F16", "BF16", "F8_E4M3"}) {
    for (const std::int64_t rank : {0, 24}) {
      TinyCheckpointOptions options;
      options.dtype = dtype;
      options.q_lora_rank = rank;
      options.fused_experts = rank == 0 && options.dtype != "F8_E4M3";
      options.attention_bias = rank == 0;
      options.yarn = rank != 0;
      options.mtp_layer = true;
      options.n_shards = rank == 0 ? 1 : 4;
      const auto report = inspect_changed(options, [](auto*) {});
      EXPECT_TRUE(report.loadable()) << engine::report_to_text(report);
      EXPECT_EQ(support::count_findings(report, "tensor-unexpected"), 0);
      EXPECT_THAT(finding(report, "mtp-skipped"), StartsWith("info: "));
    }
  }
}

TEST(TensorCheck, MissingTensorsAreNamedWithTheirShape) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    std::erase_if(*tensors, [](const auto& t) { return t.name == kDown; });
  });
  EXPECT_THAT(finding(report, "tensor-missing"),
              AllOf(StartsWith("error: "), HasSubstr(kDown),
                    HasSubstr("[hidden_size=64, moe_intermediate_size=32]")));
}

TEST(TensorCheck, ManyMissingTensorsAreCounted) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    std::erase_if(*tensors,
                  [](const auto& t) { return t.name.find("expert") != std::string::npos; });
  });
  // 2 layers × (8 routed + 1 shared) × 3 matrices = 54: 40 in full, then the rest as a number.
  EXPECT_EQ(support::count_findings(report, "tensor-missing"), 41);
  EXPECT_THAT(engine::report_to_text(report), HasSubstr("and 14 more like these"));
}

TEST(TensorCheck, C6ShapesThatDisagreeWithTheConfigShowBothNumbers) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    named(tensors, kDown).shape = {32, 64};
  });
  EXPECT_THAT(
      finding(report, "shape-mismatch"),
      AllOf(StartsWith("error: model.safetensors › "), HasSubstr(kDown),
            HasSubstr("found [32, 64], allowed [hidden_size=64, moe_intermediate_size=32]")));
}

TEST(TensorCheck, C6LayersBeyondTheConfigAreNotMistakenForMtp) {
  TinyCheckpointOptions four;
  four.num_hidden_layers = 4;
  const auto report =
      inspect_changed({}, [&four](auto* tensors) { *tensors = support::tiny_tensors(four); });
  EXPECT_THAT(
      finding(report, "layer-count-mismatch"),
      AllOf(StartsWith("error: "), HasSubstr("found layer 3"), HasSubstr("num_hidden_layers = 3")));
}

TEST(TensorCheck, Fp8WithoutScalesNamesBoth) {
  const std::string scale = std::string(kDown) + "_scale_inv";
  const auto report = inspect_changed(fp8(), [&scale](auto* tensors) {
    std::erase_if(*tensors, [&scale](const auto& t) { return t.name == scale; });
  });
  EXPECT_THAT(finding(report, "scale-missing"),
              AllOf(HasSubstr(std::string(kDown) + ":"), HasSubstr("needed " + scale + " [2, 1]")));
}

TEST(TensorCheck, Fp8ScalesOfTheWrongShapeOrTypeAreRefused) {
  const std::string scale = std::string(kDown) + "_scale_inv";
  EXPECT_THAT(finding(inspect_changed(fp8(),
                                      [&](auto* t) {
                                        named(t, scale).shape = {1, 2};
                                      }),
                      "shape-mismatch"),
              AllOf(HasSubstr(scale), HasSubstr("found [1, 2], allowed [2, 1]")));
  EXPECT_THAT(finding(inspect_changed(fp8(), [&](auto* t) { named(t, scale).dtype = "I32"; }),
                      "dtype-unsupported"),
              AllOf(HasSubstr(scale), HasSubstr("found I32")));
}

TEST(TensorCheck, Fp8IsDecidedByTypeNotByConfigOrName) {
  TinyCheckpointOptions options = fp8();
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path(), options);
  options.dtype = "F32";  // a config that says nothing of FP8
  support::write_file(folder.file("config.json"), support::tiny_config_json(options));
  EXPECT_TRUE(engine::inspect_checkpoint(folder.path(), 0).loadable());
}

TEST(TensorCheck, ScalesOfAPlainMatrixAreMentioned) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    tensors->push_back({std::string(kDown) + "_scale_inv", "F32", {1, 1}, "abcd"});
  });
  EXPECT_THAT(finding(report, "scale-unused"), StartsWith("warning: "));
  EXPECT_TRUE(report.loadable());
}

TEST(TensorCheck, OtherTypesOfWeightsAreNamed) {
  for (const char* dtype : {"I8", "U8", "F8_E5M2"}) {
    const auto report = inspect_changed({}, [dtype](auto* tensors) {
      TensorToWrite& tensor = named(tensors, kDown);
      tensor.dtype = dtype;
      tensor.bytes.resize(64 * 32);
    });
    EXPECT_THAT(finding(report, "dtype-unsupported"),
                AllOf(StartsWith("error: "), HasSubstr(kDown), HasSubstr(dtype),
                      HasSubstr(std::string(kDown) + "_scale_inv")));
  }
}

TEST(TensorCheck, NormsAndCorrectionBiasMayBeOfAnyFloatType) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    for (TensorToWrite& tensor : *tensors) {
      const bool vector = tensor.shape.size() == 1;
      if (vector) {
        tensor = support::float_tensor(tensor.name, "BF16", tensor.shape,
                                       std::vector<float>(tensor.bytes.size() / 4, 1.0F));
      }
    }
  });
  EXPECT_TRUE(report.loadable()) << engine::report_to_text(report);
}

TEST(TensorCheck, QuantisedLayoutsAreNamed) {
  const struct {
    const char* name;
    const char* expected;
  } cases[] = {{"model.layers.0.self_attn.o_proj.qweight", "GPTQ or AWQ"},
               {"model.layers.0.self_attn.o_proj.weight_packed", "compressed-tensors"},
               {"model.layers.0.self_attn.o_proj.weight.absmax", "bitsandbytes"},
               {"language_model.model.norm.weight", "multimodal"},
               {"layers.0.attn.wq_a.weight", "DeepSeek's own inference code"},
               {"layers.0.self_attn.q_a_proj.weight", "without its output head"},
               {"layers.0.attention.wq.weight", "its makers' own code"},
               {"base_model.model.model.norm.weight", "merge it into its base model"}};
  for (const auto& c : cases) {
    const auto report = inspect_changed({}, [&c](auto* tensors) {
      tensors->push_back({c.name, "U8", {1}, "x"});
    });
    EXPECT_THAT(finding(report, "layout-unsupported"),
                AllOf(StartsWith("error: "), HasSubstr(c.name), HasSubstr(c.expected)));
  }
}

// What is laid out for another program lacks every tensor of ours: one finding says it.
TEST(TensorCheck, AForeignLayoutIsOneFinding) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    for (auto& tensor : *tensors) tensor.name = "base_model.model." + tensor.name;
  });
  EXPECT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(support::count_findings(report, "layout-unsupported"), 1);
  EXPECT_FALSE(report.loadable());
}

TEST(TensorCheck, AMissingTensorNamesItsFileAndARemedy) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    std::erase_if(*tensors, [](const auto& t) {
      return t.name == "lm_head.weight" || t.name == "model.norm.weight";
    });
  });
  EXPECT_EQ(support::count_findings(report, "tensor-missing"), 2);
  std::string all;
  for (const auto& finding : report.findings) all += finding.message + "\n";
  EXPECT_THAT(all, HasSubstr("model.safetensors › model.norm.weight: found nothing, allowed "
                             "[hidden_size=64]; the files are incomplete"));
  EXPECT_THAT(all, HasSubstr("model.safetensors › lm_head.weight: found nothing, allowed "
                             "[vocab_size=96, hidden_size=64]; only a model with tie_word_emb"));
}

TEST(TensorCheck, LeftoversAreWarningsAndRotaryTablesNothing) {
  const auto report = inspect_changed({}, [](auto* tensors) {
    tensors->push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {1}, "abcd"});
    tensors->push_back({"model.surprise", "F32", {1}, "abcd"});
  });
  EXPECT_EQ(support::count_findings(report, "tensor-unexpected"), 1);
  EXPECT_THAT(finding(report, "tensor-unexpected"), HasSubstr("model.surprise"));
  EXPECT_EQ(report.skipped_bytes, 8);
  EXPECT_TRUE(report.loadable());
}

TEST(TensorCheck, ATiedHeadMayBeAbsentOrPresent) {
  TinyCheckpointOptions options;
  options.tie_word_embeddings = true;
  EXPECT_TRUE(inspect_changed(options, [](auto*) {}).loadable());
  EXPECT_TRUE(inspect_changed(options, [](auto* tensors) {
                TensorToWrite head = named(tensors, "model.embed_tokens.weight");
                head.name = "lm_head.weight";
                tensors->push_back(head);
              }).loadable());
  const auto untied = inspect_changed({}, [](auto* tensors) {
    std::erase_if(*tensors, [](const auto& t) { return t.name == "lm_head.weight"; });
  });
  EXPECT_THAT(finding(untied, "tensor-missing"), HasSubstr("lm_head.weight"));
}

TEST(TensorCheck, FusedFp8NeedsWholeBlocks) {
  TinyCheckpointOptions options;
  options.fused_experts = true;
  const auto to_fp8 = [](auto* tensors) {
    std::vector<TensorToWrite> scales;
    for (TensorToWrite& tensor : *tensors) {
      if (tensor.name.find("mlp.experts.") == std::string::npos) continue;
      tensor.dtype = "F8_E4M3";
      tensor.bytes.resize(tensor.bytes.size() / 4);
      const std::int64_t rows = (tensor.shape[1] + 127) / 128;
      const std::int64_t cols = (tensor.shape[2] + 127) / 128;
      scales.push_back(support::float_tensor(
          tensor.name + "_scale_inv", "F32", {tensor.shape[0], rows, cols},
          std::vector<float>(static_cast<std::size_t>(tensor.shape[0] * rows * cols), 1.0F)));
    }
    tensors->insert(tensors->end(), scales.begin(), scales.end());
  };
  EXPECT_THAT(finding(inspect_changed(options, to_fp8), "fused-fp8-unsupported"),
              HasSubstr("width 32, allowed a multiple of 128"));
  options.moe_intermediate_size = 128;
  const auto report = inspect_changed(options, to_fp8);
  EXPECT_TRUE(report.loadable()) << engine::report_to_text(report);
}

}  // namespace
