// Finding the plug-in and saying in one line why there is none; the whole way over the emulated
// one.
#include "engine/backend/cuda_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/backend/cuda/device_problem.h"
#include "engine/backend/cuda/plugin_abi.h"
#include "tests/support/temp_folder.h"

namespace engine {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

void expect_not_used(const std::string& path, const std::string& reason) {
  const BackendDescription description = describe_cuda(path).front();
  EXPECT_FALSE(description.available);
  EXPECT_THAT(description.description, HasSubstr("CUDA is not used: "));
  EXPECT_THAT(description.description, HasSubstr(reason));
  EXPECT_THAT(description.description, Not(HasSubstr("\n")));
  const auto backend = make_cuda_backend(path);
  ASSERT_FALSE(backend.has_value());
  EXPECT_THAT(backend.error().message, HasSubstr(reason));
  EXPECT_THAT(backend.error().message, HasSubstr("choose the CPU backend"));
}

TEST(CudaPlugin, Missing) {
  expect_not_used("", "there is no plug-in");
  expect_not_used(folder() + "/nowhere.so", "there is no plug-in");
}

TEST(CudaPlugin, Corrupt) {
  const support::TempFolder temp;
  const std::string path = temp.file("libbathyscope_cuda.so");
  std::ofstream(path) << "this is no library";
  expect_not_used(path, "the plug-in cannot be loaded: ");
  // Half of a real one.
  std::filesystem::copy_file(folder() + "/libbathyscope_cuda.so", path,
                             std::filesystem::copy_options::overwrite_existing);
  const auto n_bytes = std::filesystem::file_size(path);
  for (const auto size :
       {n_bytes / 2, std::uintmax_t{3000}, std::uintmax_t{64}, std::uintmax_t{0}}) {
    std::filesystem::resize_file(path, size);
    expect_not_used(path, "is damaged or cut short");
  }
}

TEST(CudaPlugin, ForeignOrOfAnotherBuild) {
  expect_not_used(folder() + "/libfake_foreign.so", "is not a Bathyscope plug-in");
  expect_not_used(folder() + "/libfake_version.so",
                  "this program needs " + std::to_string(kBathyscopeCudaAbi));
  expect_not_used(folder() + "/libfake_build.so", "was built with another compiler");
}

TEST(CudaPlugin, NoDevice) {
  expect_not_used(folder() + "/libfake_no_device.so", "no CUDA-capable device");
}

TEST(CudaPlugin, DriversAndDevicesThatDoNotServe) {
  using cuda::device_problem;
  using cuda::driver_problem;
  EXPECT_EQ(driver_problem({0, 13000, false, "x"}), "no NVIDIA driver is installed");
  EXPECT_EQ(driver_problem({11040, 13000, true, "x"}),
            "the driver supports CUDA 11.4, this plug-in needs 13.0: update the driver");
  EXPECT_EQ(driver_problem({13000, 13000, false, "no CUDA-capable device is detected"}),
            "no CUDA-capable device is detected");
  const std::int64_t plenty = std::int64_t{8} << 30;
  EXPECT_EQ(device_problem({"Tesla V100", 70, plenty}),
            "Tesla V100 has compute capability 7.0, this plug-in needs 7.5 or newer");
  EXPECT_EQ(device_problem({"Old", 75, std::int64_t{100} << 20}),
            "not enough memory: 100 MiB of Old are free, at least 512 MiB are needed");
  EXPECT_EQ(device_problem({"Old", 75, std::int64_t{512} << 20}), "");
  EXPECT_EQ(device_problem({"New", 120, plenty}), "");
}

TEST(CudaPlugin, MakesABackendThatPassedItsSelfCheck) {
  const BackendDescription description = describe_cuda(cuda_plugin_path()).front();
  EXPECT_TRUE(description.available) << description.description;
  EXPECT_THAT(description.description, HasSubstr("MiB free"));
  auto backend = make_backend({BackendKind::Cuda, 0, ""});
  ASSERT_TRUE(backend.has_value()) << backend.error().message;
  EXPECT_EQ((*backend)->kind(), BackendKind::Cuda);
  EXPECT_TRUE((*backend)->health().has_value());
}

TEST(CudaPlugin, OfSeveralDevicesTheOneWithMostFreeMemory) {
  ASSERT_EQ(setenv("BATHYSCOPE_EMULATED_GPUS", "700,0,900,900,800", 1), 0);
  const std::vector<BackendDescription> devices = describe_cuda(cuda_plugin_path());
  std::vector<int> order;
  for (const BackendDescription& device : devices) order.push_back(device.device);
  EXPECT_THAT(order, testing::ElementsAre(2, 0, 3, 4, 1));
  EXPECT_EQ(devices.front().description, "CUDA · GPU 2, SIMT emulator · 900 of 900 MiB free");
  EXPECT_FALSE(devices.back().available);
  const auto made_on = [](int device) {
    const auto backend = make_backend({BackendKind::Cuda, 0, "", device});
    return backend ? (*backend)->description() : backend.error().message;
  };
  EXPECT_THAT(made_on(-1), HasSubstr("SIMT emulator 2 ·"));
  EXPECT_THAT(made_on(4), HasSubstr("SIMT emulator 4 ·"));
  EXPECT_THAT(made_on(0), HasSubstr("SIMT emulator ·"));
  EXPECT_EQ(made_on(1), "CUDA is not used: it is too old; choose the CPU backend");
  EXPECT_EQ(made_on(5), "GPU: found 5, allowed 0 to 4");
  ASSERT_EQ(setenv("BATHYSCOPE_EMULATED_GPUS", "0,0", 1), 0);
  EXPECT_EQ(made_on(-1), "CUDA is not used: it is too old; choose the CPU backend");
  unsetenv("BATHYSCOPE_EMULATED_GPUS");
}

TEST(CudaPlugin, MemoryThatIsNotThereIsNamed) {
  auto backend = make_backend({BackendKind::Cuda, 0, ""});
  ASSERT_TRUE(backend.has_value());
  const auto buffer = (*backend)->allocate(std::int64_t{1} << 40);
  ASSERT_FALSE(buffer.has_value());
  EXPECT_EQ(buffer.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(buffer.error().message, HasSubstr("needs 4194304 MiB more"));
  EXPECT_THAT(buffer.error().message, HasSubstr("are free"));
  EXPECT_TRUE((*backend)->health().has_value()) << "running out is no device failure";
}

}  // namespace
}  // namespace engine
