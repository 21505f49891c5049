// GGUF as a Checkpoint: opening files and folders, split models, tensors against the config, and
// the same weights as the Hugging Face folder they come from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/weight_source.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_gguf.h"

namespace {

using engine::Checkpoint;
using engine::CheckpointReport;
using engine::WeightRole;
using engine::WeightSource;
using support::GgufToWrite;
using support::kv_string;
using support::kv_u16;
using support::TempFolder;
using testing::AllOf;
using testing::HasSubstr;

CheckpointReport inspect(const std::string& path) { return engine::inspect_checkpoint(path, 0); }

CheckpointReport inspect(const GgufToWrite& file) {
  const TempFolder folder;
  support::write_file(folder.file("m.gguf"), file.bytes());
  return inspect(folder.file("m.gguf"));
}

std::vector<float> floats_of(const engine::WeightView& view) {
  EXPECT_EQ(view.dtype, engine::DType::F32);
  std::vector<float> values(static_cast<std::size_t>(view.rows * view.cols));
  std::memcpy(values.data(), view.data, values.size() * sizeof(float));
  return values;
}

support::GgufTensorToWrite* tensor(GgufToWrite* file, const std::string& name) {
  for (support::GgufTensorToWrite& entry : file->tensors) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

TEST(GgufCheckpoint, OpensAFileAndAFolderWithOne) {
  const TempFolder folder;
  support::write_file(folder.file("tiny.gguf"), support::tiny_llama().bytes());
  const auto by_file = Checkpoint::open(folder.file("tiny.gguf"));
  ASSERT_TRUE(by_file.has_value()) << by_file.error().message;
  EXPECT_EQ(by_file->format(), engine::CheckpointFormat::Gguf);
  EXPECT_EQ(by_file->report().name, "tiny");
  EXPECT_THAT(by_file->path(), testing::EndsWith("/tiny.gguf"));
  EXPECT_EQ(by_file->report().n_files, 1);
  EXPECT_EQ(by_file->report().n_tensors, 21);
  EXPECT_EQ(by_file->report().dtype_summary, "F32");
  support::write_file(folder.file("mmproj-tiny.gguf"), "an image encoder");
  const auto by_folder = Checkpoint::open(folder.path());
  ASSERT_TRUE(by_folder.has_value()) << by_folder.error().message;
  EXPECT_EQ(by_folder->path(), by_file->path());
  support::write_file(folder.file("other.gguf"), support::tiny_llama().bytes());
  EXPECT_THAT(Checkpoint::open(folder.path()).error().message,
              AllOf(HasSubstr("found 2 GGUF models"), HasSubstr("other, tiny")));
  EXPECT_TRUE(Checkpoint::open(by_file->path()).has_value());
  support::write_file(folder.file("blob"), support::tiny_llama().bytes());
  EXPECT_TRUE(Checkpoint::open(folder.file("blob")).has_value());  // by its first bytes
}

TEST(GgufCheckpoint, AFolderWithConfigIsHuggingFace) {
  const TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  support::write_file(folder.file("m.gguf"), support::tiny_deepseek2().bytes());
  EXPECT_EQ(Checkpoint::open(folder.path())->format(), engine::CheckpointFormat::HuggingFace);
  EXPECT_EQ(Checkpoint::open(folder.file("m.gguf"))->format(), engine::CheckpointFormat::Gguf);
}

/// Every weight of the Hugging Face checkpoint, asked for by role from both.
void expect_same_weights(const support::TinyCheckpointOptions& o,
                         const support::TinyGgufOptions& g) {
  const TempFolder folder;
  support::write_tiny_checkpoint(folder.path(), o);
  support::write_file(folder.file("m.gguf"), support::tiny_deepseek2(o, g).bytes());
  const auto hf = Checkpoint::open(folder.path());
  const auto gguf = Checkpoint::open(folder.file("m.gguf"));
  ASSERT_TRUE(hf.has_value()) << hf.error().message;
  ASSERT_TRUE(gguf.has_value()) << gguf.error().message;
  auto a = WeightSource::create(*hf);
  auto b = WeightSource::create(*gguf);
  ASSERT_TRUE(a.has_value() && b.has_value());
  int n_compared = 0;
  for (const engine::TensorSpec& spec : engine::tensor_specs(hf->config(), {})) {
    if (spec.role == WeightRole::Wukv && g.split_kv_b) continue;
    ++n_compared;
    if (!spec.may_be_quantised) {
      EXPECT_EQ(a->vector(spec.role, spec.layer).value(), b->vector(spec.role, spec.layer).value());
      continue;
    }
    const auto one = a->matrix(spec.role, spec.layer, spec.expert);
    const auto two = b->matrix(spec.role, spec.layer, spec.expert);
    ASSERT_TRUE(one.has_value() && two.has_value()) << spec.name;
    EXPECT_TRUE(b->has(spec.role, spec.layer, spec.expert)) << spec.name;
    EXPECT_EQ(one->rows, two->rows) << spec.name;
    EXPECT_EQ(floats_of(*one), floats_of(*two)) << spec.name;
  }
  EXPECT_GT(n_compared, 50);
}

TEST(GgufCheckpoint, SameWeightsAsHuggingFace) {
  expect_same_weights({}, {});
  expect_same_weights({}, {.split_kv_b = false, .new_lengths = false});
  expect_same_weights({.q_lora_rank = 0}, {.merged_experts = false, .version = 2});
  expect_same_weights({.tie_word_embeddings = true}, {.fused_gate_up = true});
}

// attn_k_b holds W_UK transposed head by head, attn_v_b W_UV as it is.
TEST(GgufCheckpoint, SplitUpProjections) {
  const support::TinyCheckpointOptions o;
  const TempFolder folder;
  support::write_tiny_checkpoint(folder.path(), o);
  support::write_file(folder.file("m.gguf"), support::tiny_deepseek2(o).bytes());
  const auto hf = Checkpoint::open(folder.path());
  const auto gguf = Checkpoint::open(folder.file("m.gguf"));
  auto a = WeightSource::create(*hf);
  auto b = WeightSource::create(*gguf);
  const std::vector<float> joined = floats_of(*a->matrix(WeightRole::Wukv, 1));
  const auto k_view = *b->matrix(WeightRole::WukTransposed, 1);
  const auto v_view = *b->matrix(WeightRole::Wuv, 1);
  EXPECT_EQ(k_view.rows, o.num_attention_heads * o.kv_lora_rank);
  EXPECT_EQ(k_view.cols, o.qk_nope_head_dim);
  EXPECT_EQ(v_view.rows, o.num_attention_heads * o.v_head_dim);
  EXPECT_EQ(v_view.cols, o.kv_lora_rank);
  const std::vector<float> k_b = floats_of(k_view);
  const std::vector<float> v_b = floats_of(v_view);
  for (std::int64_t head = 0; head < o.num_attention_heads; ++head) {
    for (std::int64_t l = 0; l < o.kv_lora_rank; ++l) {
      const std::int64_t first = head * (o.qk_nope_head_dim + o.v_head_dim);
      const auto at = [&](std::int64_t row) {
        return joined[static_cast<std::size_t>((first + row) * o.kv_lora_rank + l)];
      };
      const std::int64_t k_row = head * o.kv_lora_rank + l;
      for (std::int64_t d = 0; d < o.qk_nope_head_dim; ++d) {
        ASSERT_EQ(k_b[static_cast<std::size_t>(k_row * o.qk_nope_head_dim + d)], at(d));
      }
      for (std::int64_t d = 0; d < o.v_head_dim; ++d) {
        const std::int64_t v_row = head * o.v_head_dim + d;
        ASSERT_EQ(v_b[static_cast<std::size_t>(v_row * o.kv_lora_rank + l)],
                  at(o.qk_nope_head_dim + d));
      }
    }
  }
  EXPECT_FALSE(b->has(WeightRole::Wukv, 1));
}

TEST(GgufCheckpoint, JoinedBesideSplitIsNotNeeded) {
  GgufToWrite file = support::tiny_deepseek2();
  const GgufToWrite older = support::tiny_deepseek2({}, {.split_kv_b = false});
  for (const support::GgufTensorToWrite& entry : older.tensors) {
    if (entry.name.ends_with("attn_kv_b.weight")) file.tensors.push_back(entry);
  }
  const CheckpointReport report = inspect(file);
  EXPECT_TRUE(report.loadable());
  EXPECT_EQ(support::count_findings(report, "tensor-twice"), 3);
}

TEST(GgufCheckpoint, BlocksAreViewsIntoMergedExperts) {
  support::TinyLlamaOptions o{.hidden = 64, .width = 32, .experts = 4};
  GgufToWrite file = support::tiny_llama(o);
  support::GgufTensorToWrite* up = tensor(&file, "blk.1.ffn_up_exps.weight");
  up->type = 8;  // Q8_0: 34 bytes for 32 elements
  up->bytes.clear();
  for (int i = 0; i < 4 * 32 * 2; ++i) up->bytes += std::string(34, static_cast<char>(i / 64));
  const TempFolder folder;
  support::write_file(folder.file("m.gguf"), file.bytes());
  const auto checkpoint = Checkpoint::open(folder.file("m.gguf"));
  ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->report().dtype_summary, "F32 + Q8_0");
  auto source = WeightSource::create(*checkpoint);
  for (std::int32_t e = 0; e < 4; ++e) {
    const engine::WeightView view = *source->matrix(WeightRole::ExpertUp, 1, e);
    EXPECT_EQ(view.dtype, engine::DType::Q8_0);
    EXPECT_EQ(view.rows, 32);
    EXPECT_EQ(view.cols, 64);
    EXPECT_EQ(static_cast<int>(view.data[0]), e);
    EXPECT_EQ(static_cast<int>(view.data[view.bytes() - 1]), e);
  }
  EXPECT_FALSE(source->matrix(WeightRole::ExpertUp, 1, 4).has_value());
  EXPECT_FALSE(source->matrix(WeightRole::ExpertUp, 1, -1).has_value());
}

TEST(GgufCheckpoint, G27TensorsAgainstTheConfig) {
  GgufToWrite file = support::tiny_llama();
  std::erase_if(file.tensors, [](const auto& t) { return t.name == "blk.1.ffn_up.weight"; });
  EXPECT_THAT(support::finding(inspect(file), "tensor-missing"),
              HasSubstr("blk.1.ffn_up.weight: found nothing, allowed [feed_forward_length=48, "
                        "embedding_length=32]"));
  file = support::tiny_llama();
  tensor(&file, "blk.1.ffn_up.weight")->dims = {48, 32};
  EXPECT_THAT(support::finding(inspect(file), "shape-mismatch"),
              HasSubstr("m.gguf › blk.1.ffn_up.weight › shape: found [32, 48], allowed "
                        "[feed_forward_length=48, embedding_length=32] by the metadata"));
  file = support::tiny_llama();
  support::GgufTensorToWrite* norm = tensor(&file, "blk.0.attn_norm.weight");
  norm->type = 8;
  norm->bytes = std::string(34, '\0');
  EXPECT_THAT(support::finding(inspect(file), "dtype-unsupported"),
              HasSubstr("attn_norm.weight › dtype: found Q8_0, allowed F32, F16, BF16"));
  file = support::tiny_llama();
  file.tensors.push_back(support::gguf_floats("odd.weight", {1}, {1.0F}));
  const CheckpointReport odd = inspect(file);
  EXPECT_TRUE(odd.loadable());
  EXPECT_THAT(support::finding(odd, "tensor-unexpected"), HasSubstr("odd.weight"));
  file.tensors.push_back(
      support::gguf_floats("blk.0.attn_q_norm.weight", {8}, support::wave(8, 1)));
  EXPECT_THAT(support::finding(inspect(file), "tensor-unsupported"), HasSubstr("attn_q_norm"));
}

TEST(GgufCheckpoint, UnsupportedBlockTypesAreNamed) {
  GgufToWrite file = support::tiny_llama({.hidden = 256});
  support::GgufTensorToWrite* gate = tensor(&file, "blk.0.ffn_gate.weight");
  gate->type = 16;  // IQ2_XXS: 66 bytes for 256 elements
  gate->bytes = std::string(48 * 66, '\0');
  EXPECT_THAT(support::finding(inspect(file), "dtype-unsupported"), HasSubstr("found IQ2_XXS"));
}

TEST(GgufCheckpoint, G28NanWeightsOpen) {
  GgufToWrite file = support::tiny_llama();
  support::GgufTensorToWrite* gate = tensor(&file, "blk.0.ffn_gate.weight");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(gate->bytes.data(), &nan, sizeof(nan));
  EXPECT_TRUE(inspect(file).loadable());
}

TEST(GgufCheckpoint, G30SparseGiantIsReadByItsHeader) {
  GgufToWrite file = support::tiny_llama();
  const std::uint64_t rows = std::uint64_t{200} << 20;  // 200 GiB of F32
  file.tensors.push_back({"giant", {256, rows}, 0, ""});
  const TempFolder folder;
  const std::string bytes = file.bytes();
  support::write_file(folder.file("m.gguf"), bytes);
  const auto size = static_cast<off_t>(bytes.size() + rows * 1024);
  ASSERT_EQ(::truncate(folder.file("m.gguf").c_str(), size), 0);
  const CheckpointReport report = inspect(folder.file("m.gguf"));
  EXPECT_TRUE(report.loadable());
  EXPECT_GE(report.skipped_bytes, std::int64_t{200} << 30);
  struct stat status {};
  ASSERT_EQ(::stat(folder.file("m.gguf").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST(GgufCheckpoint, G31PathsThatAreNoFiles) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo(folder.file("pipe.gguf").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", folder.file("dangling.gguf").c_str()), 0);
  ASSERT_EQ(::symlink("loop.gguf", folder.file("loop.gguf").c_str()), 0);
  for (const std::string& path :
       {folder.file("pipe.gguf"), folder.file("dangling.gguf"), folder.file("loop.gguf"),
        std::string("/dev/zero"), folder.file("none.gguf"),
        folder.path() + "/" + std::string(4096, 'n') + ".gguf"}) {
    const CheckpointReport report = inspect(path);
    EXPECT_FALSE(report.loadable()) << path;
    EXPECT_FALSE(report.findings.empty()) << path;
  }
  const std::string odd = folder.file("odd\n\xff name.gguf");
  support::write_file(odd, "GGUFxxxx");
  EXPECT_THAT(support::finding(inspect(odd), "file-invalid"),
              HasSubstr("odd\\x0A\\xFF name.gguf: too short to be GGUF"));
}

TEST(GgufCheckpoint, OpeningCanBeCancelled) {
  const TempFolder folder;
  support::write_file(folder.file("m.gguf"), support::tiny_llama().bytes());
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(Checkpoint::open(folder.file("m.gguf"), source.get_token()).error().code,
            engine::ErrorCode::Cancelled);
}

std::string part(int i, int n) {
  char name[64];
  std::snprintf(name, sizeof(name), "big-%05d-of-%05d.gguf", i, n);
  return name;
}

/// Writes a model in n parts: all metadata in the first, tensors in turn.
void write_parts(const TempFolder& folder, const GgufToWrite& whole, int n) {
  for (int i = 0; i < n; ++i) {
    GgufToWrite file;
    if (i == 0) file.pairs = whole.pairs;
    file.pairs.push_back(kv_u16("split.no", static_cast<std::uint16_t>(i)));
    file.pairs.push_back(kv_u16("split.count", static_cast<std::uint16_t>(n)));
    file.pairs.push_back(
        support::kv_i32("split.tensors.count", static_cast<std::int32_t>(whole.tensors.size())));
    const std::size_t share =
        (whole.tensors.size() + static_cast<std::size_t>(n) - 1) / static_cast<std::size_t>(n);
    for (std::size_t t = static_cast<std::size_t>(i) * share;
         t < std::min(whole.tensors.size(), (static_cast<std::size_t>(i) + 1) * share); ++t) {
      file.tensors.push_back(whole.tensors[t]);
    }
    support::write_file(folder.file(part(i + 1, n)), file.bytes());
  }
}

TEST(GgufSplit, AnyPartOpensAll) {
  const TempFolder folder;
  write_parts(folder, support::tiny_deepseek2(), 3);
  for (const std::string& path :
       {folder.path(), folder.file(part(1, 3)), folder.file(part(2, 3)), folder.file(part(3, 3))}) {
    const auto checkpoint = Checkpoint::open(path);
    ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->report().n_files, 3);
    EXPECT_EQ(checkpoint->report().name, "big");
    EXPECT_THAT(checkpoint->path(), testing::EndsWith(part(1, 3)));
    EXPECT_EQ(checkpoint->report().n_tensors,
              static_cast<int>(support::tiny_deepseek2().tensors.size()));
  }
}

TEST(GgufSplit, EachMissingPartIsNamed) {
  const TempFolder folder;
  write_parts(folder, support::tiny_deepseek2(), 4);
  ::unlink(folder.file(part(1, 4)).c_str());
  ::unlink(folder.file(part(3, 4)).c_str());
  const CheckpointReport report = inspect(folder.file(part(2, 4)));
  EXPECT_FALSE(report.loadable());
  EXPECT_EQ(support::count_findings(report, "shard-missing"), 2);
  EXPECT_THAT(support::finding(report, "shard-missing"), HasSubstr(part(1, 4) + ": no such file"));
  EXPECT_EQ(support::count_findings(report, "tensor-missing"), 0);
}

TEST(GgufSplit, PartsOfDifferentModels) {
  const TempFolder folder;
  GgufToWrite whole = support::tiny_deepseek2();
  write_parts(folder, whole, 2);
  const std::string second = support::read_file(folder.file(part(2, 2)));
  write_parts(folder, whole, 3);
  support::write_file(folder.file(part(2, 3)), second);
  EXPECT_THAT(support::finding(inspect(folder.file(part(1, 3))), "mixed-shards"),
              HasSubstr("split.count: found 2, allowed 3"));
  write_parts(folder, whole, 3);
  support::write_file(folder.file(part(3, 3)), support::read_file(folder.file(part(2, 3))));
  EXPECT_THAT(support::finding(inspect(folder.file(part(1, 3))), "mixed-shards"),
              HasSubstr("split.no: found 1, allowed 2"));
  write_parts(folder, whole, 2);
  GgufToWrite other;
  other.pairs = {kv_u16("split.no", 1), kv_u16("split.count", 2),
                 kv_string("general.architecture", "llama")};
  other.tensors = {whole.tensors[0]};
  support::write_file(folder.file(part(2, 2)), other.bytes());
  const CheckpointReport report = inspect(folder.file(part(1, 2)));
  EXPECT_THAT(support::finding(report, "mixed-shards"),
              HasSubstr("general.architecture: found string \"llama\""));
  EXPECT_EQ(support::count_findings(report, "mixed-shards"), 3);  // number of tensors, one twice
}

TEST(GgufSplit, NamesAndCounts) {
  const TempFolder folder;
  GgufToWrite file = support::tiny_llama();
  file.pairs.push_back(kv_u16("split.no", 0));
  file.pairs.push_back(kv_u16("split.count", 65535));
  support::write_file(folder.file("renamed.gguf"), file.bytes());
  EXPECT_THAT(support::finding(inspect(folder.file("renamed.gguf")), "split-name"),
              HasSubstr("part 1 of 65535, allowed the name NAME-00001-of-65535.gguf"));
  support::write_file(folder.file("x-00001-of-65535.gguf"), file.bytes());
  const CheckpointReport many = inspect(folder.file("x-00001-of-65535.gguf"));
  EXPECT_THAT(support::finding(many, "shard-missing"), HasSubstr("x-00002-of-65535.gguf"));
  EXPECT_LT(many.findings.size(), 60U);
  file = support::tiny_llama();
  file.pairs.push_back(kv_u16("split.count", 1));
  support::write_file(folder.file("one.gguf"), file.bytes());
  EXPECT_TRUE(inspect(folder.file("one.gguf")).loadable());
}

TEST(GgufSplit, PartsDoNotLeadOutOfTheFolder) {
  const TempFolder folder;
  const TempFolder outside;
  write_parts(outside, support::tiny_deepseek2(), 2);
  support::write_file(folder.file(part(1, 2)), support::read_file(outside.file(part(1, 2))));
  ASSERT_EQ(::symlink(outside.file(part(2, 2)).c_str(), folder.file(part(2, 2)).c_str()), 0);
  EXPECT_THAT(support::finding(inspect(folder.file(part(1, 2))), "file-invalid"),
              HasSubstr("a symbolic link out of the folder"));
}

}  // namespace
