// Free memory from a made-up /proc and /sys.
#include "engine/base/system_memory.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace {

using engine::available_memory_bytes;

void write(const support::TempFolder& folder, const std::string& path, const std::string& text) {
  const std::filesystem::path full(folder.path() + path);
  std::filesystem::create_directories(full.parent_path());
  support::write_file(full.string(), text);
}

TEST(SystemMemory, ThisMachineHasSome) { EXPECT_GT(available_memory_bytes(), 1 << 20); }

TEST(SystemMemory, TakesMemAvailableWithoutGroups) {
  const support::TempFolder folder;
  EXPECT_EQ(available_memory_bytes(folder.path()), 0);
  write(folder, "/proc/meminfo", "MemTotal: 9999 kB\nMemAvailable:    1000 kB\n");
  EXPECT_EQ(available_memory_bytes(folder.path()), 1000 * 1024);
}

TEST(SystemMemory, TakesTheTightestGroupAboveTheProcess) {
  const support::TempFolder folder;
  write(folder, "/proc/meminfo", "MemAvailable: 1000000 kB\n");
  write(folder, "/proc/self/cgroup", "0::/outer/inner\n");
  write(folder, "/sys/fs/cgroup/outer/inner/memory.max", "max\n");
  write(folder, "/sys/fs/cgroup/outer/inner/memory.current", "5000\n");
  EXPECT_EQ(available_memory_bytes(folder.path()), 1000000LL * 1024);
  write(folder, "/sys/fs/cgroup/outer/memory.max", "10000\n");
  write(folder, "/sys/fs/cgroup/outer/memory.current", "7000\n");
  EXPECT_EQ(available_memory_bytes(folder.path()), 3000);
  // Page cache is given back when needed.
  write(folder, "/sys/fs/cgroup/outer/memory.stat",
        "anon 1\nactive_file 1500\ninactive_file 500\n");
  EXPECT_EQ(available_memory_bytes(folder.path()), 5000);
}

TEST(SystemMemory, KnowsTheOlderGroupHierarchy) {
  const support::TempFolder folder;
  write(folder, "/proc/meminfo", "MemAvailable: 1000000 kB\n");
  write(folder, "/proc/self/cgroup", "9:cpu:/x\n5:memory:/box\n");
  write(folder, "/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "8000\n");
  write(folder, "/sys/fs/cgroup/memory/box/memory.usage_in_bytes", "9000\n");
  EXPECT_EQ(available_memory_bytes(folder.path()), 1);
}

}  // namespace
