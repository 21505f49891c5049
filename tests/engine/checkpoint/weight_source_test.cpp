// Weights by role: every view decodes to the values that were written.
#include "engine/checkpoint/weight_source.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::Checkpoint;
using engine::DType;
using engine::WeightRole;
using engine::WeightSource;
using engine::WeightView;
using support::TinyCheckpointOptions;

float value_at(const WeightView& view, std::int64_t row, std::int64_t col) {
  const std::byte* at = view.data + dtype_bytes(view.dtype, row * view.cols + col);
  const engine::StoredTensor one{
      "", view.dtype, {1}, {at, static_cast<std::size_t>(dtype_block(view.dtype).bytes)}, ""};
  const float value = engine::read_floats(one).value()[0];
  if (view.scale_inv == nullptr) return value;
  return value * view.scale_inv[row / 128 * view.scale_cols + col / 128];
}

struct Opened {
  explicit Opened(const TinyCheckpointOptions& options)
      : checkpoint([&] {
          support::write_tiny_checkpoint(folder.path(), options);
          auto result = Checkpoint::open(folder.path());
          if (!result) throw std::runtime_error(result.error().message);
          return std::move(*result);
        }()),
        source(std::move(*WeightSource::create(checkpoint))) {}

  support::TempFolder folder;
  Checkpoint checkpoint;
  WeightSource source;
};

/// Compares a view with an F32 tensor of the same seed.
void expect_values(const WeightView& view, const support::TensorToWrite& expected,
                   std::int64_t first_row, float tolerance) {
  ASSERT_EQ(view.cols, expected.shape.back());
  for (std::int64_t r = 0; r < view.rows; ++r) {
    for (std::int64_t c = 0; c < view.cols; ++c) {
      float want = 0.0F;
      std::memcpy(&want, expected.bytes.data() + ((first_row + r) * view.cols + c) * 4, 4);
      ASSERT_NEAR(value_at(view, r, c), want, tolerance) << expected.name << " " << r << "," << c;
    }
  }
}

std::map<std::string, support::TensorToWrite> by_name(TinyCheckpointOptions options) {
  options.dtype = "F32";
  std::map<std::string, support::TensorToWrite> tensors;
  for (auto& tensor : support::tiny_tensors(options)) tensors.emplace(tensor.name, tensor);
  return tensors;
}

TEST(WeightSource, EveryRoleOfEveryTypeHasTheWrittenValues) {
  const std::pair<const char*, float> types[] = {
      {"F32", 0.0F}, {"F16", 1e-3F}, {"BF16", 4e-3F}, {"F8_E4M3", 2e-2F}};
  for (const auto& [dtype, tolerance] : types) {
    SCOPED_TRACE(dtype);
    TinyCheckpointOptions options;
    options.dtype = dtype;
    options.hidden_size = 160;
    options.n_shards = 2;
    options.attention_bias = true;
    Opened opened(options);
    const auto expected = by_name(options);
    for (const auto& spec : engine::tensor_specs(opened.checkpoint.config(), {})) {
      ASSERT_TRUE(opened.source.has(spec.role, spec.layer, spec.expert)) << spec.name;
      const support::TensorToWrite& tensor = expected.at(spec.name);
      if (spec.shape.size() == 1) {
        const auto values = opened.source.vector(spec.role, spec.layer, spec.expert);
        ASSERT_TRUE(values.has_value());
        for (std::size_t i = 0; i < values->size(); ++i) {
          float want = 0.0F;
          std::memcpy(&want, tensor.bytes.data() + 4 * i, 4);
          ASSERT_NEAR((*values)[i], want, 4e-3F) << spec.name;
        }
      } else {
        const auto view = opened.source.matrix(spec.role, spec.layer, spec.expert);
        ASSERT_TRUE(view.has_value());
        ASSERT_EQ(view->rows, spec.shape[0]);
        expect_values(*view, tensor, 0, tolerance);
      }
    }
  }
}

TEST(WeightSource, Fp8ScalesAreReadEvenWhereTheyLieUnaligned) {
  const support::TempFolder folder;
  TinyCheckpointOptions options;
  options.dtype = "F8_E4M3";
  options.hidden_size = 160;
  support::write_tiny_checkpoint(folder.path(), options);
  auto tensors = support::tiny_tensors(options);
  tensors.insert(tensors.begin(), {"model.layers.0.rotary_emb.inv_freq", "U8", {1}, "x"});
  support::write_tensor_files(folder.path(), tensors, 1);
  const auto checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
  auto source = WeightSource::create(*checkpoint);
  ASSERT_TRUE(source.has_value());
  const auto view = source->matrix(WeightRole::Wo, 0);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view->scale_inv) % alignof(float), 0U);
  expect_values(*view, by_name(options).at("model.layers.0.self_attn.o_proj.weight"), 0, 2e-2F);
}

TEST(WeightSource, FusedExpertsAreSliced) {
  TinyCheckpointOptions options;
  options.fused_experts = true;
  Opened opened(options);
  const auto expected = by_name(options);
  const auto& pair = expected.at("model.layers.2.mlp.experts.gate_up_proj");
  const auto& down = expected.at("model.layers.2.mlp.experts.down_proj");
  for (std::int32_t e = 0; e < 8; ++e) {
    const auto gate = opened.source.matrix(WeightRole::ExpertGate, 2, e);
    const auto up = opened.source.matrix(WeightRole::ExpertUp, 2, e);
    const auto out = opened.source.matrix(WeightRole::ExpertDown, 2, e);
    ASSERT_TRUE(gate && up && out);
    EXPECT_EQ(gate->rows, 32);
    EXPECT_EQ(out->rows, 64);
    expect_values(*gate, pair, e * 64, 0.0F);
    expect_values(*up, pair, e * 64 + 32, 0.0F);
    expect_values(*out, down, e * 64, 0.0F);
  }
  EXPECT_FALSE(opened.source.matrix(WeightRole::ExpertGate, 2, 8).has_value());
  EXPECT_FALSE(opened.source.matrix(WeightRole::ExpertGate, 2, -1).has_value());
  EXPECT_FALSE(opened.source.matrix(WeightRole::ExpertGate, 0, 0).has_value());
}

TEST(WeightSource, FusedFp8ExpertsAreSlicedWithTheirScales) {
  TinyCheckpointOptions options;
  options.fused_experts = true;
  options.moe_intermediate_size = 128;
  options.n_routed_experts = 4;
  options.n_group = 1;
  options.topk_group = 1;
  options.num_hidden_layers = 2;
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path(), options);
  auto tensors = support::tiny_tensors(options);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name != "model.layers.1.mlp.experts.gate_up_proj") continue;
    tensors[i].dtype = "F8_E4M3";
    tensors[i].bytes.assign(tensors[i].bytes.size() / 4, '\x38');  // 1.0
    std::vector<float> scales;
    for (int s = 0; s < 4 * 2 * 1; ++s) scales.push_back(static_cast<float>(s + 1));
    tensors.push_back(
        support::float_tensor(tensors[i].name + "_scale_inv", "F32", {4, 2, 1}, scales));
    break;
  }
  support::write_tensor_files(folder.path(), tensors, 1);
  const auto checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
  auto source = WeightSource::create(*checkpoint);
  ASSERT_TRUE(source.has_value());
  for (std::int32_t e = 0; e < 4; ++e) {
    const auto gate = source->matrix(WeightRole::ExpertGate, 1, e);
    const auto up = source->matrix(WeightRole::ExpertUp, 1, e);
    ASSERT_TRUE(gate && up);
    EXPECT_EQ(value_at(*gate, 127, 63), static_cast<float>(2 * e + 1));
    EXPECT_EQ(value_at(*up, 0, 0), static_cast<float>(2 * e + 2));
  }
}

TEST(WeightSource, TiedHeadIsTheEmbedding) {
  TinyCheckpointOptions options;
  options.tie_word_embeddings = true;
  Opened opened(options);
  EXPECT_TRUE(opened.source.has(WeightRole::OutputHead));
  EXPECT_EQ(opened.source.matrix(WeightRole::OutputHead)->data,
            opened.source.matrix(WeightRole::Embedding)->data);
}

TEST(WeightSource, AbsentWeightsAreAbsent) {
  TinyCheckpointOptions options;
  options.q_lora_rank = 0;
  Opened opened(options);
  EXPECT_TRUE(opened.source.has(WeightRole::Wq, 0));
  EXPECT_FALSE(opened.source.has(WeightRole::Wdq, 0));
  EXPECT_FALSE(opened.source.has(WeightRole::WoBias, 0));
  EXPECT_FALSE(opened.source.has(WeightRole::Router, 0));
  const auto missing = opened.source.matrix(WeightRole::Wdq, 1);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message, "the checkpoint has no Wdq in layer 1");
}

TEST(WeightSource, ReadFloatsKnowsTheSmallTypesAndRefusesIntegers) {
  const std::byte e8m0[] = {std::byte{127}, std::byte{128}, std::byte{0}};
  EXPECT_EQ(engine::read_floats({"s", DType::F8_E8M0, {3}, e8m0, "f"}).value(),
            (std::vector<float>{1.0F, 2.0F, 0x1p-127F}));
  const std::byte e5m2[] = {std::byte{0x3C}, std::byte{0xC0}};
  EXPECT_EQ(engine::read_floats({"s", DType::F8_E5M2, {2}, e5m2, "f"}).value(),
            (std::vector<float>{1.0F, -2.0F}));
  EXPECT_FALSE(engine::read_floats({"s", DType::I32, {0}, {}, "f"}).has_value());
}

}  // namespace
