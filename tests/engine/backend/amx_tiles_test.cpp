// The AMX kernels through an emulated tile unit: the bits of the AVX-512 VNNI kernels for every
// type and shape, and the unit used as it allows. The self-check that a processor's own unit must
// pass before it is used.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/backend/cpu/amx_support.h"
#include "engine/backend/cpu/cpu_features.h"
#include "engine/backend/cpu/cpu_ops.h"
#include "tests/engine/backend/amx_fixture.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

using kernels::IntTable;
using kernels::record_bytes;

/// Rounded rows in exactly the memory that they take.
class Records {
 public:
  Records(const IntTable& ints, const Matrix& x)
      : cols_(x.cols), bytes_(static_cast<std::size_t>(x.rows * record_bytes(x.cols))) {
    for (std::int64_t t = 0; t < x.rows; ++t) {
      ints.round_row(x.values.data() + t * x.cols, 0, x.cols, x.cols,
                     bytes_.data() + t * record_bytes(x.cols));
    }
    allow_tiles_from(bytes_.data(), bytes_.size());
  }
  kernels::RoundedRows rows(const std::int32_t* index = nullptr) const {
    return {bytes_.data(), cols_, index};
  }

 private:
  std::int64_t cols_;
  std::vector<unsigned char> bytes_;
};

class AmxTiles : public EmulatedTiles {
 protected:
  struct Product {
    const StoredWeight& w;
    std::int64_t first_row;
    std::int64_t n_rows;
    std::int64_t n_x;
    const std::int32_t* index = nullptr;
    const float* bias = nullptr;
  };

  /// The product by one table, with a margin on the right that must stay as it is.
  static Matrix run(const IntTable& ints, const Product& p, const Records& x) {
    constexpr std::int64_t kMargin = 3;
    Matrix out(p.n_x, p.n_rows + kMargin);
    std::fill(out.values.begin(), out.values.end(), 7.5F);
    ints.product(kernel_weight(p.w.view), p.first_row, p.n_rows, x.rows(p.index), p.n_x, p.bias,
                 {out.values.data(), out.cols}, nullptr);
    return out;
  }

  static void expect_same(const Product& p, const Records& x) {
    const Matrix expected = run(kernels::avx512_vnni_ints(), p, x);
    const Matrix actual = run(emulated_amx_ints(), p, x);
    ASSERT_TRUE(same_bits(actual.values, expected.values))
        << dtype_name(p.w.view.dtype) << " " << p.n_x << " tokens × " << p.n_rows << " rows × "
        << p.w.view.cols;
    const char* const fault = take_tile_fault();
    ASSERT_EQ(fault, nullptr) << fault;
  }

  Random random{91};
};

std::vector<std::int64_t> widths(DType dtype) {
  if (dtype_block(dtype).elements == 256) return {256, 512, 768, 1280};
  return {32, 96, 160, 512, 544, 1056};
}

TEST_F(AmxTiles, HaveTheBitsOfVnniForEveryTypeAndShape) {
  for (const DType dtype : kBlockTypes) {
    for (const std::int64_t cols : widths(dtype)) {
      const StoredWeight w = random_weight(random, dtype, 100, cols, 0.1F);
      const Records x(kernels::avx512_vnni_ints(), random.matrix(70, cols));
      for (const std::int64_t n_rows : {1, 16, 17, 33, 40, 64, 70, 100}) {
        for (const std::int64_t n_x : {8, 9, 16, 17, 25, 33, 70}) {
          expect_same({w, 100 - n_rows, n_rows, n_x}, x);
        }
      }
    }
  }
}

TEST_F(AmxTiles, HaveTheBitsOfVnniForEveryNumberOfRowsAndTokens) {
  const StoredWeight w = random_weight(random, DType::Q4_1, 40, 96, 0.1F);
  const Records x(kernels::avx512_vnni_ints(), random.matrix(70, 96));
  for (std::int64_t n_rows = 1; n_rows <= 40; ++n_rows) {
    for (std::int64_t n_x = 1; n_x <= 70; ++n_x) expect_same({w, 0, n_rows, n_x}, x);
  }
}

TEST_F(AmxTiles, FollowAnIndexAndAddABias) {
  std::vector<std::int32_t> index(50);
  for (std::int32_t& i : index) i = static_cast<std::int32_t>(random.below(20));
  const Matrix bias = random.matrix(1, 70);
  for (const DType dtype : kBlockTypes) {
    const std::int64_t cols = widths(dtype).back();
    const StoredWeight w = random_weight(random, dtype, 70, cols, 0.1F);
    const Records x(kernels::avx512_vnni_ints(), random.matrix(20, cols));
    for (const std::int64_t n_x : {1, 16, 20, 50}) {
      expect_same({w, 0, 70, n_x, index.data(), bias.values.data()}, x);
      if (n_x <= 20) expect_same({w, 0, 70, n_x, nullptr, bias.values.data()}, x);
    }
  }
}

TEST_F(AmxTiles, HoldAtTheEndsOfEveryRange) {
  for (const DType dtype : kBlockTypes) {
    const std::int64_t cols = widths(dtype)[1];
    StoredWeight w = random_weight(random, dtype, 40, cols, 0.1F);
    for (const int fill : {0x00, 0x7F, 0x80, 0xFF}) {
      fill_quants(w, fill);
      for (const float value : {1.0F, -1.0F}) {
        Matrix x(19, cols);
        std::fill(x.values.begin(), x.values.end(), value);
        expect_same({w, 0, 40, 19}, Records(kernels::avx512_vnni_ints(), x));
      }
    }
  }
}

TEST_F(AmxTiles, ManyTokensGoThroughTheTilesAndFewDoNot) {
  const StoredWeight w = random_weight(random, DType::Q8_0, 40, 64, 0.1F);
  const Records x(kernels::avx512_vnni_ints(), random.matrix(20, 64));
  const long long before = n_tile_products();
  expect_same({w, 0, 40, 4}, x);
  EXPECT_EQ(n_tile_products(), before);
  expect_same({w, 0, 40, 20}, x);
  // Two groups of tokens × two pairs of 16 rows × two sub-blocks.
  EXPECT_EQ(n_tile_products(), before + 2 * 4 * 2);
}

TEST_F(AmxTiles, TheSelfCheckPassesEqualTablesAndNoOthers) {
  EXPECT_TRUE(same_products(kernels::avx512_vnni_ints(), kernels::avx512_vnni_ints()));
  const IntTable wrong = {"wrong", 32, kernels::avx512_vnni_ints().round_row,
                          [](const kernels::Weight& w, std::int64_t first_row, std::int64_t n_rows,
                             const kernels::RoundedRows& x, std::int64_t n_x, const float* bias,
                             const kernels::Out& out, const unsigned char* ahead) {
                            kernels::avx512_vnni_ints().product(w, first_row, n_rows, x, n_x, bias,
                                                                out, ahead);
                            out.data[1] = std::nextafter(out.data[1], 1e30F);
                          }};
  EXPECT_FALSE(same_products(wrong, kernels::avx512_vnni_ints()));
  // Another rounding of the same products.
  EXPECT_FALSE(same_products(kernels::generic_ints(), kernels::avx512_vnni_ints()));
}

TEST(AmxSupport, IsOfferedOrRefusedForAReason) {
  const AmxSupport& support = amx_support();
  EXPECT_TRUE(support.in_processor || !support.refusal.empty());
  EXPECT_TRUE(support.refusal.empty() || !support.bf16_refusal.empty());
  const auto check = [](std::string_view name, const std::string& refusal) {
    const auto sets = usable_instruction_sets();
    EXPECT_EQ(std::any_of(sets.begin(), sets.end(),
                          [&](const InstructionSet& set) { return set.name == name; }),
              refusal.empty());
    const auto chosen = choose_kernels(name);
    ASSERT_EQ(chosen.has_value(), refusal.empty());
    if (chosen.has_value()) return;
    EXPECT_NE(chosen.error().message.find(refusal), std::string::npos);
  };
  check("amx-int8", support.refusal);
  check("amx-bf16", support.bf16_refusal);
}

}  // namespace
}  // namespace engine::test
