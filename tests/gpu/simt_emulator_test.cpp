// The emulator reports what it is there to report: each fault planted in a kernel of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/backend/cuda/device_code.h"

namespace {

using engine::cuda::Global;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Emulator : public testing::Test {
 protected:
  void SetUp() override {
    simt::set_order(0);
    memory_ = static_cast<int*>(simt::allocate_device(64 * sizeof(int)));
  }
  void TearDown() override { simt::free_device(memory_); }
  template <class Kernel>
  std::vector<std::string> faults(const Kernel& kernel, unsigned blocks = 1) {
    simt::launch("planted", dim3(blocks), dim3(64), 0, kernel);
    return simt::take_faults();
  }
  Global<int> memory() const { return Global<int>(memory_); }
  int* memory_ = nullptr;
};

TEST_F(Emulator, RunsEveryThreadOfEveryBlock) {
  for (const unsigned order : {0U, 1U, 2U, 3U}) {
    simt::set_order(order);
    int* all = static_cast<int*>(simt::allocate_device(4 * 64 * sizeof(int)));
    const auto kernel = [&] {
      const Global<int> out(all);
      out[blockIdx.x * 64 + threadIdx.x] = static_cast<int>(blockIdx.x * 64 + threadIdx.x);
    };
    EXPECT_THAT(faults(kernel, 4), IsEmpty());
    for (int i = 0; i < 256; ++i) EXPECT_EQ(all[i], i);
    simt::free_device(all);
  }
}

TEST_F(Emulator, GlobalReadBehindTheEnd) {
  simt::mark_written(memory_, 256);
  const auto kernel = [&] { memory()[threadIdx.x] = memory()[threadIdx.x + 1]; };
  EXPECT_THAT(faults(kernel), ElementsAre(HasSubstr("global read out of bounds: byte 256")));
}

TEST_F(Emulator, GlobalWriteBehindTheEnd) {
  const auto kernel = [&] { memory()[threadIdx.x + 1] = 1; };
  EXPECT_THAT(faults(kernel), ElementsAre(HasSubstr("global write out of bounds")));
}

TEST_F(Emulator, ReadOfWhatNobodyWrote) {
  const auto kernel = [&] {
    if (threadIdx.x == 3) memory()[0] = memory()[5];
  };
  EXPECT_THAT(faults(kernel), ElementsAre(HasSubstr("unwritten memory: byte 20")));
}

TEST_F(Emulator, MisalignedVectorLoad) {
  simt::mark_written(memory_, 256);
  const auto kernel = [&] {
    const Global<const int> from(memory_);
    engine::cuda::load_vector<uint4>(from + 1);
  };
  EXPECT_THAT(faults(kernel), ElementsAre(HasSubstr("misaligned access of 16 bytes")));
}

TEST_F(Emulator, SharedReadsAndWrites) {
  const auto read_behind = [&] {
    DEVICE_SHARED(int, values, 8);
    if (threadIdx.x == 0) memory()[0] = values[8];
  };
  EXPECT_THAT(faults(read_behind), ElementsAre(HasSubstr("shared read out of bounds: values[8]")));
  const auto unwritten = [&] {
    DEVICE_SHARED(int, values, 8);
    if (threadIdx.x == 0) memory()[0] = values[2];
  };
  EXPECT_THAT(faults(unwritten), ElementsAre(HasSubstr("shared read of unwritten memory")));
}

TEST_F(Emulator, MisalignedVectorAccessToSharedMemory) {
  const auto kernel = [&] {
    DEVICE_SHARED(int, values, 64);
    values[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 0) engine::cuda::load_shared<uint4>(values + 2);
  };
  EXPECT_THAT(faults(kernel), ElementsAre(HasSubstr("misaligned access of 16 bytes")));
}

TEST_F(Emulator, CopiesFromAndToPageLockedMemoryAreLate) {
  engine::cuda::Device device;
  ASSERT_TRUE(device.open(0));
  int* host = static_cast<int*>(device.allocate_pinned(2 * sizeof(int)));
  const engine::cuda::EventHandle copied = device.make_event();
  host[0] = host[1] = 1;
  device.to_device(memory_, &host[0], sizeof(int));
  device.record(copied);
  device.to_device(memory_ + 1, &host[1], sizeof(int));
  device.wait(copied);
  host[0] = host[1] = 2;
  device.to_host(&host[0], memory_ + 1, sizeof(int));
  EXPECT_EQ(host[0], 2) << "not there before somebody waits";
  device.synchronize();
  EXPECT_EQ(memory_[0], 1) << "waited for";
  EXPECT_EQ(memory_[1], 2) << "changed before it was copied";
  EXPECT_EQ(host[0], 2);
  host[1] = 3;
  device.to_device(memory_, &host[1], sizeof(int));
  EXPECT_THAT(faults([&] { memory()[1] = 4 + memory()[0]; }), IsEmpty());
  EXPECT_EQ(memory_[1], 7) << "a kernel finds what was queued before it";
  device.release_event(copied);
  device.release_pinned(host);
}

TEST_F(Emulator, MissingBarriers) {
  for (const unsigned order : {0U, 1U, 2U}) {
    simt::set_order(order);
    const auto no_barrier = [&] {
      DEVICE_SHARED(int, values, 64);
      values[threadIdx.x] = 1;
      memory()[threadIdx.x] = values[threadIdx.x ^ 1U];
    };
    EXPECT_THAT(faults(no_barrier), ElementsAre(testing::AnyOf(HasSubstr("no barrier between"),
                                                               HasSubstr("unwritten"))));
    const auto written_too_soon = [&] {
      DEVICE_SHARED(int, values, 64);
      values[threadIdx.x] = 1;
      __syncthreads();
      const int other = values[threadIdx.x ^ 1U];
      values[threadIdx.x] = other;
    };
    EXPECT_THAT(faults(written_too_soon), ElementsAre(HasSubstr("no barrier between")));
    const auto right = [&] {
      DEVICE_SHARED(int, values, 64);
      values[threadIdx.x] = 1;
      __syncthreads();
      const int other = values[threadIdx.x ^ 1U];
      __syncthreads();
      values[threadIdx.x] = other;
    };
    EXPECT_THAT(faults(right), IsEmpty());
  }
}

TEST_F(Emulator, DivergentBarriers) {
  const auto left = [&] {
    if (threadIdx.x == 7) return;
    __syncthreads();
  };
  EXPECT_THAT(faults(left), ElementsAre(HasSubstr("63 of 64 threads")));
  const auto two_places = [&] {
    if (threadIdx.x < 32) {
      __syncthreads();
    } else {
      __syncthreads();
    }
  };
  EXPECT_THAT(faults(two_places), ElementsAre(HasSubstr("divergent barrier: line")));
}

TEST_F(Emulator, WarpOperationsNeedTheWholeWarp) {
  const auto kernel = [&] {
    if (threadIdx.x % 2 == 0) __shfl_xor_sync(0xFFFFFFFFU, 1, 2);
  };
  EXPECT_THAT(faults(kernel), ElementsAre(HasSubstr("lanes that never come")));
}

TEST_F(Emulator, ShufflesAndVotes) {
  const auto kernel = [&] {
    const int lane = static_cast<int>(threadIdx.x % 32);
    int sum = lane;
    for (int d = 16; d > 0; d /= 2) sum += __shfl_xor_sync(0xFFFFFFFFU, sum, d);
    const auto votes = static_cast<int>(__ballot_sync(0xFFFFFFFFU, lane < 3));
    memory()[threadIdx.x] = sum * 8 + votes;
  };
  EXPECT_THAT(faults(kernel), IsEmpty());
  for (int i = 0; i < 64; ++i) EXPECT_EQ(memory_[i], 496 * 8 + 7);
}

TEST_F(Emulator, MatrixInstructionMultiplies) {
  float* out = static_cast<float*>(simt::allocate_device(128 * sizeof(float)));
  const auto a_at = [](int row, int k) { return static_cast<float>(row - 2 * k); };
  const auto b_at = [](int k, int col) { return static_cast<float>(k * col % 5 - 2); };
  const auto kernel = [&] {
    if (threadIdx.x >= 32) return;
    const int g = static_cast<int>(threadIdx.x) / 4;
    const int t = static_cast<int>(threadIdx.x) % 4;
    const auto pack = [](float low, float high) {
      return (__float_as_uint(low) >> 16) | (__float_as_uint(high) & 0xFFFF0000U);
    };
    const std::uint32_t a[4] = {pack(a_at(g, 2 * t), a_at(g, 2 * t + 1)),
                                pack(a_at(g + 8, 2 * t), a_at(g + 8, 2 * t + 1)),
                                pack(a_at(g, 2 * t + 8), a_at(g, 2 * t + 9)),
                                pack(a_at(g + 8, 2 * t + 8), a_at(g + 8, 2 * t + 9))};
    const std::uint32_t b[2] = {pack(b_at(2 * t, g), b_at(2 * t + 1, g)),
                                pack(b_at(2 * t + 8, g), b_at(2 * t + 9, g))};
    float c[4] = {100.0F, 100.0F, 100.0F, 100.0F};
    engine::cuda::mma_bf16(c, a, b);
    const Global<float> to(out);
    for (int i = 0; i < 4; ++i) to[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = c[i];
  };
  EXPECT_THAT(faults(kernel), IsEmpty());
  for (int row = 0; row < 16; ++row) {
    for (int col = 0; col < 8; ++col) {
      float expected = 100.0F;
      for (int k = 0; k < 16; ++k) expected += a_at(row, k) * b_at(k, col);
      EXPECT_EQ(out[row * 8 + col], expected) << row << " " << col;
    }
  }
  simt::free_device(out);
}

TEST_F(Emulator, MatricesFromSharedMemory) {
  std::uint32_t* out = static_cast<std::uint32_t*>(simt::allocate_device(2 * 128 * 4));
  const auto element = [](unsigned matrix, unsigned row, unsigned col) {
    return matrix * 64 + row * 8 + col;
  };
  const auto kernel = [&] {
    if (threadIdx.x >= 32) return;
    DEVICE_SHARED(std::uint32_t, rows, 32 * 4);
    const unsigned lane = threadIdx.x;
    const unsigned first = element(lane / 8, lane % 8, 0);  // elements count up along a row
    const auto pair = [&](unsigned i) { return (first + 2 * i) | (first + 2 * i + 1) << 16; };
    engine::cuda::store_vector(rows + lane * 4, uint4{pair(0), pair(1), pair(2), pair(3)});
    std::uint32_t plain[4], transposed[4];
    __syncthreads();
    engine::cuda::load_matrices<false>(rows + lane * 4, plain);
    engine::cuda::load_matrices<true>(rows + lane * 4, transposed);
    const Global<std::uint32_t> to(out);
    for (unsigned i = 0; i < 4; ++i) {
      to[i * 32 + lane] = plain[i];
      to[128 + i * 32 + lane] = transposed[i];
    }
  };
  simt::launch("matrices", dim3(1), dim3(32), 0, kernel);
  EXPECT_THAT(simt::take_faults(), IsEmpty());
  for (unsigned i = 0; i < 4; ++i) {
    for (unsigned lane = 0; lane < 32; ++lane) {
      const unsigned g = lane / 4;
      const unsigned t = lane % 4;
      EXPECT_EQ(out[i * 32 + lane], element(i, g, 2 * t) | element(i, g, 2 * t + 1) << 16);
      EXPECT_EQ(out[128 + i * 32 + lane], element(i, 2 * t, g) | element(i, 2 * t + 1, g) << 16);
    }
  }
  simt::free_device(out);
  const auto misaligned = [&] {
    DEVICE_SHARED(std::uint32_t, words, 64);
    engine::cuda::store_vector(words + 2, uint4{});
  };
  EXPECT_THAT(faults(misaligned),
              ElementsAre(HasSubstr("misaligned access of 16 bytes: words[2]")));
}

TEST_F(Emulator, RefusesLaunchesTheHardwareRefuses) {
  simt::launch("empty grid", dim3(0), dim3(64), 0, [] {});
  simt::launch("too many threads", dim3(1), dim3(2048), 0, [] {});
  simt::launch("part of a warp", dim3(1), dim3(40), 0, [] {});
  EXPECT_EQ(simt::take_faults().size(), 3U);
}

}  // namespace
