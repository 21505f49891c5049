// Exported GGUF files read back: the logits that transformers computed for the folder, the types of
// the mixture, and nothing left behind by a stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "engine/backend/weight_rows.h"
#include "engine/model/gguf_exporter.h"
#include "engine/tensor/quantise.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::DType;
using engine::TypeMix;
using engine::WeightRole;
using engine::WeightView;

/// A checkpoint and its weights.
struct Opened {
  std::unique_ptr<engine::Checkpoint> checkpoint;
  std::unique_ptr<engine::WeightSource> source;
};

Opened open(const std::string& path) {
  Opened opened;
  auto checkpoint = engine::Checkpoint::open(path);
  EXPECT_TRUE(checkpoint) << checkpoint.error().message;
  if (!checkpoint) return opened;
  opened.checkpoint = std::make_unique<engine::Checkpoint>(std::move(*checkpoint));
  auto source = engine::WeightSource::create(*opened.checkpoint);
  EXPECT_TRUE(source) << source.error().message;
  if (source) opened.source = std::make_unique<engine::WeightSource>(std::move(*source));
  return opened;
}

engine::Result<engine::ExportSummary> export_to(const Opened& from, const std::string& path,
                                                TypeMix mix, const std::stop_token& stop = {}) {
  engine::ExportOptions options;
  options.name = "test";
  options.mix = mix;
  options.n_threads = 3;
  options.stop = stop;
  return engine::export_gguf(*from.checkpoint, *from.source, nullptr, path, options);
}

struct Fixture {
  std::string folder;
  std::string name;
};

std::vector<Fixture> fixtures() {
  std::vector<Fixture> all;
  for (const std::string& name : support::golden_names()) {
    all.push_back({support::golden_folder(), name});
  }
  const std::string families = support::family_folder();
  for (const auto& entry : std::filesystem::directory_iterator(families)) {
    all.push_back({families, entry.path().filename().string()});
  }
  return all;
}

class ExportedFixture : public testing::TestWithParam<Fixture> {};

TEST_P(ExportedFixture, LogitsStayThoseOfTheOracle) {
  const support::GoldenCheckpoint golden(GetParam().name, GetParam().folder);
  const Opened from = open(golden.path());
  ASSERT_TRUE(from.source);
  const support::TempFolder folder;
  const std::string path = folder.file("m.gguf");
  const auto exported = export_to(from, path, TypeMix::F32);
  if (!exported) {  // said plainly, and nothing is written
    EXPECT_EQ(exported.error().code, engine::ErrorCode::Unsupported) << exported.error().message;
    EXPECT_FALSE(std::filesystem::exists(path));
    return;
  }
  EXPECT_EQ(exported->file_bytes, static_cast<std::int64_t>(std::filesystem::file_size(path)));
  engine::LoadOptions options;
  options.backend = {engine::BackendKind::Cpu, 2, ""};
  options.context_length = 320;
  const auto model = engine::load_model(path, options, nullptr, {});
  ASSERT_TRUE(model) << model.error().message;
  auto session = engine::Session::create(*(*model)->transformer, *(*model)->backend,
                                         {320, 320, engine::AttentionForm::Absorbed});
  ASSERT_TRUE(session);
  const std::vector<engine::TokenId> tokens = golden.tokens();
  ASSERT_TRUE(session->extend(tokens, nullptr, {}).has_value());
  const std::vector<float> expected = golden.floats("logits");
  std::vector<float> logits(expected.size());
  const auto n_rows = static_cast<std::int64_t>(expected.size()) / session->config().vocab_size;
  session->logits(static_cast<std::int64_t>(tokens.size()) - n_rows, n_rows, logits);
  EXPECT_LT(support::relative_difference(logits, expected), 5e-5);
}

INSTANTIATE_TEST_SUITE_P(Golden, ExportedFixture, testing::ValuesIn(fixtures()),
                         [](const auto& type) { return type.param.name; });

class GgufExport : public testing::Test {
 protected:
  void SetUp() override {
    support::TinyCheckpointOptions options = support::chat_options();
    options.hidden_size = 256;
    options.moe_intermediate_size = 96;
    options.kv_lora_rank = 64;
    options.num_hidden_layers = 9;
    support::write_chat_checkpoint(folder_.path(), options);
    from_ = open(folder_.path());
    ASSERT_TRUE(from_.source);
  }
  WeightView matrix(const Opened& in, WeightRole role, std::int32_t layer = -1,
                    std::int32_t expert = -1) {
    auto view = in.source->matrix(role, layer, expert);
    EXPECT_TRUE(view) << view.error().message;
    return view ? *view : WeightView{};
  }
  support::TempFolder folder_;
  Opened from_;
};

TEST_F(GgufExport, MixtureAndFallBacks) {
  const std::string path = folder_.file("m.gguf");
  ASSERT_TRUE(export_to(from_, path, TypeMix::Q4_K_M));
  const Opened back = open(path);
  ASSERT_TRUE(back.source);
  const auto type = [&](WeightRole role, std::int32_t layer = -1, std::int32_t expert = -1) {
    return matrix(back, role, layer, expert).dtype;
  };
  EXPECT_EQ(type(WeightRole::OutputHead), DType::Q6_K);
  EXPECT_EQ(type(WeightRole::Embedding), DType::Q4_K);
  EXPECT_EQ(type(WeightRole::Router, 1), DType::F32);
  EXPECT_EQ(type(WeightRole::ExpertGate, 1, 3), DType::Q4_K);
  EXPECT_EQ(type(WeightRole::WukTransposed, 0), DType::BF16);  // rows of 16
  EXPECT_EQ(type(WeightRole::Wuv, 0), DType::Q5_0);            // rows of 64
  EXPECT_EQ(type(WeightRole::ExpertDown, 1, 0), DType::Q5_0);  // rows of 96, few bits
  EXPECT_EQ(type(WeightRole::ExpertDown, 3, 0), DType::Q8_0);  // … and more bits
  const WeightView stored = matrix(from_, WeightRole::ExpertUp, 2, 5);
  const WeightView written = matrix(back, WeightRole::ExpertUp, 2, 5);
  ASSERT_EQ(written.rows, stored.rows);
  std::vector<float> row(static_cast<std::size_t>(stored.cols));
  std::vector<std::byte> bytes(static_cast<std::size_t>(written.row_bytes()));
  for (std::int64_t r = 0; r < stored.rows; ++r) {
    engine::decode_weight_row(stored, r, row.data());
    engine::encode_blocks(DType::Q4_K, row, bytes.data());
    ASSERT_EQ(std::memcmp(written.data + r * written.row_bytes(), bytes.data(), bytes.size()), 0);
  }
}

TEST_F(GgufExport, WhatIsInTheWantedTypeIsCopied) {
  const std::string first = folder_.file("a.gguf");
  const std::string second = folder_.file("b.gguf");
  ASSERT_TRUE(export_to(from_, first, TypeMix::Q8_0));
  const auto summary = export_to(open(first), second, TypeMix::Q8_0);
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->notes.empty());
  const auto contents = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(contents(first), contents(second));
  const auto requantised = export_to(open(first), second, TypeMix::Q4_K_M);
  ASSERT_TRUE(requantised);
  EXPECT_THAT(requantised->notes, testing::Contains(testing::HasSubstr("a second time")));
}

TEST_F(GgufExport, AStopLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const std::string path = folder_.file("m.gguf");
  const auto exported = export_to(from_, path, TypeMix::BF16, stop.get_token());
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().code, engine::ErrorCode::Cancelled);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

}  // namespace
