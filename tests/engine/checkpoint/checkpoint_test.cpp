// Opening: which paths lead to a checkpoint, what is refused with which code, cancelling.
#include "engine/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/checkpoint/text_assets.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::Checkpoint;
using engine::ErrorCode;
using support::finding;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Checkpoint, OpensTheFolderOrAFileInIt) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  for (const char* name : {"", "/", "/config.json", "/model.safetensors"}) {
    const auto checkpoint = Checkpoint::open(folder.path() + name);
    ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->path(), std::filesystem::canonical(folder.path()).string());
    EXPECT_EQ(checkpoint->config().hidden_size, 64);
    EXPECT_EQ(checkpoint->tensors().size(), support::tiny_tensors({}).size());
    EXPECT_NE(checkpoint->find("model.norm.weight"), nullptr);
    EXPECT_EQ(checkpoint->find("model.norm"), nullptr);
  }
}

TEST(Checkpoint, OpensAShardOrTheIndexOfAShardedOne) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  options.n_shards = 2;
  support::write_tiny_checkpoint(folder.path(), options);
  for (const std::string& name :
       {support::shard_name(1, 2), std::string("model.safetensors.index.json")}) {
    EXPECT_TRUE(Checkpoint::open(folder.file(name)).has_value()) << name;
  }
}

TEST(Checkpoint, UsesTheOnlyWeightsWhateverTheirName) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  std::filesystem::rename(folder.file("model.safetensors"), folder.file("weights.safetensors"));
  EXPECT_THAT(finding(engine::inspect_checkpoint(folder.path(), 0), "file-name"),
              AllOf(StartsWith("info: "), HasSubstr("weights.safetensors")));
  EXPECT_TRUE(Checkpoint::open(folder.file("weights.safetensors")).has_value());
}

TEST(Checkpoint, SaysWhatIsThereInsteadOfWeights) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  std::filesystem::remove(folder.file("model.safetensors"));
  support::write_file(folder.file("pytorch_model.bin"), "x");
  EXPECT_THAT(finding(engine::inspect_checkpoint(folder.path(), 0), "weights-missing"),
              HasSubstr("pytorch_model.bin looks like a PyTorch pickle"));
  EXPECT_EQ(Checkpoint::open(folder.path()).error().code, ErrorCode::NotFound);
}

TEST(Checkpoint, RefusesWithACodeAndEveryReason) {
  const support::TempFolder folder;
  EXPECT_EQ(Checkpoint::open("/nonexistent").error().code, ErrorCode::NotFound);
  EXPECT_EQ(Checkpoint::open(folder.path()).error().code, ErrorCode::NotFound);
  support::write_tiny_checkpoint(folder.path());
  support::write_file(folder.file("config.json"), "{\"model_type\": \"deepseek_v4\"}");
  EXPECT_EQ(Checkpoint::open(folder.path()).error().code, ErrorCode::Unsupported);
  support::write_file(folder.file("config.json"), "{\"model_type\": \"deepseek_v3\"");
  EXPECT_EQ(Checkpoint::open(folder.path()).error().code, ErrorCode::InvalidConfig);
  support::write_tiny_checkpoint(folder.path());
  support::write_file(folder.file("model.safetensors"), "12345678");
  const auto refused = Checkpoint::open(folder.path());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidFile);
  EXPECT_THAT(refused.error().message, HasSubstr("model.safetensors › header length"));
}

TEST(Checkpoint, G31PipesAndDevicesInTheFolderDoNotBlock) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  std::filesystem::remove(folder.file("model.safetensors"));
  ASSERT_EQ(::mkfifo(folder.file("model.safetensors").c_str(), 0600), 0);
  std::filesystem::remove(folder.file("generation_config.json"));
  ASSERT_EQ(::mkfifo(folder.file("generation_config.json").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(folder.file("tokenizer.json").c_str(), 0600), 0);
  const auto report = engine::inspect_checkpoint(folder.path(), 0);
  EXPECT_THAT(finding(report, "file-invalid"), HasSubstr("found a pipe"));
  EXPECT_THAT(finding(report, "generation-config"), HasSubstr("found a pipe"));
  const auto opened = engine::CheckpointFolder::open(folder.path());
  EXPECT_THAT(engine::read_tokenizer_assets(*opened).error().message, HasSubstr("found a pipe"));
}

TEST(Checkpoint, E5CancelledOpeningLeavesNothing) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  options.n_shards = 8;
  support::write_tiny_checkpoint(folder.path(), options);
  std::stop_source stop;
  stop.request_stop();
  const auto cancelled = Checkpoint::open(folder.path(), stop.get_token());
  ASSERT_FALSE(cancelled.has_value());
  EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
  const auto report = engine::inspect_checkpoint(folder.path(), 0, stop.get_token());
  EXPECT_FALSE(report.loadable());
  EXPECT_EQ(support::count_findings(report, "cancelled"), 1);
  EXPECT_EQ(support::count_findings(report, "tensor-missing"), 0);
  EXPECT_TRUE(Checkpoint::open(folder.path()).has_value());
}

TEST(Checkpoint, MovedCheckpointKeepsItsTensors) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  auto opened = Checkpoint::open(folder.path());
  ASSERT_TRUE(opened.has_value());
  const std::byte* data = opened->find("model.norm.weight")->bytes.data();
  const Checkpoint moved = std::move(*opened);
  EXPECT_EQ(moved.find("model.norm.weight")->bytes.data(), data);
}

TEST(Checkpoint, G30ASparseFileIsInspectedByItsHeader) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  const std::string header =
      "{\"model.surprise\":{\"dtype\":\"U8\",\"shape\":[214748364800],"
      "\"data_offsets\":[0,214748364800]}}";
  support::write_file(folder.file("model.safetensors"), support::safetensors_bytes(header, ""));
  std::error_code error;
  std::filesystem::resize_file(folder.file("model.safetensors"), 8 + header.size() + 214748364800,
                               error);
  if (error) GTEST_SKIP() << "no sparse files here: " << error.message();
  const auto report = engine::inspect_checkpoint(folder.path(), 0);
  EXPECT_EQ(report.skipped_bytes, 214748364800);
}

}  // namespace
