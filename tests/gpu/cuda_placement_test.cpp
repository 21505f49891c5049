// A model that does not fit into the GPU's memory: the routed experts of some layers stay in main
// memory, the answers stay the same, and what cannot be done is said with what would help. On the
// emulated plug-in, whose memory a test can make as small as it likes; the answers on a GPU too.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/backend/cuda_plugin.h"
#include "tests/engine/runtime/golden_checkpoint.h"

namespace {

using engine::BackendKind;
using support::GoldenCheckpoint;
using testing::HasSubstr;

constexpr std::int64_t kRoomy = std::int64_t{2} << 30;

class CudaPlacement : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = engine::cuda_plugin_path();
    plugin_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    ASSERT_NE(plugin_, nullptr) << dlerror();
    device_has_ = reinterpret_cast<void (*)(std::int64_t)>(dlsym(plugin_, "emulated_device_has"));
    EXPECT_EQ(is_emulated(), engine::describe_cuda(path).front().description.find(
                                 "SIMT emulator") != std::string::npos);
  }
  void TearDown() override {
    if (is_emulated()) device_has(kRoomy);
    dlclose(plugin_);
  }
  /// A GPU has the memory it has.
  bool is_emulated() const { return device_has_ != nullptr; }
  void device_has(std::int64_t n_bytes) { device_has_(n_bytes); }
  static engine::LoadOptions options() {
    engine::LoadOptions options;
    options.backend.kind = BackendKind::Cuda;
    options.context_length = 64;
    return options;
  }
  auto load(const engine::LoadOptions& options) const {
    return engine::load_model(golden.path(), options, nullptr, {});
  }
  /// What the device must have for this plan: a backend takes some before it is asked.
  std::int64_t bytes_of(std::int64_t main_memory_layers) const {
    const auto report = engine::inspect_checkpoint(golden.path(), 64);
    const auto backend = engine::make_backend({BackendKind::Cuda, 0, ""});
    return engine::device_plan(report, {64, 64, {}, kRoomy, main_memory_layers}).device_bytes +
           kRoomy - (*backend)->free_bytes();
  }
  struct Seen {
    std::vector<float> logits;
    std::vector<std::uint16_t> ids;
  };
  Seen run(engine::LoadedModel& model) const {
    Seen seen;
    const auto tokens = golden.tokens();
    engine::Session& session = *model.session;
    std::vector<float> row(static_cast<std::size_t>(session.config().vocab_size));
    for (std::size_t done = 0; done < 24;) {
      const std::size_t n = done == 0 ? 19 : 1;  // a prompt, then steps
      engine::RoutingRecorder recorder(session.config(), session.length(),
                                       static_cast<std::int64_t>(n), {});
      EXPECT_TRUE(session.extend(std::span(tokens).subspan(done, n), &recorder, {}, row));
      seen.logits.insert(seen.logits.end(), row.begin(), row.end());
      for (const auto& routing : recorder.routing) {
        seen.ids.insert(seen.ids.end(), routing.expert_ids.begin(), routing.expert_ids.end());
      }
      done += n;
    }
    EXPECT_TRUE(session.health());
    return seen;
  }
  const GoldenCheckpoint golden{"deepseek_v1", support::family_folder()};  // two MoE layers

 private:
  void* plugin_ = nullptr;
  void (*device_has_)(std::int64_t) = nullptr;
};

TEST_F(CudaPlacement, SplitModelsAnswerAsWholeOnes) {
  auto whole = load(options());
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ((*whole)->info->device_plan->main_memory_layers, 0);
  const Seen expected = run(**whole);
  for (const std::int64_t n : {1, 2}) {
    engine::LoadOptions split = options();
    split.main_memory_layers = n;
    auto model = load(split);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_THAT((*model)->info->backend_description,
                HasSubstr("routed experts of " + std::to_string(n) + " of 2 layers"));
    const Seen seen = run(**model);
    EXPECT_EQ(seen.ids, expected.ids);
    EXPECT_LT(support::relative_difference(seen.logits, expected.logits), 1e-4F);
    // Another arithmetic: were they the same bits, nothing would have run in main memory.
    EXPECT_NE(seen.logits, expected.logits);
  }
}

/// Bytes of mapped files below `folder` that count as this process's memory.
std::int64_t resident_bytes(const std::string& folder) {
  std::ifstream maps("/proc/self/smaps");
  std::int64_t kib = 0;
  bool of_folder = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) of_folder = line.find(folder) != std::string::npos;
    if (of_folder && line.starts_with("Rss:")) kib += std::stoll(line.substr(4));
  }
  return kib << 10;
}

TEST_F(CudaPlacement, WhatTheGpuHoldsLeavesMainMemory) {
  const std::string folder = std::filesystem::canonical(golden.path()).string();
  engine::LoadOptions on_cpu = options();
  on_cpu.backend.kind = BackendKind::Reference;
  std::int64_t all = 0;
  {
    auto model = load(on_cpu);
    ASSERT_TRUE(model) << model.error().message;
    all = resident_bytes(folder);
    EXPECT_GE(all, (*model)->checkpoint->report().weight_bytes);
  }
  auto model = load(options());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_LT(resident_bytes(folder), all / 2);  // headers, and the pages at both ends

  engine::LoadOptions quantised = options();
  quantised.weight_format = engine::WeightFormat::Q8_0;
  model = load(quantised);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->quantised_weights, nullptr);
  run(**model);
  quantised.main_memory_layers = 1;  // what stays is still read
  model = load(quantised);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_NE((*model)->quantised_weights, nullptr);
}

TEST_F(CudaPlacement, AsFewLayersAsFitAreLeftBehind) {
  if (!is_emulated()) GTEST_SKIP() << "the plug-in is not the emulated one";
  for (const std::int64_t n : {0, 1, 2}) {
    device_has(kRoomy);
    device_has(bytes_of(n) + 64);
    auto model = load(options());
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ((*model)->info->device_plan->main_memory_layers, n);
    EXPECT_EQ((*model)->info->options.main_memory_layers, std::nullopt);
  }
}

TEST_F(CudaPlacement, WhatDoesNotFitSaysWhatWould) {
  if (!is_emulated()) GTEST_SKIP() << "the plug-in is not the emulated one";
  const std::int64_t too_little = bytes_of(1) - 64;
  const std::int64_t far_too_little = bytes_of(2) / 2;
  device_has(too_little);
  engine::LoadOptions one = options();
  one.main_memory_layers = 1;
  auto model = load(one);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, engine::ErrorCode::OutOfMemory);
  EXPECT_THAT(model.error().message,
              HasSubstr("keep the routed experts of 2 of 2 layers in main memory"));
  device_has(far_too_little);
  model = load(options());
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("it is still too much; choose a shorter context"));
  one.main_memory_layers = 3;
  device_has(kRoomy);
  model = load(one);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, engine::ErrorCode::InvalidArgument);
  EXPECT_THAT(model.error().message, HasSubstr("found 3, allowed 0 to 2"));
  EXPECT_TRUE(load(options()));  // a refusal leaves nothing behind
}

}  // namespace
