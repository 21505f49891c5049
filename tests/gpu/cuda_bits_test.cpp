// The bits of the CUDA backend: the same for every order of blocks and threads, and however rows
// are split over calls, though one row and many take different kernels.
#include <cmath>
#include <functional>
#include <map>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

constexpr std::int64_t kTokens = 41;

std::vector<DType> every_type() {
  std::vector<DType> dtypes;
  for (const DType dtype : kWeightTypes) dtypes.push_back(dtype);
  for (const DType dtype : kBlockTypes) dtypes.push_back(dtype);
  return dtypes;
}

class CudaBits : public testing::Test {
 protected:
  /// Rows [first, first + n) of the op into rows [first, first + n) of `out`.
  using Op = std::function<void(Backend&, std::int64_t first, std::int64_t n, Matrix& out)>;

  Backend& backend(int order) {
    auto& made = backends_[order];
    if (!made) made = make({BackendKind::Cuda, order, "emulated"});
    return *made;
  }
  Matrix in_chunks(int order, std::int64_t chunk, std::int64_t n_cols, const Op& op) {
    Matrix out(kTokens, n_cols);
    for (std::int64_t first = 0; first < kTokens; first += chunk) {
      op(backend(order), first, std::min(chunk, kTokens - first), out);
    }
    return out;
  }
  void expect_same(std::int64_t n_cols, const Op& op) {
    const Matrix whole = in_chunks(1, kTokens, n_cols, op);
    for (const int order : {2, 3, 4}) {
      ASSERT_TRUE(same_bits(in_chunks(order, kTokens, n_cols, op).values, whole.values))
          << "order " << order;
    }
    for (const std::int64_t chunk : {1, 5, 8, 9, 33}) {
      ASSERT_TRUE(same_bits(in_chunks(1, chunk, n_cols, op).values, whole.values))
          << "in chunks of " << chunk;
    }
  }

  /// The op on all rows at once, in two orders, against some of them one at a time.
  void expect_as_alone(const Matrix& x, std::int64_t n_cols,
                       const std::function<void(Backend&, ConstMatView, MatView)>& op) {
    Matrix whole(x.rows, n_cols);
    op(backend(1), x.view(), whole.view());
    Matrix shuffled(x.rows, n_cols);
    op(backend(3), x.view(), shuffled.view());
    ASSERT_TRUE(same_bits(shuffled.values, whole.values));
    for (const std::int64_t row : {std::int64_t{0}, std::int64_t{31}, x.rows - 2, x.rows - 1}) {
      Matrix alone(1, n_cols);
      op(backend(1), x.slice(row, 1), alone.view());
      const auto at = whole.values.begin() + row * n_cols;
      ASSERT_TRUE(same_bits(alone.values, {at, at + n_cols})) << "token " << row;
    }
  }

  Random random{29};
  std::map<int, std::unique_ptr<Backend>> backends_;
};

TEST_F(CudaBits, Products) {
  for (const DType dtype : every_type()) {
    SCOPED_TRACE(dtype_name(dtype));
    const std::int64_t cols = dtype_block(dtype).elements == 1 ? 133 : 256;
    const StoredWeight w = random_weight(random, dtype, 35, cols, 0.3F);
    const Matrix bias = random.matrix(1, 35);
    const Matrix x = random.matrix(kTokens, cols);
    expect_same(35, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
      b.matmul(x.slice(first, n), w.view, bias.values.data(), out.slice(first, n));
    });
  }
}

// Large tiles, 64 tokens × 64 to 256 weight rows, against each token on its own: two of them and a
// bit, runs of K with units of their own and with none, types whose tiles are smaller.
TEST_F(CudaBits, LargeTiles) {
  for (const DType dtype : every_type()) {
    SCOPED_TRACE(dtype_name(dtype));
    const std::int64_t cols = dtype_block(dtype).elements == 1 ? 293 : 512;
    const StoredWeight w = random_weight(random, dtype, 179, cols, 0.3F);
    const Matrix x = random.matrix(66, cols);
    expect_as_alone(x, 179, [&](Backend& b, ConstMatView rows, MatView out) {
      b.matmul(rows, w.view, nullptr, out);
    });
  }
}

// Experts take large tiles for their tokens alone, however many multiprocessors there are: gate and
// up side by side, then down.
TEST_F(CudaBits, LargeTilesOfExperts) {
  for (const DType dtype : every_type()) {
    SCOPED_TRACE(dtype_name(dtype));
    const bool plain = dtype_block(dtype).elements == 1;
    const std::int64_t hidden = plain ? 293 : 512;
    const StoredMlp mlp = random_mlp(random, dtype, hidden, plain ? 150 : 256);
    const std::vector<MlpWeights> expert = {mlp.view()};
    const Matrix x = random.matrix(35, hidden);
    const std::vector<std::int32_t> ids(35, 0);
    const std::vector<float> weights(35, 1.0F);
    expect_as_alone(x, hidden, [&](Backend& b, ConstMatView rows, MatView out) {
      const auto n = static_cast<std::size_t>(rows.rows);
      b.moe(rows, expert, std::span(ids).first(n), std::span(weights).first(n), 1, out);
    });
  }
}

TEST_F(CudaBits, GatedMlp) {
  const StoredMlp mlp = random_mlp(random, DType::BF16, 65, 83);
  const Matrix x = random.matrix(kTokens, 65);
  expect_same(65, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    b.gated_mlp(x.slice(first, n), mlp.view(), out.slice(first, n));
  });
}

TEST_F(CudaBits, Experts) {
  std::vector<StoredMlp> stored;
  std::vector<MlpWeights> experts;
  for (std::size_t e = 0; e < 6; ++e) {
    stored.push_back(random_mlp(random, kWeightTypes[e % 3], 37, 43));
  }
  for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
  std::vector<std::int32_t> ids;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    const std::int64_t first = random.below(3);  // few experts take most
    for (std::int64_t j = 0; j < 3; ++j) ids.push_back(static_cast<std::int32_t>((first + j) % 6));
  }
  const Matrix weights = random.matrix(kTokens, 3);
  const Matrix x = random.matrix(kTokens, 37);
  expect_same(37, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    const auto from = static_cast<std::size_t>(first * 3);
    const auto count = static_cast<std::size_t>(n * 3);
    b.moe(x.slice(first, n), experts, std::span(ids).subspan(from, count),
          std::span(weights.values).subspan(from, count), 3, out.slice(first, n));
  });
}

TEST_F(CudaBits, Norms) {
  const Matrix x = random.matrix(kTokens, 300);
  const Matrix gamma = random.matrix(1, 300);
  expect_same(300, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    b.rms_norm(x.slice(first, n), gamma.values.data(), 1e-6F, out.slice(first, n));
  });
}

// The chunks cross a boundary of kSplitSlots, and one token alone takes other kernels.
TEST_F(CudaBits, LatentAttention) {
  constexpr std::int64_t kStart = 110;
  const Matrix q = random.matrix(kTokens, 3 * 25);
  const Matrix c_kv = random.matrix(kStart + kTokens, 34);
  const Matrix k_rope = random.matrix(kStart + kTokens, 8);
  const StoredWeight w = random_weight(random, DType::BF16, 3 * 30, 34, 0.3F);
  expect_same(3 * 13, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    const MlaAttentionArgs args{3,
                                34,
                                17,
                                8,
                                13,
                                0.2F,
                                kStart + first,
                                q.slice(first, n),
                                {.w_ukv = w.view, .w_uk_t = {}, .w_uv = {}},
                                c_kv.view(),
                                k_rope.view()};
    b.mla_attention(args, AttentionForm::Absorbed, nullptr, out.slice(first, n));
  });
}

TEST_F(CudaBits, GroupedAttention) {
  constexpr std::int64_t kStart = 240;
  const Matrix q = random.matrix(kTokens, 4 * 20);
  const Matrix k = random.matrix(kStart + kTokens, 2 * 20);
  const Matrix v = random.matrix(kStart + kTokens, 2 * 20);
  for (const std::int64_t window : {0, 129}) {
    expect_same(4 * 20, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
      GqaAttentionArgs args;
      args.n_heads = 4;
      args.n_kv_heads = 2;
      args.head_dim = 20;
      args.scale = 0.3F;
      args.window = window;
      args.first_position = kStart + first;
      args.q = q.slice(first, n);
      args.k = k.view();
      args.v = v.view();
      b.gqa_attention(args, nullptr, out.slice(first, n));
    });
  }
}

TEST_F(CudaBits, Router) {
  const Matrix logits = random.matrix(kTokens, 64, 2.0F);
  for (const bool sigmoid : {true, false}) {
    const RouterArgs args{sigmoid, 8, 3, 5, true, true, 2.5F, nullptr};
    expect_same(5, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
      std::vector<std::int32_t> ids(static_cast<std::size_t>(n * 5));
      const auto at = static_cast<std::size_t>(first * 5);
      b.route(logits.slice(first, n), args,
              {ids, std::span(out.values).subspan(at, ids.size()), {}, {}, {}});
    });
  }
}

}  // namespace
}  // namespace engine::test
