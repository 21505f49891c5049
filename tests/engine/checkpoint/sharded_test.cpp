// Rows S10 and S11 of the fault catalogue: the index and its shards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/shard_index.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::inspect_checkpoint;
using support::finding;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kNorm = "model.norm.weight";

class Sharded : public testing::Test {
 protected:
  Sharded() {
    options_.n_shards = 3;
    support::write_tiny_checkpoint(path(), options_);
  }
  const std::string& path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string shard(int i) const { return support::shard_name(i, 3); }

  /// Replaces text in the index, once.
  void edit_index(const std::string& from, const std::string& to) {
    std::string text = support::read_file(file(kIndex));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    support::write_file(file(kIndex), text.replace(at, from.size(), to));
  }
  /// The shard the index puts a tensor into.
  std::string shard_of(const std::string& tensor) {
    const auto index = engine::ShardIndex::parse(support::read_file(file(kIndex)), kIndex);
    return index->files[index->find(tensor)->file];
  }
  engine::CheckpointReport inspect() { return inspect_checkpoint(path(), 0); }
  std::string found(const std::string& code) { return finding(inspect(), code); }

  support::TempFolder folder_;
  support::TinyCheckpointOptions options_;
};

TEST_F(Sharded, OpensAndFindsEveryTensor) {
  const auto checkpoint = engine::Checkpoint::open(path());
  ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
  for (const auto& tensor : support::tiny_tensors(options_)) {
    const engine::StoredTensor* stored = checkpoint->find(tensor.name);
    ASSERT_NE(stored, nullptr) << tensor.name;
    EXPECT_EQ(stored->shape, tensor.shape);
    EXPECT_EQ(
        std::string(reinterpret_cast<const char*>(stored->bytes.data()), stored->bytes.size()),
        tensor.bytes);
  }
  EXPECT_EQ(checkpoint->report().n_files, 3);
}

TEST_F(Sharded, S10RefusesNamesThatAreNotPlain) {
  for (const char* name : {"../../x.safetensors", "/etc/passwd", "a/b.safetensors", "..", "",
                           "a\\\\b.safetensors", "a\\u0000b"}) {
    SCOPED_TRACE(name);
    support::write_tiny_checkpoint(path(), options_);
    edit_index("\"" + std::string(kNorm) + "\": \"" + shard_of(kNorm) + "\"",
               "\"" + std::string(kNorm) + "\": \"" + name + "\"");
    EXPECT_THAT(found("file-invalid"),
                AllOf(StartsWith("error: " + std::string(kIndex) + " › weight_map: found the file"),
                      HasSubstr("a plain name")));
    EXPECT_FALSE(inspect().loadable());
  }
}

TEST_F(Sharded, S10RefusesALinkOutOfTheFolder) {
  const support::TempFolder outside;
  std::filesystem::rename(file(shard(1)), outside.file("stolen"));
  std::filesystem::create_symlink(outside.file("stolen"), file(shard(1)));
  EXPECT_THAT(found("file-invalid"), HasSubstr("a symbolic link out of the folder"));
}

TEST_F(Sharded, S10AcceptsALinkInsideTheFolder) {
  std::filesystem::rename(file(shard(1)), file("weights.bin"));
  std::filesystem::create_symlink("weights.bin", file(shard(1)));
  EXPECT_TRUE(inspect().loadable());
}

TEST(HubCache, S10AcceptsLinksIntoItsOwnBlobsOnly) {
  const support::TempFolder cache;
  const std::string repository = cache.file("models--someone--tiny-v3");
  const std::string snapshot = repository + "/snapshots/0123abcd";
  std::filesystem::create_directories(snapshot);
  std::filesystem::create_directories(repository + "/blobs");
  support::write_tiny_checkpoint(snapshot);
  for (const char* name : {"model.safetensors", "config.json"}) {
    const std::string blob = std::string("blob-of-") + name;
    std::filesystem::rename(snapshot + "/" + name, repository + "/blobs/" + blob);
    std::filesystem::create_symlink("../../blobs/" + blob, snapshot + "/" + name);
  }
  const auto report = inspect_checkpoint(snapshot, 0);
  EXPECT_TRUE(report.loadable()) << engine::report_to_text(report);
  EXPECT_EQ(report.name, "tiny-v3");
  // Above it there is no checkpoint, but the way to it is told.
  EXPECT_THAT(finding(inspect_checkpoint(repository, 0), "weights-missing"),
              HasSubstr("; open the folder snapshots/0123abcd in it"));
  EXPECT_THAT(finding(inspect_checkpoint(repository + "/snapshots", 0), "weights-missing"),
              HasSubstr("; open the folder 0123abcd in it"));
  EXPECT_TRUE(inspect_checkpoint(snapshot + "/model.safetensors", 0).loadable());

  std::filesystem::rename(repository + "/blobs/blob-of-model.safetensors",
                          repository + "/model.safetensors");
  std::filesystem::remove(snapshot + "/model.safetensors");
  std::filesystem::create_symlink("../../model.safetensors", snapshot + "/model.safetensors");
  EXPECT_THAT(finding(inspect_checkpoint(snapshot, 0), "file-invalid"), HasSubstr("symbolic link"));
}

// What downloaders leave beside a file until it is whole.
TEST_F(Sharded, UnfinishedDownloadsAreNamed) {
  support::write_file(file(shard(1) + ".aria2"), "x");
  EXPECT_THAT(found("download-unfinished"),
              AllOf(StartsWith("warning: " + shard(1)), HasSubstr(shard(1) + ".aria2 is beside"),
                    HasSubstr("; let it finish")));
  EXPECT_TRUE(inspect().loadable());
  std::filesystem::remove(file(shard(1) + ".aria2"));
  EXPECT_EQ(found("download-unfinished"), "");
  std::filesystem::rename(file(shard(1)), file(shard(1) + ".incomplete"));
  EXPECT_THAT(found("shard-missing"),
              HasSubstr(shard(1) + ".incomplete is there: the download is not finished"));
  support::write_file(file(shard(1)), "");
  EXPECT_THAT(found("file-invalid"),
              AllOf(HasSubstr("found 0 bytes"), HasSubstr("incomplete, download it again")));
}

TEST(SingleFile, AnUnfinishedDownloadIsNamed) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  std::filesystem::rename(folder.file("model.safetensors"),
                          folder.file("model.safetensors.incomplete"));
  EXPECT_THAT(finding(inspect_checkpoint(folder.path(), 0), "weights-missing"),
              HasSubstr("(model.safetensors.incomplete is there: the download is not finished)"));
  std::filesystem::remove(folder.file("config.json"));
  support::write_file(folder.file("adapter_config.json"), "{}");
  EXPECT_THAT(finding(inspect_checkpoint(folder.path(), 0), "layout-unsupported"),
              HasSubstr("merge it into its base model"));
}

TEST_F(Sharded, S10WarnsOfHardLinks) {
  const support::TempFolder outside;
  ASSERT_EQ(::link(file(shard(0)).c_str(), outside.file("other-name").c_str()), 0);
  EXPECT_THAT(found("hard-link"), AllOf(StartsWith("warning: "), HasSubstr(shard(0))));
  EXPECT_TRUE(inspect().loadable());
}

TEST_F(Sharded, S10ListsMissingShardsAndNotEveryTensorInThem) {
  std::filesystem::remove(file(shard(0)));
  std::filesystem::remove(file(shard(2)));
  const auto report = inspect();
  EXPECT_EQ(support::count_findings(report, "shard-missing"), 2);
  EXPECT_THAT(finding(report, "shard-missing"), HasSubstr(shard(0)));
  EXPECT_EQ(support::count_findings(report, "tensor-missing"), 0);
  EXPECT_EQ(engine::Checkpoint::open(path()).error().code, engine::ErrorCode::NotFound);
}

TEST_F(Sharded, S10NamesADanglingLink) {
  std::filesystem::remove(file(shard(0)));
  std::filesystem::create_symlink("nowhere", file(shard(0)));
  EXPECT_THAT(found("shard-missing"), HasSubstr("a symbolic link that leads nowhere"));
}

TEST_F(Sharded, S10NamesATensorListedInTheWrongShard) {
  const std::string right = shard_of(kNorm);
  const std::string wrong = right == shard(0) ? shard(1) : shard(0);
  edit_index("\"" + std::string(kNorm) + "\": \"" + right + "\"",
             "\"" + std::string(kNorm) + "\": \"" + wrong + "\"");
  EXPECT_THAT(found("tensor-wrong-shard"),
              AllOf(StartsWith("error: "), HasSubstr(kNorm), HasSubstr("listed in " + wrong),
                    HasSubstr("found in " + right)));
}

TEST_F(Sharded, S10NamesATensorListedButNowhere) {
  edit_index("\"weight_map\": {", "\"weight_map\": {\"ghost.weight\": \"" + shard(0) + "\",");
  EXPECT_THAT(found("tensor-not-in-shard"), AllOf(HasSubstr("ghost.weight"), HasSubstr(shard(0))));
}

TEST_F(Sharded, S10WarnsOfATensorInTwoShards) {
  auto tensors = support::tiny_tensors(options_);
  std::vector<support::TensorToWrite> shard0;
  for (std::size_t i = 0; i < tensors.size(); i += 3) shard0.push_back(tensors[i]);
  shard0.push_back(tensors[1]);  // at home in shard 1
  support::write_safetensors(file(shard(0)), shard0);
  EXPECT_THAT(found("tensor-in-two-shards"),
              AllOf(StartsWith("warning: "), HasSubstr(tensors[1].name),
                    HasSubstr("found in " + shard(1) + " and in " + shard(0))));
  EXPECT_TRUE(inspect().loadable());
}

TEST_F(Sharded, S10RefusesATensorListedTwice) {
  edit_index("\"weight_map\": {",
             "\"weight_map\": {\"" + std::string(kNorm) + "\": \"" + shard(0) + "\",");
  EXPECT_THAT(found("index-invalid"), AllOf(HasSubstr(kNorm), HasSubstr("found twice")));
}

TEST_F(Sharded, S10WarnsOfAWrongTotalSize) {
  edit_index("\"total_size\": ", "\"total_size\": 1");
  EXPECT_THAT(found("total-size"), StartsWith("warning: "));
  EXPECT_TRUE(inspect().loadable());
  edit_index("\"total_size\": ", "\"other\": ");
  EXPECT_EQ(found("total-size"), "");
}

TEST_F(Sharded, S10WarnsOfATensorTheIndexDoesNotList) {
  edit_index("\"" + std::string(kNorm) + "\"", "\"ghost\"");
  const auto report = inspect();
  EXPECT_THAT(finding(report, "tensor-unlisted"), AllOf(StartsWith("warning: "), HasSubstr(kNorm)));
  EXPECT_THAT(finding(report, "tensor-missing"), HasSubstr(kNorm));
}

TEST_F(Sharded, S10FilesOutsideTheIndexAreNotRead) {
  support::write_file(file("consolidated.safetensors"), "garbage");
  EXPECT_TRUE(inspect().loadable());
}

TEST_F(Sharded, S11SaysWhichShardDiffers) {
  auto tensors = support::tiny_tensors(options_);
  std::vector<support::TensorToWrite> shard0;
  for (std::size_t i = 0; i < tensors.size(); i += 3) shard0.push_back(tensors[i]);
  shard0.push_back({tensors[1].name, "U8", {1}, "x"});
  support::write_safetensors(file(shard(0)), shard0);
  EXPECT_THAT(found("mixed-shards"),
              AllOf(StartsWith("error: "), HasSubstr(shard(1)), HasSubstr(shard(0)),
                    HasSubstr("U8 [1]"), HasSubstr("different downloads")));
}

TEST_F(Sharded, S11AShardOfAnotherSizeOrTypeIsNamed) {
  support::TinyCheckpointOptions other = options_;
  other.moe_intermediate_size = 48;
  const support::TempFolder elsewhere;
  support::write_tiny_checkpoint(elsewhere.path(), other);
  std::filesystem::copy_file(elsewhere.file(shard(1)), file(shard(1)),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(found("shape-mismatch"),
              AllOf(HasSubstr(shard(1)), HasSubstr("48"), HasSubstr("32")));

  other = options_;
  other.dtype = "BF16";
  support::write_tiny_checkpoint(elsewhere.path(), other);
  std::filesystem::copy_file(elsewhere.file(shard(1)), file(shard(1)),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(found("mixed-dtypes"), AllOf(StartsWith("warning: "), HasSubstr("BF16"),
                                           HasSubstr("F32"), HasSubstr(shard(1))));
}

TEST_F(Sharded, IndexThatIsNoIndexIsRefused) {
  for (const char* text : {"", "[]", "{}", "{\"weight_map\": []}", "{\"weight_map\": {\"a\": 1}}",
                           "{\"weight_map\": {}, \"weight_map\": {}}", "{\"weight_map\": {}} x"}) {
    support::write_file(file(kIndex), text);
    EXPECT_THAT(found("index-invalid"), AllOf(StartsWith("error: "), HasSubstr(kIndex))) << text;
  }
  support::write_file(file(kIndex), "{\"metadata\": {}, \"weight_map\": {}}");
  EXPECT_FALSE(inspect().loadable());
}

TEST_F(Sharded, IndexWithoutFileIsAskedFor) {
  std::filesystem::remove(file(kIndex));
  EXPECT_THAT(found("index-missing"), HasSubstr("download the index too"));
}

TEST(ShardIndex, EveryPrefixIsRefused) {
  const std::string text =
      "{\"metadata\": {\"total_size\": 8, \"x\": [1]}, \"weight_map\": {\"a\": \"f\", \"b\": "
      "\"g\"}}";
  const auto index = engine::ShardIndex::parse(text, "i");
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(index->total_size, 8U);
  EXPECT_EQ(index->files.size(), 2U);
  EXPECT_EQ(index->find("c"), nullptr);
  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_FALSE(engine::ShardIndex::parse(text.substr(0, n), "i").has_value()) << n;
  }
}

}  // namespace
