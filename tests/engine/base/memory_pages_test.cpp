// Pages of a mapped file read in ahead: mapped afterwards, given back, and no fault where they are
// gone.
#include "engine/base/memory_pages.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

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
  engine::load_pages(middle);
  EXPECT_LE(faults_of_reading(middle), 2);  // what else the process touches
  engine::release_pages(middle);
  EXPECT_GT(faults_of_reading(middle), 2);
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
