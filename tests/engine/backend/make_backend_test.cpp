// What can be had and what is said when it cannot; memory; what ops may take after reserve.
#include <malloc.h>

#include <bit>
#include <cstdio>
#include <limits>

#include "engine/backend/weight_rows.h"
#include "engine/base/thread_pool.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

TEST(MakeBackend, DescribesWhatItMade) {
  const auto cpu = make({BackendKind::Cpu, 3, "generic"});
  EXPECT_EQ(cpu->kind(), BackendKind::Cpu);
  EXPECT_EQ(cpu->description(), "CPU · generic · 3 threads");
  const auto reference = make({BackendKind::Reference, 0, ""});
  EXPECT_EQ(reference->kind(), BackendKind::Reference);
  const auto all = make({BackendKind::Cpu, 0, ""});
  EXPECT_NE(all->description().find(std::to_string(usable_processors()) + " thread"),
            std::string::npos);
}

TEST(MakeBackend, RefusesAnUnknownInstructionSetAndNamesTheOthers) {
  const auto backend = make_backend({BackendKind::Cpu, 1, "altivec"});
  ASSERT_FALSE(backend.has_value());
  EXPECT_EQ(backend.error().code, ErrorCode::Unsupported);
  EXPECT_NE(backend.error().message.find("\"altivec\""), std::string::npos);
  EXPECT_NE(backend.error().message.find("generic"), std::string::npos);
}

TEST(MakeBackend, RefusesImpossibleThreadCounts) {
  for (const int n : {-1, 100000}) {
    const auto backend = make_backend({BackendKind::Cpu, n, ""});
    ASSERT_FALSE(backend.has_value());
    EXPECT_EQ(backend.error().code, ErrorCode::InvalidArgument);
    EXPECT_NE(backend.error().message.find(std::to_string(n)), std::string::npos);
  }
}

TEST(MakeBackend, SaysWhyThereIsNoCuda) {
  const auto backend = make_backend({BackendKind::Cuda, 0, ""});
  ASSERT_FALSE(backend.has_value());
  EXPECT_EQ(backend.error().code, ErrorCode::Unsupported);
  EXPECT_NE(backend.error().message.find("CUDA"), std::string::npos);
  bool listed = false;
  for (const BackendDescription& d : available_backends()) {
    if (d.kind == BackendKind::Cuda) {
      listed = true;
      EXPECT_EQ(d.description.find('\n'), std::string::npos);
    } else {
      EXPECT_TRUE(d.available);
    }
  }
  EXPECT_TRUE(listed);
}

class Memory : public testing::TestWithParam<BackendKind> {};

TEST_P(Memory, IsZeroedAndAligned) {
  const auto backend = make({GetParam(), 1, ""});
  for (const std::int64_t n : {0, 1, 1000, 3 << 20}) {
    auto buffer = backend->allocate(n);
    ASSERT_TRUE(buffer.has_value());
    EXPECT_EQ(buffer->n_elements(), n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer->data()) % 64, 0U);
    for (std::int64_t i = 0; i < n; i += 7) ASSERT_EQ(buffer->data()[i], 0.0F);
    if (n > 0) buffer->data()[n - 1] = 1.0F;
  }
}

TEST_P(Memory, SaysWhenThereIsNotEnough) {
  const auto backend = make({GetParam(), 1, ""});
  for (const std::int64_t n :
       {std::int64_t{-1}, std::int64_t{1} << 50, std::numeric_limits<std::int64_t>::max()}) {
    const auto buffer = backend->allocate(n);
    ASSERT_FALSE(buffer.has_value()) << n;
    EXPECT_EQ(buffer.error().code, ErrorCode::OutOfMemory);
    EXPECT_NE(buffer.error().message.find("MiB"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Memory, testing::Values(BackendKind::Reference, BackendKind::Cpu));

TEST(DecodeWeightRow, Float8UsesTheBlockOfRowAndColumn) {
  std::vector<std::byte> bytes(130 * 200, std::byte{0x38});  // 1.0
  const std::vector<float> scales = {1, 2, 3, 4};
  const WeightView w{bytes.data(), DType::F8_E4M3, 130, 200, scales.data(), 2};
  std::vector<float> row(200);
  decode_weight_row(w, 127, row.data());
  EXPECT_EQ(row[127], 1.0F);
  EXPECT_EQ(row[128], 2.0F);
  decode_weight_row(w, 128, row.data());
  EXPECT_EQ(row[0], 3.0F);
  EXPECT_EQ(row[199], 4.0F);
}

class DecodeAllBits : public testing::TestWithParam<BackendOptions> {};

TEST_P(DecodeAllBits, EqualsTheScalarDecoders) {
  const auto backend = make(GetParam());
  const float scale = 0.37F;
  std::vector<std::byte> bytes(65536 * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(i % 2 == 0 ? i / 2 : i / 512);
  }
  for (const DType dtype : {DType::F16, DType::BF16, DType::F8_E4M3}) {
    // One row holds every bit pattern; a scale block is 128 columns wide.
    const std::int64_t n = 65536;
    const std::vector<float> scales(512, scale);
    const WeightView w{bytes.data(), dtype, 1, n, scales.data(), 512};
    std::vector<float> actual(65536);
    std::vector<float> expected(65536);
    const std::vector<TokenId> token = {TokenId(0)};
    backend->embed(w, token, {actual.data(), 1, n, n});
    decode_weight_row(w, 0, expected.data());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] != expected[i]) {
        ASSERT_TRUE(actual[i] != actual[i]) << dtype_name(dtype) << " " << i;
      } else {
        ASSERT_EQ(std::bit_cast<std::uint32_t>(actual[i]),
                  std::bit_cast<std::uint32_t>(expected[i]))
            << dtype_name(dtype) << " " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, DecodeAllBits, testing::ValuesIn(instruction_sets()), variant_name);

/// Bytes in use, on the heap and in mappings of its own.
std::size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::int64_t mapped_kib() {
  long size = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r"); f != nullptr) {
    if (std::fscanf(f, "%ld", &size) != 1) size = 0;
    std::fclose(f);
  }
  return size * 4;
}

TEST(Reserve, OpsWithinTheLimitsTakeNoMemory) {
  constexpr std::int64_t kTokens = 40, kHidden = 96, kWidth = 75, kContext = 500, kHeads = 6;
  Random random(3);
  const auto backend = make({BackendKind::Cpu, 3, ""});
  BackendLimits limits;
  limits.max_tokens = kTokens;
  limits.max_context = kContext;
  limits.max_width = 6 * 40;
  limits.hidden_size = kHidden;
  limits.max_mlp_width = kWidth;
  limits.n_heads = kHeads;
  limits.latent_dim = 40;
  limits.n_experts = 8;
  limits.experts_per_token = 3;
  ASSERT_TRUE(backend->reserve(limits).has_value());

  std::vector<StoredMlp> stored;
  std::vector<MlpWeights> experts;
  for (int e = 0; e < 8; ++e) stored.push_back(random_mlp(random, DType::BF16, kHidden, kWidth));
  for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
  const StoredWeight w_ukv = random_weight(random, DType::BF16, kHeads * 40, 32, 0.3F);
  const Matrix q = random.matrix(kTokens, kHeads * 28);
  const Matrix c_kv = random.matrix(kContext, 32);
  const Matrix k_rope = random.matrix(kContext, 8);
  const Matrix x = random.matrix(kTokens, kHidden);
  const Matrix logits = random.matrix(kTokens, 8);
  Matrix out(kTokens, kHidden);
  Matrix attended(kTokens, kHeads * 20);
  std::vector<std::int32_t> ids(kTokens * 3);
  std::vector<float> weights(kTokens * 3);
  const RouterArgs router{true, 2, 2, 3, true, true, 1.0F, nullptr};
  const std::int64_t mapped = mapped_kib();
  const std::size_t heap = bytes_in_use();  // after mapped_kib(), whose file buffer stays cached
  for (const std::int64_t n : {std::int64_t{1}, kTokens}) {
    const auto n_ids = static_cast<std::size_t>(3 * n);
    backend->route(logits.slice(0, n), router,
                   {std::span(ids).first(n_ids), std::span(weights).first(n_ids), {}, {}, {}});
    backend->moe(x.slice(0, n), experts, std::span(ids).first(n_ids),
                 std::span(weights).first(n_ids), 3, out.slice(0, n));
    backend->gated_mlp(x.slice(0, n), experts[0], out.slice(0, n));
    backend->matmul(x.slice(0, n), experts[0].gate, nullptr,
                    {out.values.data(), n, kWidth, kHidden});
    const MlaAttentionArgs args{kHeads,
                                32,
                                20,
                                8,
                                20,
                                0.2F,
                                kContext - n,
                                q.slice(0, n),
                                {.w_ukv = w_ukv.view, .w_uk_t = {}, .w_uv = {}},
                                c_kv.view(),
                                k_rope.view()};
    for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
      backend->mla_attention(args, form, nullptr, attended.slice(0, n));
    }
  }
  EXPECT_EQ(bytes_in_use(), heap);
  EXPECT_EQ(mapped_kib(), mapped);
}

}  // namespace
}  // namespace engine::test
