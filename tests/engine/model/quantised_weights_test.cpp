// Quantise on load: which matrix becomes which type, that each is the encoding of the stored one,
// and that the model still says nearly the same.
#include "engine/model/quantised_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

#include <cmath>
#include <limits>

#include "engine/backend/weight_rows.h"
#include "engine/checkpoint/tensor_check.h"
#include "engine/tensor/quantise.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::DType;
using engine::WeightFormat;
using engine::WeightRole;
using engine::WeightView;

support::TinyCheckpointOptions wide_options(const std::string& dtype) {
  support::TinyCheckpointOptions options = support::chat_options();
  options.dtype = dtype;
  options.hidden_size = 256;
  options.moe_intermediate_size = 96;
  options.intermediate_size = 100;  // no type divides it
  return options;
}

class QuantisedWeights : public testing::Test {
 protected:
  void open(const support::TinyCheckpointOptions& options) {
    support::write_chat_checkpoint(folder_.path(), options);
    auto opened = engine::Checkpoint::open(folder_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    checkpoint_ = std::make_unique<engine::Checkpoint>(std::move(*opened));
    auto source = engine::WeightSource::create(*checkpoint_);
    ASSERT_TRUE(source) << source.error().message;
    source_ = std::make_unique<engine::WeightSource>(std::move(*source));
  }
  engine::Result<engine::QuantisedWeights> quantise(WeightFormat format,
                                                    const std::stop_token& stop = {}) {
    engine::QuantiseOptions options;
    options.format = format;
    options.n_threads = 3;
    options.stop = stop;
    options.on_progress = [this](std::int64_t done, std::int64_t total) {
      EXPECT_LE(last_done_, done);
      EXPECT_LE(done, total);
      last_done_ = done;
      finished_ = done == total;
    };
    return engine::QuantisedWeights::create(*checkpoint_, *source_, options);
  }
  WeightView stored(WeightRole role, std::int32_t layer = -1, std::int32_t expert = -1) {
    auto view = source_->matrix(role, layer, expert);
    EXPECT_TRUE(view) << view.error().message;
    return view ? *view : WeightView{};
  }

  support::TempFolder folder_;
  std::unique_ptr<engine::Checkpoint> checkpoint_;
  std::unique_ptr<engine::WeightSource> source_;
  std::int64_t last_done_ = 0;
  bool finished_ = false;
};

TEST_F(QuantisedWeights, EachMatrixIsTheEncodingOfTheStoredOne) {
  for (const char* dtype : {"F32", "BF16", "F16", "F8_E4M3"}) {
    for (const bool fused : {false, true}) {
      if (fused && std::string(dtype) == "F8_E4M3") continue;  // needs widths of 128
      support::TinyCheckpointOptions options = wide_options(dtype);
      options.fused_experts = fused;
      open(options);
      const auto weights = quantise(WeightFormat::Q4_K);
      ASSERT_TRUE(weights) << weights.error().message;
      EXPECT_TRUE(finished_);
      last_done_ = 0;
      const auto expect = [&](WeightView from, DType type) {
        const WeightView held = weights->held(from);
        EXPECT_EQ(held.dtype, type);
        ASSERT_EQ(held.rows, from.rows);
        ASSERT_EQ(held.cols, from.cols);
        std::vector<float> row(static_cast<std::size_t>(from.cols));
        std::vector<std::byte> bytes(static_cast<std::size_t>(held.row_bytes()));
        for (std::int64_t r = 0; r < from.rows; ++r) {
          engine::decode_weight_row(from, r, row.data());
          engine::encode_blocks(type, row, bytes.data());
          ASSERT_EQ(std::memcmp(held.data + r * held.row_bytes(), bytes.data(), bytes.size()), 0);
        }
      };
      expect(stored(WeightRole::Embedding), DType::Q8_0);
      expect(stored(WeightRole::Wo, 1), DType::Q8_0);
      expect(stored(WeightRole::SharedUp, 2), DType::Q8_0);
      expect(stored(WeightRole::ExpertGate, 1, 7), DType::Q4_K);
      expect(stored(WeightRole::ExpertUp, 2, 0), DType::Q4_K);
      expect(stored(WeightRole::ExpertDown, 1, 3), DType::Q5_0);
      for (const WeightView& kept :
           {stored(WeightRole::Router, 1), stored(WeightRole::DenseDown, 0)}) {
        EXPECT_EQ(weights->held(kept).data, kept.data);
      }
      EXPECT_EQ(weights->fall_backs(),
                std::vector<std::string>{"ExpertDown: rows of 96, no multiple of 256: Q5_0"});
    }
  }
}

TEST_F(QuantisedWeights, BytesAreForetold) {
  support::TinyCheckpointOptions options = wide_options("BF16");
  options.intermediate_size = 128;
  open(options);
  for (const WeightFormat format : {WeightFormat::Q8_0, WeightFormat::Q4_K}) {
    engine::LoadOptions load;
    load.backend = {engine::BackendKind::Cpu, 2, ""};
    load.weight_format = format;
    const auto model = engine::load_model(folder_.path(), load, nullptr, {});
    ASSERT_TRUE(model) << model.error().message;
    const std::int64_t foretold = engine::quantised_bytes(checkpoint_->config(), format);
    EXPECT_NEAR(static_cast<double>((*model)->info->weight_bytes), static_cast<double>(foretold),
                0.01 * static_cast<double>(foretold));
    const std::int64_t own = (*model)->quantised_weights->bytes();
    EXPECT_LT(own, (*model)->info->weight_bytes);
    EXPECT_GT(own, foretold * 9 / 10);
  }
  const engine::QuantisedSize size =
      engine::quantised_size(checkpoint_->config(), WeightFormat::Q4_K);
  EXPECT_EQ(size.fall_backs,
            std::vector<std::string>{"ExpertDown: rows of 96, no multiple of 256: Q5_0"});
}

TEST_F(QuantisedWeights, AnswersStayClose) {
  open(wide_options("F32"));
  std::vector<engine::TokenId> tokens;
  for (std::int32_t i = 0; i < 9; ++i) tokens.emplace_back(i * 17);
  const auto logits = [&](WeightFormat format) {
    engine::LoadOptions load;
    load.backend = {engine::BackendKind::Cpu, 2, ""};
    load.weight_format = format;
    const auto model = engine::load_model(folder_.path(), load, nullptr, {});
    EXPECT_TRUE(model) << model.error().message;
    std::vector<float> rows(tokens.size() * 288);
    EXPECT_TRUE((*model)->session->extend(tokens, nullptr, {}).has_value());
    (*model)->session->logits(0, 9, rows);
    return rows;
  };
  const std::vector<float> exact = logits(WeightFormat::AsStored);
  const std::vector<float> q8 = logits(WeightFormat::Q8_0);
  EXPECT_NE(q8, exact);
  // A token whose router was undecided may take another expert: the middle row tells.
  std::vector<double> differences;
  for (std::ptrdiff_t row = 0; row < 9; ++row) {
    const auto of = [row](const std::vector<float>& rows) {
      return std::vector<float>(rows.begin() + row * 288, rows.begin() + (row + 1) * 288);
    };
    differences.push_back(support::relative_difference(of(q8), of(exact)));
  }
  std::nth_element(differences.begin(), differences.begin() + 4, differences.end());
  EXPECT_LT(differences[4], 0.06);
}

TEST_F(QuantisedWeights, StopsWhenAsked) {
  open(wide_options("BF16"));
  std::stop_source source;
  source.request_stop();
  const auto weights = quantise(WeightFormat::Q8_0, source.get_token());
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().code, engine::ErrorCode::Cancelled);
}

TEST_F(QuantisedWeights, RefusesWhatCannotFitBeforehand) {
  open(wide_options("BF16"));
  engine::QuantiseOptions options;
  options.memory_available = 1000;
  const auto weights = engine::QuantisedWeights::create(*checkpoint_, *source_, options);
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().code, engine::ErrorCode::OutOfMemory);
  EXPECT_THAT(weights.error().message, testing::HasSubstr("free are 1000"));
}

TEST_F(QuantisedWeights, NamesAValueThatIsNoNumber) {
  open(wide_options("F32"));
  const engine::StoredTensor* tensor =
      checkpoint_->find("model.layers.1.mlp.experts.2.up_proj.weight");
  ASSERT_NE(tensor, nullptr);
  const std::string path = folder_.file("model.safetensors");
  std::string bytes;
  {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::string needle(reinterpret_cast<const char*>(tensor->bytes.data()), 64);
  const std::size_t at = bytes.find(needle);
  ASSERT_NE(at, std::string::npos);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(&bytes[at + 4 * (3 * 256 + 9)], &nan, sizeof(nan));
  source_.reset();
  checkpoint_.reset();
  std::ofstream(path, std::ios::binary) << bytes;
  auto opened = engine::Checkpoint::open(folder_.path());
  ASSERT_TRUE(opened);
  checkpoint_ = std::make_unique<engine::Checkpoint>(std::move(*opened));
  source_ = std::make_unique<engine::WeightSource>(
      std::move(*engine::WeightSource::create(*checkpoint_)));
  const auto weights = quantise(WeightFormat::Q4_K);
  ASSERT_FALSE(weights);
  EXPECT_THAT(weights.error().message,
              testing::HasSubstr("model.layers.1.mlp.experts.2.up_proj.weight"));
  EXPECT_THAT(weights.error().message, testing::HasSubstr("[3, 9]"));
}

}  // namespace
