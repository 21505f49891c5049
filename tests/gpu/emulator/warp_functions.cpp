// Warp votes, byte permutation and the matrix instruction, as NVIDIA's PTX manual defines them.
#include "tests/gpu/emulator/simt.h"

std::uint32_t __ballot_sync(std::uint32_t mask, bool predicate) {
  const std::uint32_t word = predicate ? 1 : 0;
  const std::uint32_t* all = simt::warp_gather(&word, 1, mask);
  std::uint32_t ballot = 0;
  for (int lane = 0; lane < 32; ++lane) ballot |= (all[lane * 16] & 1U) << lane;
  return ballot;
}

unsigned __byte_perm(unsigned low, unsigned high, unsigned selector) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(high) << 32 | low;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned s = selector >> 4 * i & 0xF;
    unsigned byte = static_cast<unsigned>(bytes >> 8 * (s & 7)) & 0xFF;
    if ((s & 8) != 0) byte = (byte & 0x80) != 0 ? 0xFF : 0;  // sign replication
    result |= byte << 8 * i;
  }
  return result;
}

namespace simt {

namespace {

float bf16(std::uint32_t word, unsigned half) { return __uint_as_float(word >> 16 * half << 16); }

}  // namespace

// mma.sync.m16n8k16, A row-major, B column-major: lane = 4·g + t holds A rows g and g + 8, columns
// 2t, 2t + 1 and 8 more; B rows likewise of column g; C columns 2t, 2t + 1 of rows g and g + 8.
void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  std::uint32_t words[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  const std::uint32_t* all = warp_gather(words, 6, 0xFFFFFFFFU);
  const int g = this_thread().lane / 4;
  const int t = this_thread().lane % 4;
  for (int i = 0; i < 4; ++i) {
    const int row = i / 2;  // g or g + 8
    const int col = 2 * t + i % 2;
    double sum = static_cast<double>(c[i]);
    for (int k = 0; k < 16; ++k) {
      const int pair = k % 8 / 2;
      const int high = k / 8;
      const float x = bf16(all[(4 * g + pair) * 16 + row + 2 * high], k % 2);
      const float y = bf16(all[(4 * col + pair) * 16 + 4 + high], k % 2);
      sum += static_cast<double>(x) * static_cast<double>(y);
    }
    c[i] = static_cast<float>(sum);
  }
}

}  // namespace simt
