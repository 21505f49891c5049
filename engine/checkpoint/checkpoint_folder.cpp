// Where the files of a checkpoint may lie.
#include "engine/checkpoint/checkpoint_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/base/mapped_file.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxListed = 10'000;

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
  return read_text_file(path, max_bytes);
}

std::vector<std::string> CheckpointFolder::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    if (names.size() >= kMaxListed) break;
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace engine
