// Whole checkpoints on the CUDA backend, loaded through the plug-in beside this program: the logits
// transformers computed, the reference's expert choices and slots, and the same bits token by token
// as in one piece. Only the last tokens run there: what is before them comes from the reference's
// cache. Runs on the emulated plug-in here and on the real one where there is a GPU.
#include <gtest/gtest.h>

#include <optional>

#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/gpu/cache_prefix.h"

namespace {

using engine::BackendKind;
using engine::KvCache;
using engine::TokenId;
using support::GoldenCheckpoint;

// The table asks for 1e-4 of F32; the fixtures hold F32, BF16 and FP8.
constexpr float kLogits = 1e-4F;

constexpr std::int64_t kContext = 320;
constexpr std::int64_t kTail = 33;  // one more than a tile of many rows
constexpr std::int64_t kOneByOne = 9;

/// What every layer chose: experts, and slots where the model has an indexer.
class Choices : public engine::Probe {
 public:
  void on_routed(engine::LayerIndex, std::int64_t, const engine::RouterOutput& routing) override {
    ids.insert(ids.end(), routing.ids.begin(), routing.ids.end());
    weights.insert(weights.end(), routing.weights.begin(), routing.weights.end());
  }
  void on_slots_picked(engine::LayerIndex, std::span<const std::int32_t> slots,
                       std::int64_t) override {
    picked.insert(picked.end(), slots.begin(), slots.end());
  }
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
  std::vector<std::int32_t> picked;
};

/// A loaded model with a cache of its own.
struct Runner {
  std::unique_ptr<engine::LoadedModel> model;
  std::optional<KvCache> cache;
  std::optional<engine::Activations> activations;

  void create(std::unique_ptr<engine::LoadedModel> loaded) {
    model = std::move(loaded);
    const engine::ModelConfig& config = model->transformer->config();
    auto made = KvCache::create(config, kContext, *model->backend);
    auto buffers = engine::Activations::create(config, kContext, *model->backend);
    ASSERT_TRUE(made && buffers);
    cache.emplace(std::move(*made));
    activations.emplace(std::move(*buffers));
  }
  /// Logits of all rows of one pass.
  std::vector<float> run(std::span<const TokenId> tokens, std::int64_t first,
                         engine::Probe* probe = nullptr) {
    const auto n = static_cast<std::int64_t>(tokens.size());
    const auto done =
        model->transformer->forward({tokens, first}, {{}, probe, {}, {}}, *cache, *activations);
    EXPECT_TRUE(done) << done.error().message;
    std::vector<float> logits(
        static_cast<std::size_t>(n * model->transformer->config().vocab_size));
    model->transformer->logits(0, n, *activations, logits);
    const auto health = model->backend->health();
    EXPECT_TRUE(health) << health.error().message;
    return logits;
  }
};

/// "v3/groups" or "families/v32".
class CudaGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto loaded = golden.load({BackendKind::Cuda, 0, ""}, kContext);
    if (!loaded && loaded.error().code == engine::ErrorCode::Unsupported) {
      GTEST_SKIP() << loaded.error().message;
    }
    ASSERT_TRUE(loaded) << loaded.error().message;
    device.create(std::move(*loaded));
    auto host = golden.load({BackendKind::Reference, 0, ""}, kContext);
    ASSERT_TRUE(host) << host.error().message;
    reference.create(std::move(*host));
    prefix = std::max<std::int64_t>(0, n_tokens() - kTail);
    if (prefix > 0) reference.run(part(0, prefix), 0);
  }
  static std::string folder() {
    return GetParam().starts_with("families/") ? support::family_folder()
                                               : support::golden_folder();
  }
  std::int64_t n_tokens() const { return static_cast<std::int64_t>(tokens.size()); }
  std::span<const TokenId> part(std::int64_t first, std::int64_t n) const {
    return std::span(tokens).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n));
  }
  void begin_anew() {
    support::copy_prefix(device.model->transformer->config(), *reference.cache, prefix,
                         *device.model->backend, *device.cache);
  }
  /// Logits of the n tokens behind the prefix, in chunks.
  std::vector<float> in_chunks(std::int64_t n, std::int64_t chunk) {
    begin_anew();
    std::vector<float> all;
    for (std::int64_t done = 0; done < n; done += chunk) {
      const std::int64_t here = std::min(chunk, n - done);
      const std::vector<float> logits = device.run(part(prefix + done, here), prefix + done);
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }
  const GoldenCheckpoint golden{GetParam().substr(GetParam().find('/') + 1), folder()};
  const std::vector<TokenId> tokens = golden.tokens();
  std::int64_t prefix = 0;
  Runner device, reference;
};

TEST_P(CudaGolden, EqualsTransformersAndItself) {
  const std::int64_t n = n_tokens() - prefix;
  Choices seen, wanted;
  begin_anew();
  std::vector<float> logits = device.run(part(prefix, n), prefix, &seen);
  reference.run(part(prefix, n), prefix, &wanted);
  EXPECT_EQ(seen.ids, wanted.ids);
  EXPECT_EQ(seen.picked, wanted.picked);
  if (!wanted.weights.empty()) {
    EXPECT_LT(support::relative_difference(seen.weights, wanted.weights), kLogits);
  }
  const std::vector<float> whole = logits;
  const std::vector<float> expected = golden.floats("logits");  // of the last rows
  ASSERT_GE(logits.size(), expected.size());
  logits.erase(logits.begin(), logits.end() - static_cast<std::ptrdiff_t>(expected.size()));
  EXPECT_LT(support::relative_difference(logits, expected), kLogits);

  const std::int64_t few = std::min(n, kOneByOne);
  std::vector<float> first_rows = whole;
  first_rows.resize(static_cast<std::size_t>(few) * (whole.size() / static_cast<std::size_t>(n)));
  EXPECT_EQ(in_chunks(few, 1), first_rows);
  EXPECT_EQ(in_chunks(few, 5), first_rows);
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const std::string& name : support::golden_names()) names.push_back("v3/" + name);
  for (const std::string& name : support::golden_names(support::family_folder())) {
    names.push_back("families/" + name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Variants, CudaGolden, ::testing::ValuesIn(all_names()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

}  // namespace
