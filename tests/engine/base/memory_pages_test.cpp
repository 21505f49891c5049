// Pages of a mapped file read in ahead: mapped afterwards, given back, and no fault where they are
// gone.
#include "engine/base/memory_pages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/base/mapping_guard.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::MappedFile;

constexpr std::size_t kBytes = std::size_t{8} << 20;

long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

long faults_of_reading(std::span<const std::byte> bytes) {
  const long before = page_faults();
  for (std::size_t i = 0; i < bytes.size(); i += 4096) {
    static_cast<void>(*static_cast<const volatile std::byte*>(&bytes[i]));
  }
  return page_faults() - before;
}

class MemoryPages : public testing::Test {
 protected:
  void SetUp() override {
    engine::install_mapping_guard();
    support::write_file(folder_.file("model"), std::string(kBytes, 'x'));
  }
  support::TempFolder folder_;
};

TEST_F(MemoryPages, LoadedPagesMeetNoFault) {
  const MappedFile file = MappedFile::open(folder_.file("model")).value();
  const auto middle = file.bytes().subspan(1000, kBytes - 3000);
  faults_of_reading(middle);  // a sanitizer's own pages
  engine::release_pages(middle);
  engine::load_pages(middle);
  const long loaded = faults_of_reading(middle);
  engine::release_pages(middle);
  const long released = faults_of_reading(middle);
  // Not none: the process touches other pages, and a system short of memory takes some back.
  EXPECT_GT(released, 2);
  EXPECT_LE(loaded, std::max(2L, released / 2));
}

std::size_t resident_pages(std::span<const std::byte> bytes) {
  std::vector<unsigned char> pages((bytes.size() + 4095) / 4096);
  EXPECT_EQ(::mincore(const_cast<std::byte*>(bytes.data()), bytes.size(), pages.data()), 0);
  return static_cast<std::size_t>(std::count_if(
      pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

TEST_F(MemoryPages, AnnouncedPagesAreReadWithoutWaiting) {
  const MappedFile file = MappedFile::open(folder_.file("model")).value();
  const int descriptor = ::open(folder_.file("model").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  ::fsync(descriptor);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
  const auto half = file.bytes().first(kBytes / 2);
  if (resident_pages(half) != 0) GTEST_SKIP() << "this file system keeps its files in memory";
  engine::start_loading_pages(half.subspan(100));
  for (int i = 0; i < 6000 && resident_pages(half) < kBytes / 2 / 4096; ++i) ::usleep(10'000);
  EXPECT_EQ(resident_pages(half), kBytes / 2 / 4096);
}

// The flags of the mapping that holds this address, "" where the system does not tell.
std::string mapping_flags(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2) {
      inside = begin <= wanted && wanted < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line + ' ';
    }
  }
  return "";
}

TEST_F(MemoryPages, HugePagesAreWishedForWholeRanges) {
  const MappedFile file = MappedFile::open(folder_.file("model")).value();
  if (::access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0 ||
      mapping_flags(file.bytes().data()).empty()) {
    GTEST_SKIP() << "this system has no huge pages or does not tell";
  }
  EXPECT_EQ(mapping_flags(file.bytes().data()).find(" hg "), std::string::npos);
  engine::wish_huge_pages({});
  engine::wish_huge_pages(file.bytes().subspan(5000, kBytes - 9000));
  EXPECT_EQ(mapping_flags(file.bytes().data()).find(" hg "), std::string::npos);
  EXPECT_NE(mapping_flags(file.bytes().data() + 5000).find(" hg "), std::string::npos);
  EXPECT_NE(mapping_flags(file.bytes().data() + kBytes - 4097).find(" hg "), std::string::npos);
  engine::load_pages(file.bytes());
  EXPECT_TRUE(std::all_of(file.bytes().begin(), file.bytes().end(),
                          [](std::byte byte) { return byte == std::byte{'x'}; }));
}

TEST_F(MemoryPages, PagesThatAreGoneAreLeftToTheGuard) {
  const MappedFile file = MappedFile::open(folder_.file("model")).value();
  ASSERT_EQ(::truncate(folder_.file("model").c_str(), 8192), 0);
  engine::load_pages(file.bytes());
  engine::load_pages({});
  EXPECT_FALSE(file.check_unchanged().has_value());
  EXPECT_EQ(file.bytes()[0], std::byte{'x'});
  EXPECT_EQ(file.bytes()[kBytes - 1], std::byte{0});
}

}  // namespace
