// Attention in whole numbers through an emulated tile unit: the bits of AVX-512 for every shape, at
// the ends of every range, and of the whole op; the self-check that a processor's own unit must
// pass.
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/backend/cpu/amx_support.h"
#include "engine/backend/cpu/cpu_ops.h"
#include "tests/engine/backend/amx_fixture.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

using kernels::kGroupScores;
using kernels::kTurnedRows;
using kernels::kWholeBlock;

/// Bits, also of what is not a number.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Shape {
  std::int64_t n_rows;
  std::int64_t n_slots;
  std::int64_t dim;
};

/// Queries and slots in the order of one table, the slots in exactly the memory that they take.
class Numbers {
 public:
  Numbers(const kernels::RoundedAttention& table, const Matrix& q, const Matrix& slots)
      : table_(table), dim_(q.cols), n_rows_(q.rows), n_slots_(slots.rows) {
    const std::int64_t n_groups = (q.rows + kTurnedRows - 1) / kTurnedRows;
    std::vector<std::int16_t> rows;
    round(q, rows, scales_);
    scales_.resize(static_cast<std::size_t>(n_groups * kTurnedRows));
    round(slots, slots_, slot_scales_);
    words_.resize(static_cast<std::size_t>(n_groups * kernels::turned_words(dim_)));
    for (std::int64_t g = 0; g < n_groups; ++g) {
      table.turn_rows(rows.data() + g * kTurnedRows * dim_,
                      std::min(kTurnedRows, n_rows_ - g * kTurnedRows), dim_,
                      words_.data() + g * kernels::turned_words(dim_));
    }
    allow_tiles_from(slots_.data(), slots_.size() * 2, words_.data(), words_.size() * 4);
  }
  kernels::WholeSlots slots() const { return {slots_.data(), dim_, slot_scales_.data(), n_slots_}; }

  /// Groups [first, first + n) of all, the others 7.5.
  std::vector<float> scores(std::int64_t first, std::int64_t n) {
    const std::int64_t n_groups = (n_rows_ + kTurnedRows - 1) / kTurnedRows;
    std::vector<float> out(static_cast<std::size_t>(n_groups * kGroupScores), 7.5F);
    table_.scores({words_.data(), scales_.data(), dim_}, first, n, slots(), out.data());
    return out;
  }
  std::vector<float> sums(const std::vector<std::int16_t>& weights,
                          const std::vector<float>& scales, const std::vector<float>& factors,
                          const Matrix& before) const {
    Matrix sums = before;
    table_.combine(weights.data(), scales.data(), factors.data(), n_rows_, slots(), dim_,
                   sums.values.data(), sums.cols);
    return sums.values;
  }

 private:
  void round(const Matrix& from, std::vector<std::int16_t>& rows,
             std::vector<float>& scales) const {
    rows.resize(from.values.size());
    scales.resize(static_cast<std::size_t>(from.rows));
    for (std::int64_t r = 0; r < from.rows; ++r) {
      table_.round_row(from.values.data() + r * dim_, dim_, rows.data() + r * dim_,
                       &scales[static_cast<std::size_t>(r)]);
    }
  }

  const kernels::RoundedAttention& table_;
  std::int64_t dim_, n_rows_, n_slots_;
  std::vector<std::int16_t> slots_;
  std::vector<float> scales_, slot_scales_;
  std::vector<std::int32_t> words_;
};

class AmxAttention : public EmulatedTiles {
 protected:
  /// Scores of all groups and of some, weighted sums with any weights that there may be.
  void expect_same(const Matrix& q, const Matrix& slots) {
    SCOPED_TRACE(testing::Message()
                 << q.rows << " rows, " << slots.rows << " slots, " << q.cols << " columns");
    const auto& words = kernels::avx512_vnni_attention();
    const auto& tiles = emulated_amx_attention();
    const std::int64_t n_groups = (q.rows + kTurnedRows - 1) / kTurnedRows;
    for (const std::int64_t first : {std::int64_t{0}, n_groups - 1}) {
      ASSERT_TRUE(same(Numbers(tiles, q, slots).scores(first, n_groups - first),
                       Numbers(words, q, slots).scores(first, n_groups - first)));
    }
    std::vector<std::int16_t> weights(static_cast<std::size_t>(q.rows * kWholeBlock));
    std::vector<float> scales(static_cast<std::size_t>(q.rows)), factors(scales);
    Matrix before = random.matrix(q.rows, q.cols + 3);
    for (std::int64_t r = 0; r < q.rows; ++r) {
      for (std::int64_t j = 0; j < slots.rows; ++j) {
        weights[static_cast<std::size_t>(r * kWholeBlock + j)] =
            static_cast<std::int16_t>(r == 1 ? 4095 : random.below(4096));
      }
      scales[static_cast<std::size_t>(r)] = 0.01F * static_cast<float>(r + 1);
      factors[static_cast<std::size_t>(r)] = r % 3 == 0 ? 0.0F : 0.75F;
      if (r % 3 == 0) before.view().row(r)[5] = NAN;
    }
    ASSERT_TRUE(same(Numbers(tiles, q, slots).sums(weights, scales, factors, before),
                     Numbers(words, q, slots).sums(weights, scales, factors, before)));
    const char* const fault = take_tile_fault();
    ASSERT_EQ(fault, nullptr) << fault;
  }
  void expect_same(const Shape& shape) {
    expect_same(random.matrix(shape.n_rows, shape.dim), random.matrix(shape.n_slots, shape.dim));
  }

  Random random{47};
};

TEST_F(AmxAttention, HasTheBitsOfAvx512ForEveryNumberOfSlots) {
  for (std::int64_t n_slots = 1; n_slots <= kWholeBlock; ++n_slots) {
    expect_same({19, n_slots, 96});
    expect_same({16, n_slots, 32});
  }
}

TEST_F(AmxAttention, HasTheBitsOfAvx512ForEveryNumberOfRowsAndColumns) {
  for (const std::int64_t n_rows :
       {1, 2, 5, 15, 16, 17, 31, 32, 33, 48, 63, 112, 127, 128, 129, 161}) {
    for (const std::int64_t dim : {32, 64, 160}) expect_same({n_rows, 45, dim});
  }
  for (std::int64_t dim = 32; dim <= kernels::kMaxRoundedDim; dim += 32) {
    expect_same({20, 64, dim});
    expect_same({3, 31, dim});
  }
}

TEST_F(AmxAttention, HoldsAtTheEndsOfEveryRange) {
  for (const float q : {1.0F, -1.0F}) {
    for (const float slot : {1.0F, -1.0F}) {
      Matrix rows(17, 512), slots(kWholeBlock, 512);
      std::fill(rows.values.begin(), rows.values.end(), q);
      std::fill(slots.values.begin(), slots.values.end(), slot);
      expect_same(rows, slots);
    }
  }
  // Every whole number that there is, against every low byte.
  Matrix rows(16, 512), slots(kWholeBlock, 512);
  for (std::size_t i = 0; i < rows.values.size(); ++i) {
    rows.values[i] = static_cast<float>(static_cast<std::int64_t>(i) * 2 - 8191);
  }
  for (std::size_t i = 0; i < slots.values.size(); ++i) {
    slots.values[i] = static_cast<float>(static_cast<std::int64_t>(i % 16383) - 8191);
  }
  for (std::int64_t r = 0; r < 16; ++r) rows.view().row(r)[0] = 8191.0F;
  for (std::int64_t r = 0; r < kWholeBlock; ++r) slots.view().row(r)[0] = -8191.0F;
  expect_same(rows, slots);
}

TEST_F(AmxAttention, IsTheSameWhereSomethingIsNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    Matrix rows = random.matrix(17, 64), slots = random.matrix(40, 64);
    for (const std::int64_t k : {3, 4, 17, 40}) rows.view().row(2)[k] = bad;
    expect_same(rows, slots);
    for (std::int64_t k = 0; k < 33; ++k) slots.view().row(39)[k] = bad;
    expect_same(rows, slots);
  }
}

/// Whatever is multiplied goes through the tiles.
TEST_F(AmxAttention, TakesThreeProductsAScoreAndFourASum) {
  Numbers numbers(emulated_amx_attention(), random.matrix(32, 96), random.matrix(33, 96));
  long long before = n_tile_products();
  numbers.scores(0, 2);
  EXPECT_EQ(n_tile_products() - before, 2 * 3 * 3 * 3);  // groups, tiles of slots, runs, parts
  before = n_tile_products();
  const std::vector<std::int16_t> weights(32 * kWholeBlock);
  const std::vector<float> ones(32, 1.0F);
  numbers.sums(weights, ones, ones, Matrix(32, 96));
  EXPECT_EQ(n_tile_products() - before, 2 * 6 * 4);  // groups, tiles of columns, parts
}

TEST_F(AmxAttention, TheSelfCheckPassesEqualTablesAndNoOthers) {
  allow_tiles_from(nullptr, SIZE_MAX);
  EXPECT_TRUE(same_attention(emulated_amx_attention(), kernels::avx512_vnni_attention()));
  kernels::RoundedAttention wrong = kernels::avx512_vnni_attention();
  wrong.scores = [](const kernels::TurnedRows& q, std::int64_t first, std::int64_t n,
                    const kernels::WholeSlots& slots, float* out) {
    kernels::avx512_vnni_attention().scores(q, first, n, slots, out);
    out[3] = std::nextafter(out[3], 1e30F);
  };
  EXPECT_FALSE(same_attention(wrong, kernels::avx512_vnni_attention()));
  wrong = kernels::avx512_vnni_attention();
  wrong.combine = [](const std::int16_t* weights, const float* scales, const float* factors,
                     std::int64_t n_rows, const kernels::WholeSlots& slots, std::int64_t dim,
                     float* sums, std::int64_t stride) {
    kernels::avx512_vnni_attention().combine(weights, scales, factors, n_rows, slots, dim, sums,
                                             stride);
    sums[3] = std::nextafter(sums[3], 1e30F);
  };
  EXPECT_FALSE(same_attention(wrong, kernels::avx512_vnni_attention()));
  const char* const fault = take_tile_fault();
  EXPECT_EQ(fault, nullptr) << fault;
}

/// The op of a backend with one of the tables, without a backend around it.
struct Op {
  static constexpr std::int64_t kHeads = 5, kRank = 96, kNope = 32, kRope = 32, kV = 32;
  static constexpr std::int64_t kStart = 250, kTokens = 70;

  explicit Op(const kernels::RoundedAttention& attention)
      : pool(std::move(*ThreadPool::create(1))),
        cpu{kernels::avx512_table(),
            kernels::avx512_attention(),
            &attention,
            kernels::avx512_vnni_ints(),
            nullptr,
            *pool,
            scratch} {}

  Matrix attend(const Matrix& q, const Matrix& c_kv, const Matrix& k_rope,
                const LatentUpWeights& w_up, std::int64_t first, std::int64_t n,
                std::span<const std::int32_t> picks) {
    std::vector<float> memory(static_cast<std::size_t>(
        c_kv.rows * kept_elements(cpu.rounded_attention, w_up, kRank, kRope)));
    const KeptLatents kept{memory.data(), c_kv.rows};
    cpu_keep_latents(cpu, c_kv.view(), k_rope.view(), 0, kept);
    const MlaAttentionArgs args{kHeads,
                                kRank,
                                kNope,
                                kRope,
                                kV,
                                0.02F,
                                kStart + first,
                                q.slice(first, n),
                                w_up,
                                c_kv.view(),
                                k_rope.view(),
                                picks,
                                picks.empty() ? 0 : c_kv.rows,
                                kept};
    Matrix out(n, kHeads * kV);
    cpu_absorbed_attention(cpu, args, nullptr, out.view());
    return out;
  }

  std::unique_ptr<ThreadPool> pool;
  CpuScratch scratch;
  CpuContext cpu;
};

TEST_F(AmxAttention, TheOpHasTheBitsOfAvx512) {
  allow_tiles_from(nullptr, SIZE_MAX);
  const Matrix q = random.matrix(Op::kTokens, Op::kHeads * (Op::kNope + Op::kRope));
  const Matrix c_kv = random.matrix(Op::kStart + Op::kTokens, Op::kRank);
  const Matrix k_rope = random.matrix(Op::kStart + Op::kTokens, Op::kRope);
  const StoredWeight w_uk_t =
      random_weight(random, DType::Q8_0, Op::kHeads * Op::kRank, Op::kNope, 0.3F);
  const StoredWeight w_uv =
      random_weight(random, DType::Q8_0, Op::kHeads * Op::kV, Op::kRank, 0.3F);
  const LatentUpWeights w_up{.w_ukv = {}, .w_uk_t = w_uk_t.view, .w_uv = w_uv.view};
  std::vector<std::int32_t> picks;
  for (std::int64_t t = 0; t < Op::kTokens; ++t) {
    for (std::int64_t s = 0; s < c_kv.rows; ++s) {
      picks.push_back(static_cast<std::int32_t>(s <= Op::kStart + t ? s : -1));
    }
  }
  Op tiles(emulated_amx_attention()), words(kernels::avx512_vnni_attention());
  const long long before = n_tile_products();
  const Matrix whole = tiles.attend(q, c_kv, k_rope, w_up, 0, Op::kTokens, {});
  EXPECT_GT(n_tile_products(), before);
  EXPECT_TRUE(same(whole.values, words.attend(q, c_kv, k_rope, w_up, 0, Op::kTokens, {}).values));
  EXPECT_TRUE(
      same(whole.values, tiles.attend(q, c_kv, k_rope, w_up, 0, Op::kTokens, picks).values));
  for (const std::int64_t t : {0, 33, 69}) {
    const Matrix alone = tiles.attend(q, c_kv, k_rope, w_up, t, 1, {});
    EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(), whole.view().row(t)));
  }
  const char* const fault = take_tile_fault();
  EXPECT_EQ(fault, nullptr) << fault;
}

}  // namespace
}  // namespace engine::test
