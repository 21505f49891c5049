// Which files make up a GGUF model, and whether they belong together.
#include "engine/checkpoint/gguf_table.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <set>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/gguf_fields.h"

namespace engine {

namespace {

constexpr std::string_view kSuffix = ".gguf";
constexpr std::size_t kMaxTensors = 1'000'000;
constexpr std::int64_t kMaxParts = 65535;
constexpr std::size_t kShownModels = 20;

/// "-00001-of-00003.gguf" at the end of a name.
struct PartName {
  std::string base;
  std::int64_t number = 0;  // from 1
  std::int64_t count = 0;
};

std::optional<std::int64_t> five_digits(std::string_view text) {
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != 5 || error != std::errc() || stop != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<PartName> parse_part_name(const std::string& name) {
  constexpr std::string_view kOf = "-of-";
  constexpr std::size_t kTail = 1 + 5 + kOf.size() + 5 + kSuffix.size();
  if (name.size() <= kTail || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view tail = std::string_view(name).substr(name.size() - kTail);
  const auto number = five_digits(tail.substr(1, 5));
  const auto count = five_digits(tail.substr(6 + kOf.size(), 5));
  if (tail[0] != '-' || tail.substr(6, kOf.size()) != kOf || !number || !count) return std::nullopt;
  return PartName{name.substr(0, name.size() - kTail), *number, *count};
}

std::string part_name(const std::string& base, std::int64_t number, std::int64_t count) {
  char tail[64];
  std::snprintf(tail, sizeof(tail), "-%05lld-of-%05lld.gguf", static_cast<long long>(number),
                static_cast<long long>(count));
  return base + tail;
}

std::vector<std::string> gguf_names(const CheckpointFolder& folder) {
  std::vector<std::string> names = folder.list();
  std::erase_if(names, [](const std::string& name) {
    return !name.ends_with(kSuffix) || name.starts_with("mmproj");  // an image encoder beside it
  });
  return names;
}

class GgufTableBuilder {
 public:
  GgufTableBuilder(const CheckpointFolder& folder, const std::stop_token& stop,
                   FindingList* findings)
      : folder_(folder), stop_(stop), findings_(*findings) {}

  TensorTable build() {
    table_.format = CheckpointFormat::Gguf;
    const std::optional<std::string> name = chosen_name();
    if (!name) return std::move(table_);
    std::optional<GgufFile> file = open_file(*name);
    if (!file) return std::move(table_);
    const std::int64_t count = split_number(*file, "split.count", 1, kMaxParts).value_or(1);
    if (count <= 1) {
      table_.gguf_files.push_back(std::move(*file));
      table_.complete = true;
    } else {
      read_parts(std::move(*file), count);
    }
    collect();
    return std::move(table_);
  }

 private:
  /// The file that was opened, or the only model in the folder.
  std::optional<std::string> chosen_name() {
    if (!folder_.chosen_file().empty()) return folder_.chosen_file();
    const std::vector<std::string> names = gguf_names(folder_);
    std::set<std::string> models;
    for (const std::string& name : names) models.insert(gguf_model_name(name));
    if (models.size() == 1) return names.front();
    std::string list;
    std::size_t n_shown = 0;
    for (const std::string& model : models) {
      if (++n_shown > kShownModels) break;
      list += (list.empty() ? "" : ", ") + quoted_name(model);
    }
    findings_.error("gguf-several", "found " + std::to_string(models.size()) +
                                        " GGUF models in the folder, allowed one: " + list +
                                        "; open the file of the one you mean");
    return std::nullopt;
  }

  std::optional<GgufFile> open_file(const std::string& name) {
    const Result<std::string> path = folder_.resolve(name);
    Result<GgufFile> file =
        path ? GgufFile::open(*path, name) : Result<GgufFile>(tl::unexpected(path.error()));
    if (!file) {
      const bool missing = file.error().code == ErrorCode::NotFound;
      const bool unsupported = file.error().code == ErrorCode::Unsupported;
      findings_.error(missing       ? "shard-missing"
                      : unsupported ? "gguf-unsupported"
                                    : "file-invalid",
                      file.error().message + (missing ? "; download it" : ""));
      return std::nullopt;
    }
    for (const std::string& warning : file->header().warnings()) {
      findings_.warning("gguf-odd", warning);
    }
    if (file->n_links() > 1) {
      findings_.warning("hard-link", quoted_name(name) + ": the same file has " +
                                         std::to_string(file->n_links()) +
                                         " names; a change under another name changes it here");
    }
    return std::move(*file);
  }

  std::optional<std::int64_t> split_number(const GgufFile& file, const char* key, std::int64_t min,
                                           std::int64_t max) {
    std::vector<Finding> found;
    GgufFields fields(file.header(), quoted_name(file.name()), "", &found);
    const std::optional<std::int64_t> number = fields.integer(key, min, max);
    for (Finding& finding : found) findings_.add(std::move(finding));
    return number;
  }

  void read_parts(GgufFile given, std::int64_t count) {
    const std::int64_t number = split_number(given, "split.no", 0, kMaxParts).value_or(0) + 1;
    const std::optional<PartName> name = parse_part_name(given.name());
    if (!name || name->number != number || name->count != count) {
      findings_.error("split-name",
                      quoted_name(given.name()) + ": found a file that is part " +
                          std::to_string(number) + " of " + std::to_string(count) +
                          ", allowed the name " +
                          quoted_name(part_name(name ? name->base : "NAME", number, count)) +
                          " (the other parts are found by their names)");
      table_.gguf_files.push_back(std::move(given));
      return;
    }
    table_.complete = true;
    for (std::int64_t i = 1; i <= count && !stop_.stop_requested(); ++i) {
      std::optional<GgufFile> part;
      if (i == number) {
        part = std::move(given);
      } else {
        part = open_part(part_name(name->base, i, count));
        if (part) check_part(*part, i, count);
      }
      if (!part) {
        table_.complete = false;
        continue;
      }
      table_.gguf_files.push_back(std::move(*part));
    }
    if (!stop_.stop_requested()) check_total();
  }

  std::optional<GgufFile> open_part(const std::string& name) {
    if (folder_.has(name)) return open_file(name);
    findings_.error("shard-missing",
                    quoted_name(name) + ": no such file in the folder; download it");
    return std::nullopt;
  }

  void mixed(const GgufFile& part, const std::string& key, const std::string& found,
             const std::string& allowed) {
    findings_.error("mixed-shards", quoted_name(part.name()) + " › metadata › " + key + ": found " +
                                        found + ", allowed " + allowed +
                                        "; the parts are of different models");
  }

  /// What every part says about the whole; the first part may be the only one with more.
  void check_part(const GgufFile& part, std::int64_t number, std::int64_t count) {
    const std::int64_t own = split_number(part, "split.no", 0, kMaxParts).value_or(-1) + 1;
    const std::int64_t of = split_number(part, "split.count", 0, kMaxParts).value_or(0);
    if (own != number) {
      mixed(part, "split.no", std::to_string(own - 1), std::to_string(number - 1));
    }
    if (of != count) mixed(part, "split.count", std::to_string(of), std::to_string(count));
    if (table_.gguf_files.empty()) return;
    const GgufHeader& first = table_.gguf_files.front().header();
    for (const char* key : {"general.architecture", "general.uuid"}) {
      const std::optional<GgufValue> a = first.find(key);
      const std::optional<GgufValue> b = part.header().find(key);
      if (a && b && a->bytes != b->bytes) mixed(part, key, b->shown(), a->shown());
    }
  }

  void check_total() {
    if (!table_.complete) return;
    std::int64_t n_tensors = 0;
    for (const GgufFile& file : table_.gguf_files) {
      n_tensors += static_cast<std::int64_t>(file.header().n_tensors());
    }
    for (const GgufFile& file : table_.gguf_files) {
      const std::optional<std::int64_t> stated =
          split_number(file, "split.tensors.count", 0, std::int64_t{1} << 40);
      if (!stated || *stated == n_tensors) continue;
      mixed(file, "split.tensors.count", std::to_string(*stated),
            std::to_string(n_tensors) + " (what all parts hold)");
    }
  }

  void collect() {
    std::size_t total = 0;
    for (const GgufFile& file : table_.gguf_files) total += file.header().n_tensors();
    if (total > kMaxTensors) {
      findings_.error("file-invalid", "found " + std::to_string(total) +
                                          " tensors in all parts, allowed " +
                                          std::to_string(kMaxTensors));
      return;
    }
    table_.any_file = !table_.gguf_files.empty();
    table_.tensors.reserve(total);
    for (const GgufFile& file : table_.gguf_files) {
      for (std::size_t i = 0; i < file.header().n_tensors(); ++i) {
        GgufHeader::Entry entry = file.header().tensor(i);
        table_.tensors.push_back({std::string(entry.name), entry.dtype, std::move(entry.shape),
                                  file.bytes(entry), file.name()});
      }
    }
    std::stable_sort(table_.tensors.begin(), table_.tensors.end(),
                     [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < table_.tensors.size(); ++i) {
      const StoredTensor& a = table_.tensors[i - 1];
      const StoredTensor& b = table_.tensors[i];
      if (a.name != b.name) continue;
      findings_.error("mixed-shards", quoted_name(a.name) + ": found in " + quoted_name(a.file) +
                                          " and in " + quoted_name(b.file) +
                                          ", allowed once; the parts are of different models");
    }
  }

  const CheckpointFolder& folder_;
  const std::stop_token& stop_;
  FindingList& findings_;
  TensorTable table_;
};

}  // namespace

bool is_gguf_checkpoint(const CheckpointFolder& folder) {
  const std::string& chosen = folder.chosen_file();
  if (chosen.empty()) return !folder.has("config.json") && !gguf_names(folder).empty();
  if (chosen.ends_with(kSuffix)) return true;
  if (chosen.ends_with(".safetensors") || chosen.ends_with(".json")) return false;
  const Result<std::string> path = folder.resolve(chosen);
  return path && has_gguf_magic(*path);
}

std::string gguf_model_name(const std::string& file) {
  if (const std::optional<PartName> part = parse_part_name(file)) return part->base;
  return file.ends_with(kSuffix) ? file.substr(0, file.size() - kSuffix.size()) : file;
}

TensorTable read_gguf_files(const CheckpointFolder& folder, const std::stop_token& stop,
                            FindingList* findings) {
  return GgufTableBuilder(folder, stop, findings).build();
}

}  // namespace engine
