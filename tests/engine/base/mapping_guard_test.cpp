// A mapped file that loses its bytes: readers on any thread get zeros, the file says so, and faults
// elsewhere still end the process.
#include "engine/base/mapping_guard.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "engine/base/mapped_file.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::MappedFile;
using testing::HasSubstr;

constexpr std::size_t kBytes = 64 * 1024;

class MappingGuard : public testing::Test {
 protected:
  void SetUp() override {
    engine::install_mapping_guard();
    support::write_file(folder_.file("model"), std::string(kBytes, 'x'));
  }
  MappedFile open() const { return std::move(MappedFile::open(folder_.file("model")).value()); }
  void truncate_to(std::size_t n) const {
    ASSERT_EQ(::truncate(folder_.file("model").c_str(), static_cast<off_t>(n)), 0);
  }
  static int count(const MappedFile& file, char wanted) {
    int n = 0;
    const volatile std::byte* bytes = file.bytes().data();
    for (std::size_t i = 0; i < file.bytes().size(); ++i) n += bytes[i] == std::byte(wanted);
    return n;
  }
  static std::string problem(const MappedFile& file) {
    const auto unchanged = file.check_unchanged();
    return unchanged ? "" : unchanged.error().message;
  }
  support::TempFolder folder_;
};

TEST_F(MappingGuard, AnUntouchedFileIsUnchanged) {
  const MappedFile file = open();
  EXPECT_EQ(count(file, 'x'), static_cast<int>(kBytes));
  EXPECT_EQ(problem(file), "");
}

TEST_F(MappingGuard, ATruncatedFileReadsAsZerosAndSaysSo) {
  const MappedFile file = open();
  truncate_to(8192);
  EXPECT_EQ(count(file, 'x'), 8192);
  EXPECT_THAT(problem(file), HasSubstr(folder_.file("model") + ": a part of it"));
  EXPECT_THAT(problem(file), HasSubstr("load the model again"));
}

TEST_F(MappingGuard, ATruncationIsNoticedBeforeAnyRead) {
  const MappedFile file = open();
  truncate_to(8192);
  EXPECT_THAT(problem(file), HasSubstr("was 65536 bytes long, now 8192"));
}

TEST_F(MappingGuard, ManyThreadsMayFaultAtOnce) {
  const MappedFile file = open();
  const MappedFile other = open();
  truncate_to(0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { EXPECT_EQ(count(i % 2 == 0 ? file : other, 'x'), 0); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(problem(file), HasSubstr("could not be read any more"));
  EXPECT_THAT(problem(other), HasSubstr("could not be read any more"));
}

TEST_F(MappingGuard, TheRangeFollowsAMovedFileAndEndsWithIt) {
  {
    MappedFile file = open();
    const MappedFile moved = std::move(file);
    truncate_to(0);
    EXPECT_EQ(count(moved, 'x'), 0);
    EXPECT_NE(problem(moved), "");
  }
  support::write_file(folder_.file("model"), std::string(kBytes, 'y'));
  const MappedFile next = open();  // takes the same slot: nothing is left of the old state
  EXPECT_EQ(problem(next), "");
}

TEST_F(MappingGuard, WritingInPlaceIsNoticed) {
  const MappedFile file = open();
  std::fstream writer(folder_.file("model"), std::ios::in | std::ios::out | std::ios::binary);
  writer.put('z');
  writer.close();
  // The clock of a file system may tick slowly: the write is dated explicitly.
  const timespec dates[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, folder_.file("model").c_str(), dates, 0), 0);
  EXPECT_THAT(problem(file), HasSubstr("written to while in use"));
}

TEST_F(MappingGuard, ReplacingByRenameGoesOn) {
  const MappedFile file = open();
  support::write_file(folder_.file("new"), std::string(100, 'n'));
  std::filesystem::rename(folder_.file("new"), folder_.file("model"));
  EXPECT_EQ(count(file, 'x'), static_cast<int>(kBytes));
  EXPECT_EQ(problem(file), "");
}

TEST_F(MappingGuard, AFaultElsewhereStillEndsTheProcess) {
  const auto read_beyond = [this] {
    const int descriptor = ::open(folder_.file("model").c_str(), O_RDWR);
    void* data = ::mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (::ftruncate(descriptor, 0) != 0) return;
    const volatile char* bytes = static_cast<const char*>(data);
    (void)bytes[100];
  };
  EXPECT_DEATH(read_beyond(), "");
}

}  // namespace
