// The list of tensors with what each is for, and the statistics of one.
#include "engine/checkpoint/tensor_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>

#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::ModelPart;
using engine::StoredTensor;
using engine::TensorRow;
using engine::TensorStatistics;
using testing::HasSubstr;

const TensorRow* row_of(const engine::TensorInventory& inventory, const std::string& name) {
  const auto at = std::find_if(inventory.rows().begin(), inventory.rows().end(),
                               [&name](const TensorRow& row) { return row.name == name; });
  return at == inventory.rows().end() ? nullptr : &*at;
}

/// A tensor over bytes that live as long as this.
struct Floats {
  explicit Floats(std::vector<float> v) : values(std::move(v)) {
    tensor.name = "t";
    tensor.file = "f";
    tensor.shape = {static_cast<std::int64_t>(values.size())};
    tensor.bytes = std::as_bytes(std::span(values));
  }
  std::vector<float> values;
  StoredTensor tensor;
};

TEST(TensorInventory, KnowsWhatEveryTensorIsFor) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  options.dtype = "F8_E4M3";
  options.mtp_layer = true;
  support::write_tiny_checkpoint(folder.path(), options);
  const auto inventory = engine::TensorInventory::open(folder.path());
  ASSERT_TRUE(inventory.has_value()) << inventory.error().message;
  EXPECT_EQ(inventory->rows().size(), support::tiny_tensors(options).size());
  const TensorRow* expert = row_of(*inventory, "model.layers.1.mlp.experts.5.up_proj.weight");
  ASSERT_NE(expert, nullptr);
  EXPECT_EQ(expert->part, ModelPart::RoutedExperts);
  EXPECT_EQ(expert->role, "ExpertUp");
  EXPECT_EQ(expert->layer, 1);
  EXPECT_EQ(expert->expert, 5);
  EXPECT_EQ(expert->dtype, engine::DType::F8_E4M3);
  EXPECT_EQ(expert->shape, (std::vector<std::int64_t>{32, 64}));
  const TensorRow* scale =
      row_of(*inventory, "model.layers.1.mlp.experts.5.up_proj.weight_scale_inv");
  ASSERT_NE(scale, nullptr);
  EXPECT_EQ(scale->part, ModelPart::RoutedExperts);
  EXPECT_EQ(scale->role, "scale of ExpertUp");
  const auto n_mtp = std::count_if(inventory->rows().begin(), inventory->rows().end(),
                                   [](const TensorRow& row) { return row.part == ModelPart::Mtp; });
  EXPECT_GT(n_mtp, 10);
  EXPECT_TRUE(std::all_of(inventory->rows().begin(), inventory->rows().end(),
                          [](const TensorRow& row) { return row.part != ModelPart::Other; }));
}

TEST(TensorInventory, ListsACheckpointThatCannotBeLoaded) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  std::filesystem::remove(folder.file("config.json"));
  const auto inventory = engine::TensorInventory::open(folder.path());
  ASSERT_TRUE(inventory.has_value()) << inventory.error().message;
  EXPECT_GT(inventory->rows().size(), 20U);
  EXPECT_EQ(inventory->rows().front().part, ModelPart::Other);
  const auto statistics = inventory->statistics(inventory->rows().front().name, {});
  EXPECT_TRUE(statistics.has_value());
}

TEST(TensorInventory, SaysWhyThereIsNothing) {
  const support::TempFolder folder;
  for (const std::string& path : {folder.path(), std::string("/nonexistent")}) {
    const auto inventory = engine::TensorInventory::open(path);
    ASSERT_FALSE(inventory.has_value());
    EXPECT_FALSE(inventory.error().message.empty());
  }
}

TEST(TensorStatistics, CountsWhatIsNotANumberApart) {
  const float nan = std::nanf("");
  const float infinity = std::numeric_limits<float>::infinity();
  const Floats t({1.0F, -3.0F, 0.0F, 0.0F, nan, infinity, -infinity, 2.0F});
  const auto s = engine::tensor_statistics(t.tensor, nullptr, {});
  ASSERT_TRUE(s.has_value()) << s.error().message;
  EXPECT_EQ(s->n_elements, 8);
  EXPECT_EQ(s->n_nan, 1);
  EXPECT_EQ(s->n_infinite, 2);
  EXPECT_EQ(s->n_zero, 2);
  EXPECT_EQ(s->lowest, -3.0F);
  EXPECT_EQ(s->highest, 2.0F);
  EXPECT_DOUBLE_EQ(s->mean, 0.0);
  EXPECT_DOUBLE_EQ(s->deviation, std::sqrt((1.0 + 9.0 + 4.0) / 5.0));
  EXPECT_EQ(std::accumulate(s->histogram.begin(), s->histogram.end(), std::int64_t{0}), 5);
  EXPECT_EQ(s->histogram.front(), 1);
  EXPECT_EQ(s->histogram.back(), 1);
}

TEST(TensorStatistics, AConstantTensorIsOneBin) {
  const Floats t(std::vector<float>(100, 0.25F));
  const auto s = engine::tensor_statistics(t.tensor, nullptr, {});
  ASSERT_TRUE(s.has_value());
  EXPECT_EQ(s->deviation, 0.0);
  EXPECT_EQ(s->histogram.front(), 100);
}

TEST(TensorStatistics, NothingFiniteIsNoRange) {
  const Floats t(std::vector<float>(4, std::nanf("")));
  const auto s = engine::tensor_statistics(t.tensor, nullptr, {});
  ASSERT_TRUE(s.has_value());
  EXPECT_EQ(s->n_nan, 4);
  EXPECT_EQ(s->lowest, 0.0F);
  EXPECT_TRUE(s->histogram.empty());
}

/// More than one slice, rows that end inside a slice: the scale of every element is its block's.
TEST(TensorStatistics, Fp8IsScaledBlockByBlock) {
  constexpr std::int64_t kRows = 300;
  constexpr std::int64_t kCols = 260;
  const std::vector<std::uint8_t> ones(static_cast<std::size_t>(kRows * kCols), 0x38);  // 1.0
  StoredTensor tensor;
  tensor.name = "w";
  tensor.dtype = engine::DType::F8_E4M3;
  tensor.shape = {kRows, kCols};
  tensor.bytes = std::as_bytes(std::span(ones));
  Floats scale({1, 2, 3, 4, 5, 6, 7, 8, 9});
  scale.tensor.shape = {3, 3};
  const auto s = engine::tensor_statistics(tensor, &scale.tensor, {});
  ASSERT_TRUE(s.has_value()) << s.error().message;
  EXPECT_TRUE(s->is_scaled);
  EXPECT_EQ(s->lowest, 1.0F);
  EXPECT_EQ(s->highest, 9.0F);
  const double heights[] = {128, 128, 44};
  const double widths[] = {128, 128, 4};
  double sum = 0;
  for (int i = 0; i < 9; ++i) sum += (i + 1) * heights[i / 3] * widths[i % 3];
  EXPECT_NEAR(s->mean, sum / (kRows * kCols), 1e-9);
  EXPECT_EQ(s->histogram.front(), 128 * 128);
  EXPECT_EQ(s->histogram.back(), 44 * 4);
}

/// Two blocks of 32: scale 0.5 with the values −16 … 15, scale 2 with zeros.
TEST(TensorStatistics, BlockTypesAreDecoded) {
  std::vector<std::byte> bytes(2 * 34, std::byte{0});
  const std::uint16_t half = 0x3800;
  const std::uint16_t two = 0x4000;
  std::memcpy(bytes.data(), &half, 2);
  std::memcpy(bytes.data() + 34, &two, 2);
  for (int i = 0; i < 32; ++i) bytes[static_cast<std::size_t>(2 + i)] = std::byte(i - 16);
  StoredTensor tensor;
  tensor.name = "w";
  tensor.dtype = engine::DType::Q8_0;
  tensor.shape = {2, 32};
  tensor.bytes = bytes;
  const auto s = engine::tensor_statistics(tensor, nullptr, {});
  ASSERT_TRUE(s.has_value()) << s.error().message;
  EXPECT_EQ(s->n_elements, 64);
  EXPECT_EQ(s->n_zero, 33);
  EXPECT_EQ(s->lowest, -8.0F);
  EXPECT_EQ(s->highest, 7.5F);
  EXPECT_DOUBLE_EQ(s->mean, -8.0 / 64);
}

TEST(TensorStatistics, IntegersAreNumbersToo) {
  const std::vector<std::int32_t> values{-5, 0, 7};
  StoredTensor tensor;
  tensor.name = "i";
  tensor.dtype = engine::DType::I32;
  tensor.shape = {3};
  tensor.bytes = std::as_bytes(std::span(values));
  const auto s = engine::tensor_statistics(tensor, nullptr, {});
  ASSERT_TRUE(s.has_value()) << s.error().message;
  EXPECT_EQ(s->lowest, -5.0F);
  EXPECT_EQ(s->highest, 7.0F);
}

TEST(TensorStatistics, StopsWhenAsked) {
  const Floats t(std::vector<float>(10, 1.0F));
  std::stop_source stop;
  stop.request_stop();
  const auto s = engine::tensor_statistics(t.tensor, nullptr, stop.get_token());
  ASSERT_FALSE(s.has_value());
  EXPECT_EQ(s.error().code, engine::ErrorCode::Cancelled);
}

}  // namespace
