// Disks that misbehave, for the tests of the store: a full one and a slow one.
#pragma once

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "tests/support/patience.h"

namespace fixture {

/// Files of this process cannot grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

/// A disk that takes its time: while held, SQLite's write-ahead logs reach it no sooner than
/// release(). Everything else about files is as ever. One at a time, and it outlives the stores.
class HeldDisk {
 public:
  HeldDisk() : below_(sqlite3_vfs_find(nullptr)), vfs_(*below_) {
    vfs_.zName = "held disk";
    vfs_.pNext = nullptr;
    vfs_.xOpen = &HeldDisk::open;
    the_ = this;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~HeldDisk() {
    release();
    sqlite3_vfs_unregister(&vfs_);
    the_ = nullptr;
  }
  void hold() { set(held_, true); }
  void release() { set(held_, false); }
  bool somebodyWaits() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }
  /// It was held so long that whoever waited went on without release().
  bool gaveUp() {
    const std::lock_guard lock(mutex_);
    return gaveUp_;
  }

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* outFlags) {
    const int code = the_->below_->xOpen(the_->below_, name, file, flags, outFlags);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
      the_->sync_ = file->pMethods->xSync;
      the_->methods_ = *file->pMethods;
      the_->methods_.xSync = &HeldDisk::sync;
      file->pMethods = &the_->methods_;
    }
    return code;
  }
  static int sync(sqlite3_file* file, int flags) {
    the_->wait();
    return the_->sync_(file, flags);
  }
  void wait() {
    std::unique_lock lock(mutex_);
    waiting_ = held_;
    const auto patience = std::chrono::milliseconds(support::kPatience);
    gaveUp_ |= !changed_.wait_for(lock, patience, [this] { return !held_ || gaveUp_; });
    waiting_ = false;
  }
  void set(bool& flag, bool to) {
    const std::lock_guard lock(mutex_);
    flag = to;
    changed_.notify_all();
  }

  static inline HeldDisk* the_ = nullptr;
  sqlite3_vfs* below_;
  sqlite3_vfs vfs_;
  sqlite3_io_methods methods_{};
  int (*sync_)(sqlite3_file*, int) = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool waiting_ = false;
  bool gaveUp_ = false;
};

}  // namespace fixture
