// Asking for the AMX tile unit, and its self-check: no processor with one was at hand when its
// kernels were written, so every one must first agree with the kernels that are known to be right.
#include "engine/backend/cpu/amx_support.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace engine {

namespace {

using kernels::WeightType;

struct CheckedType {
  WeightType type;
  std::int64_t block_bytes;
};
// Signed and offset bytes, nibbles with minima; sub-blocks of 32 and of 16, both with minima.
constexpr CheckedType kChecked[] = {{WeightType::Q8_0, 8 * 34},
                                    {WeightType::Q4_0, 8 * 18},
                                    {WeightType::Q4_K, 144},
                                    {WeightType::Q6_K, 210},
                                    {WeightType::Q2_K, 84}};
constexpr std::int64_t kCols = 768;        // a panel and a half
constexpr std::int64_t kRows = 40;         // two pairs of vectors, the last one ragged
constexpr std::int64_t kTokens = 27;       // two groups, likewise
constexpr std::int64_t kScratchLine = 16;  // floats, for alignment

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// The same sequence every time.
class Numbers {
 public:
  std::uint32_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ >> 8;
  }

 private:
  std::uint32_t state_ = 2463534242U;
};

std::vector<float> product(const kernels::IntTable& ints, const kernels::Weight& w,
                           const std::vector<float>& x) {
  const std::int64_t bytes = kernels::record_bytes(kCols);
  std::vector<unsigned char> records(static_cast<std::size_t>(kTokens * bytes));
  for (std::int64_t t = 0; t < kTokens; ++t) {
    ints.round_row(x.data() + t * kCols, 0, kCols, kCols, records.data() + t * bytes);
  }
  std::vector<float> out(static_cast<std::size_t>(kTokens * kRows));
  ints.product(w, 0, kRows, {records.data(), kCols, nullptr}, kTokens, nullptr, {out.data(), kRows},
               nullptr);
  return out;
}

// Query rows of the check of attention, a group and a ragged one, and the columns of a slot.
constexpr std::int64_t kQueries = 23;
constexpr std::int64_t kLatent = 160;

/// Scores of every row, then the weighted sums behind three softmaxes.
std::vector<float> attended(const kernels::RoundedAttention& table, const std::vector<float>& q,
                            const std::vector<float>& slots, std::int64_t n_slots) {
  constexpr std::int64_t kGroups = (kQueries + kernels::kTurnedRows - 1) / kernels::kTurnedRows;
  constexpr std::int64_t kRowsTurned = kGroups * kernels::kTurnedRows;
  std::vector<std::int16_t> rows(static_cast<std::size_t>(kRowsTurned * kLatent));
  std::vector<std::int16_t> whole(static_cast<std::size_t>(n_slots * kLatent));
  std::vector<float> scales(kRowsTurned), slot_scales(kernels::kWholeBlock);
  for (std::int64_t r = 0; r < kQueries; ++r) {
    table.round_row(q.data() + r * kLatent, kLatent, rows.data() + r * kLatent, &scales[at(r)]);
  }
  for (std::int64_t j = 0; j < n_slots; ++j) {
    table.round_row(slots.data() + j * kLatent, kLatent, whole.data() + j * kLatent,
                    &slot_scales[at(j)]);
  }
  std::vector<std::int32_t> words(at(kGroups * kernels::turned_words(kLatent)));
  for (std::int64_t g = 0; g < kGroups; ++g) {
    const std::int64_t first = g * kernels::kTurnedRows;
    table.turn_rows(rows.data() + first * kLatent, std::min(kernels::kTurnedRows, kQueries - first),
                    kLatent, words.data() + g * kernels::turned_words(kLatent));
  }
  const kernels::WholeSlots block{whole.data(), kLatent, slot_scales.data(), n_slots};
  std::vector<float> content(at(kGroups * kernels::kGroupScores)), rope(content.size());
  table.scores({words.data(), scales.data(), kLatent}, 0, kGroups, block, content.data());
  std::vector<float> out = content;
  std::vector<std::int16_t> weights(at(kRowsTurned * kernels::kWholeBlock));
  std::vector<float> largest(kRowsTurned, -INFINITY), total(kRowsTurned), factors(kRowsTurned),
      weight_scales(kRowsTurned);
  std::vector<float> sums(at(kQueries * kLatent));
  for (const float scale : {0.01F, 0.5F}) {
    for (std::int64_t g = 0; g < kGroups; ++g) {
      const std::int64_t first = g * kernels::kTurnedRows;
      table.soften(content.data() + g * kernels::kGroupScores,
                   rope.data() + g * kernels::kGroupScores, scale, block,
                   {largest.data() + first, total.data() + first, factors.data() + first,
                    weights.data() + first * kernels::kWholeBlock, weight_scales.data() + first});
    }
    table.combine(weights.data(), weight_scales.data(), factors.data(), kQueries, block, kLatent,
                  sums.data(), kLatent);
    out.insert(out.end(), sums.begin(), sums.end());
  }
  return out;
}

#if defined(__x86_64__) && defined(__linux__)

constexpr unsigned kTileAndInt8 = 3U << 24;
constexpr unsigned kBf16 = 1U << 22;

/// Whatever the system makes of it.
bool processor_has(unsigned features) {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  return (edx & features) == features;
}

std::string why_not() {
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("amx-tile") || !__builtin_cpu_supports("amx-int8") ||
      !__builtin_cpu_supports("avx512vnni")) {
    return "the system does not keep the AMX tile registers";
  }
  if (::syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) {
    return "the system refuses the AMX tile registers: " + std::generic_category().message(errno);
  }
  if (!same_products(kernels::amx_ints(), kernels::avx512_vnni_ints())) {
    return "AMX products differ from AVX-512 products on this processor";
  }
  if (!same_attention(kernels::amx_attention(), kernels::avx512_vnni_attention())) {
    return "AMX attention differs from AVX-512 attention on this processor";
  }
  return {};
}

AmxSupport ask() {
  if (!processor_has(kTileAndInt8)) {
    const std::string none = "the processor has no AMX int8";
    return {false, none, none};
  }
  const std::string refusal = why_not();
  if (!refusal.empty()) return {true, refusal, refusal};
  if (!processor_has(kBf16)) return {true, "", "the processor has no AMX BF16"};
  const bool sound = sound_products(kernels::amx_split());
  return {true, "", sound ? "" : "AMX products of BF16 are wrong on this processor"};
}

#else

AmxSupport ask() {
  const std::string elsewhere = "AMX is used under Linux on x86-64 only";
  return {false, elsewhere, elsewhere};
}

#endif

}  // namespace

bool same_products(const kernels::IntTable& a, const kernels::IntTable& b) {
  Numbers numbers;
  std::vector<float> x(static_cast<std::size_t>(kTokens * kCols));
  for (float& v : x) v = static_cast<float>(numbers.next() % 2001) * 0.001F - 1.0F;
  for (const CheckedType& checked : kChecked) {
    std::vector<unsigned char> bytes(
        static_cast<std::size_t>(kRows * kCols / 256 * checked.block_bytes));
    // A half with one of these bits of its exponent clear is finite; each is set in the other pass.
    for (const std::uint32_t clear : {0x40U, 0x04U}) {
      for (unsigned char& byte : bytes) {
        byte = static_cast<unsigned char>(numbers.next() & 0xFFU & ~clear);
      }
      const kernels::Weight w{bytes.data(), checked.type, kCols, nullptr, 0};
      const std::vector<float> one = product(a, w, x);
      const std::vector<float> other = product(b, w, x);
      if (std::memcmp(one.data(), other.data(), one.size() * sizeof(float)) != 0) return false;
    }
  }
  return true;
}

bool same_attention(const kernels::RoundedAttention& a, const kernels::RoundedAttention& b) {
  Numbers numbers;
  const auto filled = [&](std::int64_t n_rows) {
    std::vector<float> rows(at(n_rows * kLatent));
    for (float& v : rows) v = static_cast<float>(numbers.next() % 20001) * 1e-4F - 1.0F;
    return rows;
  };
  for (const std::int64_t n_slots : {kernels::kWholeBlock, std::int64_t{37}, std::int64_t{5}}) {
    std::vector<float> q = filled(kQueries);
    std::vector<float> slots = filled(n_slots);
    // Sums of the largest numbers there are, of both signs.
    for (std::int64_t k = 0; k < kLatent; ++k) {
      for (std::int64_t r = 0; r < 4; ++r) slots[at(r * kLatent + k)] = r % 2 == 0 ? 3.0F : -3.0F;
      q[at(kLatent + k)] = 2.0F;
    }
    for (const bool finite : {true, false}) {
      if (!finite) q[7] = slots[at(2 * kLatent + 9)] = INFINITY;
      const std::vector<float> one = attended(a, q, slots, n_slots);
      const std::vector<float> other = attended(b, q, slots, n_slots);
      if (std::memcmp(one.data(), other.data(), one.size() * sizeof(float)) != 0) return false;
    }
  }
  return true;
}

bool sound_products(const kernels::SplitTable& table) {
  Numbers numbers;
  constexpr std::int64_t kSplitCols = 208;  // six blocks and a half
  constexpr double kTolerance = 2e-5;       // of Σ |w·x|: 2^-17 an activation, and float32 sums
  std::vector<float> x(static_cast<std::size_t>(kTokens * kSplitCols));
  for (float& v : x) v = static_cast<float>(numbers.next() % 20001) * 1e-4F - 1.0F;
  std::vector<std::uint16_t> w(static_cast<std::size_t>(kRows * kSplitCols));
  for (std::uint16_t& v : w) v = static_cast<std::uint16_t>(0x3F00U | (numbers.next() & 0x80FFU));
  const kernels::Weight weight{reinterpret_cast<const unsigned char*>(w.data()), WeightType::BF16,
                               kSplitCols, nullptr, 0};
  std::vector<float> scratch(
      static_cast<std::size_t>(kernels::split_elements(kSplitCols) + kScratchLine));
  void* at = scratch.data();
  std::size_t space = scratch.size() * sizeof(float);
  auto* aligned = static_cast<float*>(std::align(64, space - 64, at, space));
  std::vector<float> all(static_cast<std::size_t>(kTokens * kRows));
  table.product(weight, 0, kRows, {x.data(), kSplitCols, nullptr}, kTokens, nullptr,
                {all.data(), kRows}, aligned);
  std::vector<float> one(static_cast<std::size_t>(kRows));
  for (std::int64_t t = 0; t < kTokens; ++t) {
    const float* const row = x.data() + t * kSplitCols;
    table.product(weight, 3, kRows - 3, {row, kSplitCols, nullptr}, 1, nullptr,
                  {one.data() + 3, kRows}, aligned);
    for (std::int64_t j = 0; j < kRows; ++j) {
      const float got = all[static_cast<std::size_t>(t * kRows + j)];
      double exact = 0;
      double most = 0;
      for (std::int64_t k = 0; k < kSplitCols; ++k) {
        const std::uint32_t bits = std::uint32_t{w[static_cast<std::size_t>(j * kSplitCols + k)]}
                                   << 16;
        const double term = double{std::bit_cast<float>(bits)} * double{row[k]};
        exact += term;
        most += std::abs(term);
      }
      if (!(std::abs(double{got} - exact) <= kTolerance * most)) return false;
      if (j >= 3 && std::memcmp(&got, &one[static_cast<std::size_t>(j)], sizeof got) != 0) {
        return false;
      }
    }
  }
  return true;
}

const AmxSupport& amx_support() {
  static const AmxSupport support = ask();
  return support;
}

}  // namespace engine
