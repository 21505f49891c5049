// Limits of processor time as the two versions of control groups spell them.
#include "engine/base/processor_quota.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_folder.h"

namespace {

using engine::processor_quota;

class ProcessorQuota : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_.file(path);
    std::filesystem::create_directories(file.parent_path());
    support::write_file(file.string(), text);
  }
  std::string root() const { return folder_.path(); }
  support::TempFolder folder_;
};

TEST_F(ProcessorQuota, NothingWithoutGroupsOrLimits) {
  EXPECT_FALSE(processor_quota(root()));
  write("proc/self/cgroup", "0::/a\n");
  write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_FALSE(processor_quota(root()));
}

TEST_F(ProcessorQuota, TheTightestGroupCountsRoundedUp) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/cpu.max", "800000 100000\n");
  EXPECT_EQ(processor_quota(root()), 8);
  write("sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  EXPECT_EQ(processor_quota(root()), 3);
  write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(processor_quota(root()), 1);
}

TEST_F(ProcessorQuota, VersionOne) {
  write("proc/self/cgroup", "9:memory:/m\n4:cpu,cpuacct:/docker/x\n");
  write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(processor_quota(root()));
  write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "400000\n");
  EXPECT_EQ(processor_quota(root()), 4);
}

}  // namespace
