// One file, or an index and its shards. The index decides which file a tensor is taken from.
#include "engine/checkpoint/tensor_table.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/shard_index.h"
#include "engine/checkpoint/tensor_spec.h"

namespace engine {

namespace {

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr std::uint64_t kMaxIndexBytes = 64U << 20U;
constexpr std::size_t kMaxTensors = 1'000'000;

std::string layout_of(const StoredTensor& tensor) {
  std::string text = std::string(dtype_name(tensor.dtype)) + " [";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
  }
  return text + "]";
}

class TableBuilder {
 public:
  TableBuilder(const CheckpointFolder& folder, const std::stop_token& stop, FindingList* findings)
      : folder_(folder), stop_(stop), findings_(*findings) {}

  TensorTable build() {
    if (const std::optional<std::string> single = single_file()) {
      read_single(*single);
    } else if (folder_.has(kIndexFile)) {
      read_sharded();
    } else {
      explain_absence();
    }
    std::sort(table_.tensors.begin(), table_.tensors.end(),
              [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
    std::sort(table_.known_absences.begin(), table_.known_absences.end());
    return std::move(table_);
  }

 private:
  /// The one file to read when there is no index, or when the user pointed at a file outside it.
  std::optional<std::string> single_file() {
    const std::string& chosen = folder_.chosen_file();
    if (folder_.has(kSingleFile) && (chosen.empty() || !chosen.ends_with(".safetensors"))) {
      if (folder_.has(kIndexFile)) {
        findings_.warning("two-layouts", std::string(kIndexFile) + ": not used, because " +
                                             kSingleFile + " is there too; remove one of them");
      }
      return kSingleFile;
    }
    if (chosen.ends_with(".safetensors") && (chosen == kSingleFile || !folder_.has(kIndexFile))) {
      return chosen;
    }
    if (folder_.has(kIndexFile)) return std::nullopt;
    std::vector<std::string> candidates = folder_.list();
    std::erase_if(candidates,
                  [](const std::string& name) { return !name.ends_with(".safetensors"); });
    if (candidates.size() != 1) return std::nullopt;
    findings_.info("file-name", quoted_name(candidates[0]) + ": used as " + kSingleFile +
                                    ", the only weights in the folder");
    return candidates[0];
  }

  void explain_absence() {
    std::string instead;
    std::string several;
    for (const std::string& name : folder_.list()) {
      if (name.ends_with(".safetensors")) several = name;
      if (name.starts_with(kSingleFile) && name != kIndexFile) {
        instead = quoted_name(name) + " is there: the download is not finished";
      }
      if (name.ends_with(".gguf")) instead = quoted_name(name) + " is GGUF: open that file itself";
      if (name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth")) {
        instead = quoted_name(name) + " looks like a PyTorch pickle: not opened, it can run code";
      }
    }
    if (!several.empty()) {
      findings_.error("index-missing", std::string(kIndexFile) + ": no such file, but " +
                                           quoted_name(several) +
                                           " and others are there; download the index too");
      return;
    }
    std::string inner = folder_.checkpoint_inside();
    if (!inner.empty()) inner = "; open the folder " + quoted_name(inner) + " in it";
    findings_.error("weights-missing", std::string(kSingleFile) + ": no such file, nor " +
                                           kIndexFile +
                                           (instead.empty() ? "" : " (" + instead + ")") + inner);
  }

  static std::string unfinished_text(const std::string& part) {
    return ", but " + quoted_name(part) + " is there: the download is not finished";
  }

  /// Opens one file of the folder; null when it cannot be used, with a finding.
  const SafetensorsFile* open_file(const std::string& name, const std::string& missing_code) {
    Result<std::string> path = folder_.resolve(name);
    const bool listed = missing_code == "shard-missing";
    if (!path && listed && path.error().code != ErrorCode::NotFound) {
      path.error().message = std::string(kIndexFile) + " › weight_map: " + path.error().message;
    }
    const std::string unfinished = folder_.unfinished_download(name);
    Result<SafetensorsFile> file = path ? SafetensorsFile::open(*path, name)
                                        : Result<SafetensorsFile>(tl::unexpected(path.error()));
    if (!file) {
      const bool missing = file.error().code == ErrorCode::NotFound;
      findings_.error(missing ? missing_code : "file-invalid",
                      file.error().message +
                          (unfinished.empty() ? "" : unfinished_text(unfinished)) +
                          (missing ? "; download it" : ""));
      return nullptr;
    }
    if (!unfinished.empty()) {
      findings_.warning("download-unfinished",
                        quoted_name(name) + ": " + quoted_name(unfinished) +
                            " is beside it, as long as a download is not finished; let it finish, "
                            "or delete that file");
    }
    if (file->n_links() > 1) {
      findings_.warning("hard-link", quoted_name(name) + ": the same file has " +
                                         std::to_string(file->n_links()) +
                                         " names; a change under another name changes it here");
    }
    table_.any_file = true;
    return &table_.files.emplace_back(std::move(*file));
  }

  StoredTensor stored(const SafetensorsFile& file, std::size_t i) const {
    const SafetensorsHeader::Entry entry = file.header().entry(i);
    return {std::string(entry.name), entry.dtype,
            std::vector<std::int64_t>(entry.shape.begin(), entry.shape.end()), file.bytes(entry),
            file.name()};
  }

  void read_single(const std::string& name) {
    const SafetensorsFile* file = open_file(name, "weights-missing");
    if (file == nullptr) return;
    const std::size_t n = file->header().n_tensors();
    table_.tensors.reserve(n);
    for (std::size_t i = 0; i < n; ++i) table_.tensors.push_back(stored(*file, i));
  }

  void read_sharded() {
    const Result<std::string> text = folder_.read_text(kIndexFile, kMaxIndexBytes);
    Result<ShardIndex> index = text ? ShardIndex::parse(*text, kIndexFile)
                                    : Result<ShardIndex>(tl::unexpected(text.error()));
    if (!index) {
      findings_.error("index-invalid", index.error().message);
      return;
    }
    index_ = std::move(*index);
    if (index_.entries.empty()) {
      findings_.error("index-invalid", std::string(kIndexFile) +
                                           " › weight_map: found no tensor, allowed at least one");
    }
    table_.files.reserve(index_.files.size());
    table_.tensors.reserve(index_.entries.size());
    taken_.assign(index_.entries.size(), false);
    for (std::uint32_t f = 0; f < index_.files.size() && !stop_.stop_requested(); ++f) {
      const SafetensorsFile* file = open_file(index_.files[f], "shard-missing");
      opened_.push_back(file != nullptr);
      if (file == nullptr) continue;
      for (std::size_t i = 0; i < file->header().n_tensors(); ++i) place(stored(*file, i), f);
      if (table_.tensors.size() + elsewhere_.size() > kMaxTensors) {
        findings_.error("index-invalid", "found more than " + std::to_string(kMaxTensors) +
                                             " tensors in all files, allowed " +
                                             std::to_string(kMaxTensors));
        return;
      }
    }
    if (stop_.stop_requested()) return;
    check_entries();
    check_total_size();
  }

  /// Takes a tensor found in file `f` when the index says so; keeps a note of it otherwise.
  void place(StoredTensor tensor, std::uint32_t f) {
    const ShardIndex::Entry* entry = index_.find(tensor.name);
    if (entry == nullptr) {
      findings_.warning("tensor-unlisted", quoted_name(tensor.file) + " › " +
                                               quoted_name(tensor.name) + ": not in " + kIndexFile +
                                               ", ignored");
      return;
    }
    if (entry->file != f) {
      elsewhere_.emplace(tensor.name, std::move(tensor));
      return;
    }
    taken_[static_cast<std::size_t>(entry - index_.entries.data())] = true;
    table_.tensors.push_back(std::move(tensor));
  }

  void check_entries() {
    for (std::size_t i = 0; i < index_.entries.size(); ++i) {
      if (taken_[i]) continue;
      const ShardIndex::Entry& entry = index_.entries[i];
      table_.known_absences.push_back(entry.tensor);
      if (!opened_[entry.file]) continue;  // the shard itself is the finding
      const auto other = elsewhere_.find(entry.tensor);
      const std::string listed = std::string(kIndexFile) + " › " + quoted_name(entry.tensor) +
                                 ": listed in " + quoted_name(index_.files[entry.file]);
      if (other == elsewhere_.end()) {
        findings_.error("tensor-not-in-shard",
                        listed + ", which does not hold it; download that file again");
      } else {
        findings_.error("tensor-wrong-shard", listed + ", found in " +
                                                  quoted_name(other->second.file) +
                                                  "; index and files are of different downloads");
      }
    }
    for (const StoredTensor& tensor : table_.tensors) compare_copies(tensor);
  }

  /// A second copy in another shard is not used; one that differs betrays mixed downloads.
  void compare_copies(const StoredTensor& tensor) {
    const auto copy = elsewhere_.find(tensor.name);
    if (copy == elsewhere_.end()) return;
    const std::string where = quoted_name(tensor.name) + ": found in " + quoted_name(tensor.file) +
                              " and in " + quoted_name(copy->second.file);
    if (layout_of(tensor) == layout_of(copy->second)) {
      findings_.warning("tensor-in-two-shards",
                        where + "; the first is used, as " + kIndexFile + " says");
    } else {
      findings_.error("mixed-shards", where + ", as " + layout_of(tensor) + " and as " +
                                          layout_of(copy->second) +
                                          "; the files are of different downloads");
    }
  }

  void check_total_size() {
    if (!index_.total_size || !table_.known_absences.empty()) return;
    std::uint64_t total = 0;
    for (const StoredTensor& tensor : table_.tensors) total += tensor.bytes.size();
    if (total == *index_.total_size) return;
    findings_.warning("total-size", std::string(kIndexFile) + " › metadata › total_size: found " +
                                        std::to_string(*index_.total_size) + ", the files hold " +
                                        std::to_string(total) + " bytes of tensors");
  }

  const CheckpointFolder& folder_;
  const std::stop_token& stop_;
  FindingList& findings_;
  TensorTable table_;
  ShardIndex index_;
  std::vector<bool> taken_;                                  // by entry of the index
  std::vector<bool> opened_;                                 // by file of the index
  std::unordered_map<std::string, StoredTensor> elsewhere_;  // found where the index does not say
};

}  // namespace

int TensorTable::n_tensors() const {
  std::size_t n = 0;
  for (const SafetensorsFile& file : files) n += file.header().n_tensors();
  for (const GgufFile& file : gguf_files) n += file.header().n_tensors();
  return static_cast<int>(n);
}

TensorTable read_tensor_files(const CheckpointFolder& folder, const std::stop_token& stop,
                              FindingList* findings) {
  return TableBuilder(folder, stop, findings).build();
}

}  // namespace engine
