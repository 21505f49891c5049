// Weights larger than the memory they travel through arrive whole: the emulator copies from
// page-locked memory as late as a GPU might.
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

TEST(CudaLoading, EveryPieceArrives) {
  Random random(41);
  const auto backend = make({BackendKind::Cuda, 1, "emulated"});
  const auto reference = make({BackendKind::Reference, 1, ""});
  struct Case {
    DType dtype;
    std::int64_t rows, cols;
  };
  // Two stages of 8 MiB: three and a bit of them, less than one, a row longer than one.
  const Case cases[] = {{DType::BF16, 13000, 1000},
                        {DType::F8_E4M3, 27000, 1024},
                        {DType::Q4_K, 4900, 256 * 36},
                        {DType::Q8_0, 40, 64},
                        {DType::BF16, 1, (4 << 20) + 40}};
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::Message() << dtype_name(c.dtype) << ", " << c.rows << " rows");
    const StoredWeight w = random_weight(random, c.dtype, c.rows, c.cols, 0.3F);
    std::vector<TokenId> rows;
    const std::int64_t step = std::max<std::int64_t>(c.rows / 20, 1);
    for (std::int64_t r = 0; r < c.rows; r += step) rows.emplace_back(static_cast<std::int32_t>(r));
    rows.emplace_back(static_cast<std::int32_t>(c.rows - 1));
    const auto n = static_cast<std::int64_t>(rows.size());
    Matrix actual(n, c.cols);
    Matrix expected(n, c.cols);
    backend->embed(w.view, rows, actual.view());
    reference->embed(w.view, rows, expected.view());
    EXPECT_TRUE(same_bits(actual.values, expected.values));
  }
}

}  // namespace
}  // namespace engine::test
