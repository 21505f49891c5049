// Random checkpoints: the published sizes of the shapes they imitate, and files that load.
#include "engine/checkpoint/random_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/vector_units.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/report.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::TypeMix;

std::int64_t payload(const engine::ModelConfig& config, TypeMix mix) {
  std::int64_t bytes = 0;
  for (const engine::ExportedTensor& exported : engine::exported_tensors(config, mix)) {
    bytes += exported.tensor.n_bytes();
  }
  return bytes;
}

engine::ModelConfig config_of(const std::string& shape, std::int64_t n_layers = 0) {
  const auto config = engine::random_shape_config(shape, n_layers);
  EXPECT_TRUE(config) << config.error().message;
  return config.value_or(engine::ModelConfig{});
}

TEST(RandomCheckpoint, ShapesHaveThePublishedSizes) {
  const auto total = [](const char* shape) {
    return engine::count_parameters(config_of(shape)).total;
  };
  EXPECT_EQ(total("v2-lite"), 15'706'484'224);
  EXPECT_EQ(total("v3"), 671'026'419'200);
  EXPECT_EQ(total("moonlight"), 15'960'110'208);
  EXPECT_EQ(total("moe-16b"), 16'375'728'128);
  EXPECT_NEAR(static_cast<double>(total("v3-1b")), 1.07e9, 0.01e9);
}

TEST(RandomCheckpoint, TheMixtureHasThePublishedSizes) {
  // With attn_k_b and attn_v_b apart; llama.cpp's quantiser gives these payloads.
  EXPECT_EQ(payload(config_of("v2-lite"), TypeMix::Q4_K_M), 10'363'959'296);
  EXPECT_EQ(payload(config_of("moonlight"), TypeMix::Q4_K_M), 10'533'810'688);
  EXPECT_EQ(payload(config_of("v3"), TypeMix::Q4_K_M), 404'488'847'360);
}

class RandomFile : public testing::TestWithParam<std::string> {};

TEST_P(RandomFile, OpensAsTheShapeItWasMadeIn) {
  const support::TempFolder folder;
  const std::string path = folder.file("m.gguf");
  engine::ModelConfig config = config_of(GetParam(), 2);
  config.vocab_size = 2048;  // keeps the file small
  config.hidden_size = 256;
  config.intermediate_size = std::min<std::int64_t>(config.intermediate_size, 512);
  config.moe_intermediate_size = std::min<std::int64_t>(config.moe_intermediate_size, 256);
  config.n_routed_experts = std::min<std::int64_t>(config.n_routed_experts, 16);
  config.bos_token_id = 2046;
  config.eos_token_ids = {2047};
  for (const TypeMix mix : {TypeMix::Q4_K_M, TypeMix::Q8_0}) {
    engine::RandomCheckpointOptions options;
    options.name = GetParam();
    options.mix = mix;
    const auto written = engine::write_random_checkpoint(config, path, options);
    ASSERT_TRUE(written) << written.error().message;
    const auto checkpoint = engine::Checkpoint::open(path);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_TRUE(checkpoint->report().loadable());
    engine::ModelConfig read = checkpoint->config();
    EXPECT_EQ(read.architecture, config.architecture);
    EXPECT_EQ(read.topk_method, config.topk_method);
    EXPECT_EQ(read.n_group, config.n_group);
    EXPECT_EQ(read.rope_scaling, config.rope_scaling);
    EXPECT_EQ(engine::count_parameters(read).total, engine::count_parameters(config).total);
    // Two layers of latents in block types, also when they are quantised again.
    const bool keeps = config.is_mla() && engine::has_avx512_vnni();
    const std::int64_t kept = keeps ? 2 * (2 * config.latent_dim() + 8) : 0;
    const engine::CheckpointReport& report = checkpoint->report();
    EXPECT_EQ(report.kept_bytes_per_token, (engine::WeightBytes{kept, kept, kept}));
    const auto need = engine::memory_need(report, 100, engine::WeightFormat::AsStored);
    EXPECT_EQ(need.kept, 100 * kept);
    EXPECT_EQ(need.own(), need.cache + need.kept + need.scratch + need.program);
    EXPECT_EQ(
        engine::report_to_text(report).find("for attention on this processor") != std::string::npos,
        keeps);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RandomFile,
                         testing::Values("v2-lite", "v3-1b", "moonlight", "moe-16b",
                                         "mixtral-small", "llama-1b", "qwen-1.5b", "tiny"),
                         [](const auto& type) {
                           std::string name = type.param;
                           for (char& c : name) c = std::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

TEST(RandomCheckpoint, WrongShapesAndStops) {
  const auto unknown = engine::random_shape_config("v9", 0);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("found 'v9', allowed v2-lite"));
  const support::TempFolder folder;
  engine::RandomCheckpointOptions options;
  std::stop_source stop;
  stop.request_stop();
  options.stop = stop.get_token();
  const std::string path = folder.file("m.gguf");
  const auto written = engine::write_random_checkpoint(config_of("tiny", 1), path, options);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, engine::ErrorCode::Cancelled);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
