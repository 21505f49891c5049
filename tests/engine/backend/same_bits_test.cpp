// The contract replay rests on: an output row has the same bits whatever the number of rows in the
// call, the partition of the tokens over calls, and the number of threads.
#include <functional>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

class SameBits : public testing::TestWithParam<BackendOptions> {
 protected:
  static constexpr std::int64_t kTokens = 70;
  /// Runs rows [first, first + n) of the op into rows [first, first + n) of `out`.
  using Op = std::function<void(Backend&, std::int64_t first, std::int64_t n, Matrix& out)>;

  /// The rows computed in one call on one thread are the yardstick for every other way.
  void expect_same(std::int64_t n_cols, const Op& op) {
    const auto one_thread = make({BackendKind::Cpu, 1, GetParam().instruction_set});
    const auto many = make(GetParam());
    Matrix whole(kTokens, n_cols);
    op(*one_thread, 0, kTokens, whole);
    for (const std::int64_t chunk : {1, 2, 3, 4, 5, 6, 7, 9, 13, 17, 33, 64, 70}) {
      Matrix parts(kTokens, n_cols);
      for (std::int64_t first = 0; first < kTokens; first += chunk) {
        op(*many, first, std::min(chunk, kTokens - first), parts);
      }
      ASSERT_TRUE(same_bits(parts.values, whole.values)) << "in chunks of " << chunk;
    }
  }

  Random random{23};
};

TEST_P(SameBits, Matmul) {
  for (const DType dtype : kWeightTypes) {
    for (const std::int64_t n_in : {1, 15, 17, 127, 129, 256}) {
      SCOPED_TRACE(testing::Message() << dtype_name(dtype) << " " << n_in);
      const StoredWeight w = random_weight(random, dtype, 135, n_in, 1.0F);
      const Matrix bias = random.matrix(1, 135);
      const Matrix x = random.matrix(kTokens, n_in);
      expect_same(135, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
        b.matmul(x.slice(first, n), w.view, bias.values.data(), out.slice(first, n));
      });
    }
  }
}

TEST_P(SameBits, MatmulFromAlignedAndUnalignedBytes) {
  for (const DType dtype : kWeightTypes) {
    const StoredWeight w = random_weight(random, dtype, 40, 77, 1.0F, false);
    std::vector<std::byte> moved(w.bytes.size() + 3);
    std::copy(w.bytes.begin(), w.bytes.end(), moved.begin() + 3);
    WeightView unaligned = w.view;
    unaligned.data = moved.data() + 3;
    const Matrix x = random.matrix(6, 77);
    const auto backend = make(GetParam());
    for (const std::int64_t n : {1, 6}) {
      Matrix a(n, 40);
      Matrix b(n, 40);
      backend->matmul(x.slice(0, n), w.view, nullptr, a.view());
      backend->matmul(x.slice(0, n), unaligned, nullptr, b.view());
      EXPECT_TRUE(same_bits(a.values, b.values)) << dtype_name(dtype);
    }
  }
}

TEST_P(SameBits, RmsNorm) {
  const Matrix x = random.matrix(kTokens, 131);
  const Matrix gamma = random.matrix(1, 131);
  expect_same(131, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    b.rms_norm(x.slice(first, n), gamma.values.data(), 1e-6F, out.slice(first, n));
  });
}

TEST_P(SameBits, Rope) {
  const Matrix x = random.matrix(kTokens, 66);
  const Matrix cos = random.matrix(kTokens, 11);
  const Matrix sin = random.matrix(kTokens, 11);
  for (const RopeLayout layout : {RopeLayout::Interleaved, RopeLayout::HalfSplit}) {
    const RopeTable table{cos.values.data(), sin.values.data(), 22, layout};
    expect_same(66, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
      b.copy(x.slice(first, n), out.slice(first, n));
      b.rope(out.slice(first, n), 3, 22, 0, first, table);
    });
  }
}

TEST_P(SameBits, GatedMlp) {
  for (const DType dtype : kWeightTypes) {
    const StoredMlp mlp = random_mlp(random, dtype, 65, 139);
    const Matrix x = random.matrix(kTokens, 65);
    expect_same(65, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
      b.gated_mlp(x.slice(first, n), mlp.view(), out.slice(first, n));
    });
  }
}

class SameBitsMoe : public SameBits {
 protected:
  void run(const std::vector<std::int32_t>& ids, std::int64_t n_experts, std::int64_t top_k) {
    std::vector<StoredMlp> stored;
    std::vector<MlpWeights> experts;
    for (std::int64_t e = 0; e < n_experts; ++e) {
      stored.push_back(random_mlp(random, kWeightTypes[e % 4], 37, 43));
    }
    for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
    const Matrix weights = random.matrix(kTokens, top_k);
    const Matrix x = random.matrix(kTokens, 37);
    expect_same(37, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
      const auto from = static_cast<std::size_t>(first * top_k);
      const auto count = static_cast<std::size_t>(n * top_k);
      b.moe(x.slice(first, n), experts, std::span(ids).subspan(from, count),
            std::span(weights.values).subspan(from, count), top_k, out.slice(first, n));
    });
  }
};

TEST_P(SameBitsMoe, TokensSpreadOverExperts) {
  std::vector<std::int32_t> ids;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    const std::int64_t first = random.below(9);
    for (std::int64_t j = 0; j < 4; ++j)
      ids.push_back(static_cast<std::int32_t>((first + 2 * j) % 9));
  }
  run(ids, 9, 4);
}

TEST_P(SameBitsMoe, OneExpertTakesAllTokens) { run(std::vector<std::int32_t>(kTokens, 5), 12, 1); }

TEST_P(SameBits, Attention) {
  constexpr std::int64_t kStart = 250;  // the chunks cross a boundary of slot blocks
  constexpr std::int64_t kHeads = 7;
  const Matrix q = random.matrix(kTokens, kHeads * 25);
  const Matrix c_kv = random.matrix(kStart + kTokens, 34);
  const Matrix k_rope = random.matrix(kStart + kTokens, 8);
  for (const DType dtype : {DType::F32, DType::BF16, DType::F8_E4M3}) {
    const StoredWeight w = random_weight(random, dtype, kHeads * 30, 34, 0.3F);
    for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
      if (form == AttentionForm::Expanded && dtype != DType::BF16) continue;  // slow
      expect_same(kHeads * 13, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
        const MlaAttentionArgs args{kHeads,
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
        b.mla_attention(args, form, nullptr, out.slice(first, n));
      });
    }
  }
}

TEST_P(SameBits, AttentionOverMoreSpansThanWaitAtOnce) {
  constexpr std::int64_t kStart = 8170;  // 32 spans of 256 slots, and some tokens behind them
  constexpr std::int64_t kHeads = 3;
  const Matrix q = random.matrix(kTokens, kHeads * 7);
  const Matrix c_kv = random.matrix(kStart + kTokens, 9);
  const Matrix k_rope = random.matrix(kStart + kTokens, 2);
  const StoredWeight w = random_weight(random, DType::F32, kHeads * 8, 9, 0.3F);
  expect_same(kHeads * 3, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    const MlaAttentionArgs args{kHeads,
                                9,
                                5,
                                2,
                                3,
                                0.5F,
                                kStart + first,
                                q.slice(first, n),
                                {.w_ukv = w.view, .w_uk_t = {}, .w_uv = {}},
                                c_kv.view(),
                                k_rope.view()};
    b.mla_attention(args, AttentionForm::Absorbed, nullptr, out.slice(first, n));
  });
}

TEST_P(SameBits, AttentionOverPickedSlots) {
  constexpr std::int64_t kStart = 500;
  constexpr std::int64_t kHeads = 6;
  constexpr std::int64_t kTopK = 300;
  const Matrix q = random.matrix(kTokens, kHeads * 25);
  const Matrix c_kv = random.matrix(kStart + kTokens, 34);
  const Matrix k_rope = random.matrix(kStart + kTokens, 8);
  const StoredWeight w = random_weight(random, DType::BF16, kHeads * 30, 34, 0.3F);
  std::vector<std::int32_t> picked;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    const std::int64_t skip = random.below(200);
    for (std::int64_t j = 0; j < kTopK; ++j) {
      picked.push_back(static_cast<std::int32_t>(j < 200 ? j : j + skip));
    }
  }
  expect_same(kHeads * 13, [&](Backend& b, std::int64_t first, std::int64_t n, Matrix& out) {
    MlaAttentionArgs args{kHeads,
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
    args.picked_slots = std::span(picked).subspan(static_cast<std::size_t>(first * kTopK),
                                                  static_cast<std::size_t>(n * kTopK));
    args.index_topk = kTopK;
    b.mla_attention(args, AttentionForm::Absorbed, nullptr, out.slice(first, n));
  });
}

TEST_P(SameBits, ProbeRowsDoNotDependOnTheChunk) {
  const Matrix q = random.matrix(kTokens, 5 * 12);
  const Matrix c_kv = random.matrix(kTokens, 20);
  const Matrix k_rope = random.matrix(kTokens, 4);
  const StoredWeight w = random_weight(random, DType::BF16, 5 * 16, 20, 0.3F);
  const auto backend = make(GetParam());
  const std::int64_t token = 41;
  const auto observe = [&](std::int64_t first, std::int64_t n) {
    std::vector<float> rows(3 * 5 * (token + 1));
    float* data = rows.data();
    const AttentionProbe probe{token - first, data, data + 5 * (token + 1),
                               data + 10 * (token + 1)};
    const MlaAttentionArgs args{5,
                                20,
                                8,
                                4,
                                8,
                                0.3F,
                                first,
                                q.slice(first, n),
                                {.w_ukv = w.view, .w_uk_t = {}, .w_uv = {}},
                                c_kv.view(),
                                k_rope.view()};
    Matrix out(n, 5 * 8);
    backend->mla_attention(args, AttentionForm::Absorbed, &probe, out.view());
    return rows;
  };
  const std::vector<float> alone = observe(token, 1);
  EXPECT_TRUE(same_bits(alone, observe(0, kTokens)));
  EXPECT_TRUE(same_bits(alone, observe(40, 7)));
}

INSTANTIATE_TEST_SUITE_P(Cpu, SameBits, testing::ValuesIn(cpu_variants()), variant_name);
INSTANTIATE_TEST_SUITE_P(Cpu, SameBitsMoe, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
