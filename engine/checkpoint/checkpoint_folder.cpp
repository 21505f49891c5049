// Where the files of a checkpoint may lie.
#include "engine/checkpoint/checkpoint_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/foreign_format.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxListed = 10'000;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (names.size() >= kMaxListed) break;
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool looks_like_checkpoint(const fs::path& folder) {
  const std::vector<std::string> names = names_in(folder);
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "config.json" || name.ends_with(".gguf");
  });
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

}  // namespace

Result<CheckpointFolder> CheckpointFolder::open(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (path.empty() || status.type() == fs::file_type::not_found ||
      path.find('\0') != std::string::npos) {
    return fail(ErrorCode::NotFound, quoted_name(path) + ": no such file or folder");
  }
  if (error) {
    return fail(ErrorCode::Io, quoted_name(path) + ": cannot be read (" + error.message() + ")");
  }
  CheckpointFolder folder;
  fs::path given(path);
  if (status.type() != fs::file_type::directory) {
    if (status.type() != fs::file_type::regular) {
      return fail(ErrorCode::Io,
                  quoted_name(path) + ": found a device, pipe or socket, allowed a folder or file");
    }
    folder.chosen_file_ = given.filename().string();
    given = given.has_parent_path() ? given.parent_path() : fs::path(".");
  }
  const fs::path real = fs::canonical(given, error);
  if (error) {
    return fail(ErrorCode::Io, quoted_name(path) + ": cannot be read (" + error.message() + ")");
  }
  folder.path_ = real.string();
  if (real.parent_path().filename() == "snapshots") {
    folder.blobs_ = (real.parent_path().parent_path() / "blobs").string();
  }
  return folder;
}

std::string CheckpointFolder::name() const {
  const fs::path path(path_);
  if (blobs_.empty()) return path.filename().string();
  // models--deepseek-ai--DeepSeek-V3/snapshots/<revision>
  const std::string repository = path.parent_path().parent_path().filename().string();
  const std::size_t last = repository.rfind("--");
  return last == std::string::npos ? repository : repository.substr(last + 2);
}

bool CheckpointFolder::has(const std::string& name) const {
  std::error_code ignored;
  return fs::symlink_status(path_ + "/" + name, ignored).type() != fs::file_type::not_found;
}

Result<std::string> CheckpointFolder::resolve(const std::string& name) const {
  if (!is_plain_name(name)) {
    return fail(ErrorCode::InvalidFile,
                "found the file name \"" + quoted_name(name) +
                    "\", allowed a plain name of a file in the checkpoint's folder");
  }
  std::error_code error;
  const std::string path = path_ + "/" + name;
  if (fs::symlink_status(path, error).type() == fs::file_type::not_found) {
    return fail(ErrorCode::NotFound, quoted_name(name) + ": no such file in the folder");
  }
  const fs::path real = fs::canonical(path, error);
  if (error == std::errc::permission_denied) {
    return fail(ErrorCode::Io, quoted_name(name) + ": no permission to read it");
  }
  if (error) {
    return fail(ErrorCode::NotFound, quoted_name(name) + ": a symbolic link that leads nowhere (" +
                                         error.message() + ")");
  }
  const std::string parent = real.parent_path().string();
  const bool inside = parent == path_ || parent.starts_with(path_ + "/");
  const bool hub_blob = !blobs_.empty() && parent == blobs_;
  if (!inside && !hub_blob) {
    return fail(ErrorCode::InvalidFile,
                quoted_name(name) + ": found a symbolic link out of the folder, to " +
                    quoted_name(real.string()) +
                    ", allowed files inside it; open the folder it leads to, or copy the file");
  }
  return real.string();
}

Result<std::string> CheckpointFolder::read_text(const std::string& name,
                                                std::uint64_t max_bytes) const {
  ASSIGN_OR_RETURN(const std::string path, resolve(name));
  ASSIGN_OR_RETURN(std::string text, read_text_file(path, max_bytes));
  const std::string_view foreign = known_format(text);
  if (foreign.empty()) return text;
  return fail(ErrorCode::InvalidFile, quoted_name(name) + ": this is " + std::string(foreign));
}

std::vector<std::string> CheckpointFolder::list() const { return names_in(path_); }

std::string CheckpointFolder::unfinished_download(const std::string& name) const {
  for (const char* suffix : {".incomplete", ".part", ".aria2", ".crdownload", ".download"}) {
    if (has(name + suffix)) return name + suffix;
  }
  return {};
}

std::string CheckpointFolder::checkpoint_inside() const {
  constexpr std::size_t kMostLooked = 64;  // in each of two levels
  std::size_t n_looked = 0;
  for (const std::string& name : list()) {
    std::error_code ignored;
    const fs::path folder = fs::path(path_) / name;
    if (!fs::is_directory(folder, ignored) || ++n_looked > kMostLooked) continue;
    if (looks_like_checkpoint(folder)) return name;
    std::size_t n_inner = 0;
    for (const std::string& inner : names_in(folder)) {
      if (!fs::is_directory(folder / inner, ignored) || ++n_inner > kMostLooked) continue;
      if (looks_like_checkpoint(folder / inner)) return name + "/" + inner;
    }
  }
  return {};
}

}  // namespace engine
