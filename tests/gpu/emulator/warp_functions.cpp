// Warp votes, byte permutation and the matrix instructions, as NVIDIA's PTX manual defines them.
#include <algorithm>
#include <cmath>

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

/// A bf16 factor: ± significand · 2^(exponent - 134).
struct Factor {
  std::int32_t significand;  // with its sign
  int exponent;
  bool finite;
  std::uint32_t bits;
};

Factor factor(std::uint32_t word, unsigned half) {
  const std::uint32_t bits = word >> 16 * half & 0xFFFFU;
  const int field = static_cast<int>(bits >> 7 & 0xFFU);
  const auto fraction = static_cast<std::int32_t>(bits & 0x7FU);
  const std::int32_t significand = field == 0 ? fraction : fraction | 0x80;
  return {(bits & 0x8000U) != 0 ? -significand : significand, field == 0 ? 1 : field, field != 255,
          bits};
}

float as_float(const Factor& f) { return __uint_as_float(f.bits << 16); }

/// x · 2^shift for a negative shift cuts what is below 1 off, whatever the sign.
std::int64_t shifted(std::int64_t x, int shift) {
  if (shift >= 0) return x << shift;
  if (shift < -62) return 0;
  return x < 0 ? -(-x >> -shift) : x >> -shift;
}

constexpr int kFraction = 24;  // bits behind the point of the largest addend: one more than float's

/// c + Σ x·y as the hardware sums: every addend is cut off kFraction bits below the largest one's
/// exponent, and so is the sum to a float32. The coarsest that was measured of chips with this
/// instruction.
float cut_sum(float c, const Factor (&x)[8], const Factor (&y)[8]) {
  const std::uint32_t c_bits = __float_as_uint(c);
  const int c_field = static_cast<int>(c_bits >> 23 & 0xFFU);
  std::int64_t c_significand = static_cast<std::int64_t>(c_bits & 0x7FFFFFU);
  if (c_field > 0) c_significand |= 0x800000;
  if ((c_bits & 0x80000000U) != 0) c_significand = -c_significand;
  // Exponents of values in [1, 4), biased as float32's are.
  const int c_exponent = c_field == 0 ? 1 : c_field;
  int largest = c_significand == 0 ? -1000 : c_exponent;
  for (int k = 0; k < 8; ++k) {
    const int exponent = x[k].exponent + y[k].exponent - 127;
    if (x[k].significand != 0 && y[k].significand != 0) largest = std::max(largest, exponent);
  }
  if (largest == -1000) return c;
  std::int64_t sum = shifted(c_significand, kFraction - 23 + c_exponent - largest);
  for (int k = 0; k < 8; ++k) {
    const std::int64_t product = static_cast<std::int64_t>(x[k].significand) * y[k].significand;
    sum += shifted(product, kFraction - 14 + x[k].exponent + y[k].exponent - 127 - largest);
  }
  const double exact = std::ldexp(static_cast<double>(sum), largest - 127 - kFraction);
  const auto rounded = static_cast<float>(exact);
  return std::fabs(static_cast<double>(rounded)) > std::fabs(exact) ? std::nextafterf(rounded, 0.0F)
                                                                    : rounded;
}

}  // namespace

// mma.sync.m16n8k16, A row-major, B column-major: lane = 4·g + t holds A rows g and g + 8, columns
// 2t, 2t + 1 and 8 more; B rows likewise of column g; C columns 2t, 2t + 1 of rows g and g + 8.
// Columns 0…7 are summed before the others.
void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  std::uint32_t words[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  const std::uint32_t* all = warp_gather(words, 6, 0xFFFFFFFFU);
  const int g = this_thread().lane / 4;
  const int t = this_thread().lane % 4;
  for (int high = 0; high < 2; ++high) {
    Factor x[2][8], y[2][8];
    bool finite = true;
    for (int j = 0; j < 2; ++j) {
      for (int k = 0; k < 8; ++k) {
        x[j][k] = factor(all[(4 * g + k / 2) * 16 + j + 2 * high], k % 2);
        y[j][k] = factor(all[(4 * (2 * t + j) + k / 2) * 16 + 4 + high], k % 2);
        finite = finite && x[j][k].finite && y[j][k].finite;
      }
    }
    for (int i = 0; i < 4; ++i) {
      if (finite && std::isfinite(c[i])) {
        c[i] = cut_sum(c[i], x[i / 2], y[i % 2]);
        continue;
      }
      for (int k = 0; k < 8; ++k) c[i] += as_float(x[i / 2][k]) * as_float(y[i % 2][k]);
    }
  }
}

// ldmatrix.m8n8.x4: lane 8·i + r deposits row r of matrix i, four words of two elements.
void share_matrices(bool transposed, const std::uint32_t (&row)[4], std::uint32_t (&m)[4]) {
  const std::uint32_t* all = warp_gather(row, 4, 0xFFFFFFFFU);
  const int g = this_thread().lane / 4;
  const int t = this_thread().lane % 4;
  for (int i = 0; i < 4; ++i) {
    const auto word = [&](int r, int w) { return all[(8 * i + r) * 16 + w]; };
    const auto half = [&](int r) { return word(r, g / 2) >> 16 * (g % 2) & 0xFFFFU; };
    m[i] = transposed ? half(2 * t) | half(2 * t + 1) << 16 : word(g, t);
  }
}

}  // namespace simt
