// The trace file against transformers, and its names, types and shapes.
#include "engine/runtime/trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::BackendKind;
using support::max_difference;
using support::relative_difference;

class TraceFile : public ::testing::Test {
 protected:
  support::TensorFile write(const support::GoldenCheckpoint& golden, BackendKind kind,
                            engine::TraceAttention attention) {
    auto model = golden.load({kind, 2, ""});
    EXPECT_TRUE(model) << model.error().message;
    const std::string path = folder_.path() + "/trace.safetensors";
    const auto written = engine::write_trace(
        golden.tokens(), attention, (*model)->info->router_bias, *(*model)->session, path, {});
    EXPECT_TRUE(written) << written.error().message;
    return support::TensorFile(path);
  }
  support::TempFolder folder_;
};

class Trace : public TraceFile, public ::testing::WithParamInterface<std::string> {};

TEST_P(Trace, EqualsTransformers) {
  const support::GoldenCheckpoint golden(GetParam());
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    const auto trace = write(golden, kind, engine::TraceAttention::With);
    for (const char* name : {"attention.weights", "routing.scores", "routing.topk_weights"}) {
      if (!golden.expected().has(name)) continue;
      EXPECT_LT(max_difference(trace.read<float>(name), golden.floats(name)), 1e-5) << name;
    }
    for (const char* name :
         {"attention.content_scores", "attention.rope_scores", "latent.c_kv", "latent.k_rope"}) {
      EXPECT_LT(relative_difference(trace.read<float>(name), golden.floats(name)), 1e-5) << name;
    }
    if (golden.expected().has("routing.topk_ids")) {
      EXPECT_EQ(trace.read<std::int32_t>("routing.topk_ids"), golden.integers("routing.topk_ids"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, Trace, ::testing::ValuesIn(support::golden_names()),
                         [](const auto& test) { return test.param; });

TEST_F(TraceFile, HasTheTensorsOfTheTable) {
  const support::GoldenCheckpoint golden("groups");
  const auto trace = write(golden, BackendKind::Cpu, engine::TraceAttention::With);
  const std::map<std::string, std::pair<std::string, std::vector<std::int64_t>>> expected{
      {"tokens", {"I64", {11}}},
      {"moe_layers", {"I32", {1}}},
      {"routing.topk_ids", {"I32", {11, 1, 3}}},
      {"routing.topk_weights", {"F32", {11, 1, 3}}},
      {"routing.scores", {"F32", {11, 1, 8}}},
      {"routing.bias", {"F32", {1, 8}}},
      {"routing.group_scores", {"F32", {11, 1, 4}}},
      {"routing.group_mask", {"U8", {11, 1, 4}}},
      {"latent.c_kv", {"F32", {2, 11, 16}}},
      {"latent.k_rope", {"F32", {2, 11, 8}}},
      {"attention.weights", {"F32", {2, 2, 11, 11}}},
      {"attention.content_scores", {"F32", {2, 2, 11, 11}}},
      {"attention.rope_scores", {"F32", {2, 2, 11, 11}}}};
  EXPECT_EQ(trace.header().size(), expected.size() + 1);
  for (const auto& [name, form] : expected) {
    ASSERT_TRUE(trace.has(name)) << name;
    EXPECT_EQ(trace.header()[name]["dtype"], form.first) << name;
    EXPECT_EQ(trace.header()[name]["shape"], form.second) << name;
  }
  EXPECT_EQ(trace.read<std::int32_t>("moe_layers"), std::vector<std::int32_t>{1});
}

// Without attention the tokens go through in chunks: the routing must be the same bits.
TEST_F(TraceFile, ChunkedAndSingleTokensAgree) {
  const support::GoldenCheckpoint golden("sharded");
  const auto with = write(golden, BackendKind::Cpu, engine::TraceAttention::With);
  const auto without = write(golden, BackendKind::Cpu, engine::TraceAttention::Without);
  EXPECT_FALSE(without.has("attention.weights"));
  for (const char* name : {"routing.scores", "routing.group_scores", "latent.c_kv"}) {
    EXPECT_EQ(with.read<float>(name), without.read<float>(name)) << name;
  }
}

// The chosen experts are the best of the open groups, recomputed from the file alone.
TEST_F(TraceFile, DecisionsFollowFromTheirParts) {
  const support::GoldenCheckpoint golden("groups");
  const auto trace = write(golden, BackendKind::Reference, engine::TraceAttention::Without);
  const auto scores = trace.read<float>("routing.scores");
  const auto bias = trace.read<float>("routing.bias");
  const auto open = trace.read<std::uint8_t>("routing.group_mask");
  const auto ids = trace.read<std::int32_t>("routing.topk_ids");
  for (std::size_t t = 0; t < 11; ++t) {
    std::vector<std::pair<float, int>> biased;
    for (std::size_t e = 0; e < 8; ++e) {
      if (open[t * 4 + e / 2] != 0) {
        biased.emplace_back(-(scores[t * 8 + e] + bias[e]), static_cast<int>(e));
      }
    }
    ASSERT_EQ(biased.size(), 4U);
    std::sort(biased.begin(), biased.end());
    for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(ids[t * 3 + j], biased[j].second);
  }
}

TEST_F(TraceFile, LeavesNoFileWhenItFails) {
  const support::GoldenCheckpoint golden("groups");
  auto model = golden.load({BackendKind::Reference, 1, ""});
  ASSERT_TRUE(model);
  std::stop_source stop;
  stop.request_stop();
  const std::string path = folder_.path() + "/stopped.safetensors";
  const auto written =
      engine::write_trace(golden.tokens(), engine::TraceAttention::Without,
                          (*model)->info->router_bias, *(*model)->session, path, stop.get_token());
  ASSERT_FALSE(written);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
