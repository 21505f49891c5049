// Exhaustive sweeps over one small GGUF file (G19 to G21): every prefix, every header bit, every
// number at its boundaries. Whatever is accepted must be a table that fits its file.
#include <gtest/gtest.h>

#include "tests/engine/checkpoint/gguf_memory.h"

namespace {

using gguf_memory::accepts;
using support::GgufToWrite;

GgufToWrite small_file() {
  GgufToWrite file;
  file.pairs = {support::kv_string("general.architecture", "llama"),
                support::kv_u32("general.alignment", 32),
                support::kv_u32("llama.block_count", 2),
                support::kv_bool("tokenizer.ggml.add_bos_token", true),
                support::kv_f32("llama.rope.freq_base", 10000.0F),
                support::kv_strings("tokenizer.ggml.tokens", {"a", "bc", ""}),
                support::kv_array<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 2, 3})};
  file.tensors = {support::gguf_floats("norm", {6}, std::vector<float>(6, 1.0F)),
                  {"q4", {256, 2}, 12, std::string(288, 'x')},
                  support::gguf_floats("scalar", {}, {2.0F}),
                  support::gguf_floats("empty", {0, 7}, {}),
                  {"q8", {32, 1, 2}, 8, std::string(68, 'y')}};
  return file;
}

TEST(GgufSweep, NoPrefixIsAccepted) {
  const std::string file = small_file().bytes();
  ASSERT_TRUE(accepts(file));
  const std::size_t padding = 32 - 68 % 32;
  for (std::size_t n = 0; n < file.size() - padding; ++n) {
    EXPECT_FALSE(accepts(std::string(file.data(), n))) << "prefix of " << n << " bytes";
  }
}

TEST(GgufSweep, EveryFlippedBitIsRefusedOrHarmless) {
  const std::string file = small_file().bytes();
  const std::size_t header = small_file().header().size();
  int n_accepted = 0;
  for (std::size_t byte = 0; byte < header; ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      n_accepted += accepts(flipped) ? 1 : 0;
    }
  }
  // Flips inside names and values stay valid; flips of structure and numbers must not.
  EXPECT_LT(n_accepted, static_cast<int>(8 * header / 2));
  EXPECT_GT(n_accepted, 0);
}

TEST(GgufSweep, EveryFieldAtItsBoundaries) {
  const std::string file = small_file().bytes();
  const std::size_t header = small_file().header().size();
  const std::vector<std::uint64_t> values = {0,
                                             1,
                                             2,
                                             9,
                                             31,
                                             255,
                                             65535,
                                             65536,
                                             0x7FFFFFFF,
                                             0x80000000,
                                             0xFFFFFFFF,
                                             std::uint64_t{1} << 40,
                                             (std::uint64_t{1} << 62) + 1,
                                             (std::uint64_t{1} << 63) - 1,
                                             std::uint64_t{1} << 63,
                                             ~std::uint64_t{0}};
  for (std::size_t at = 4; at + 8 <= header; ++at) {
    for (const std::uint64_t value : values) {
      std::string four = file;
      four.replace(at, 4, support::raw(static_cast<std::uint32_t>(value)));
      accepts(four);
      std::string eight = file;
      eight.replace(at, 8, support::raw(value));
      accepts(eight);
    }
  }
}

}  // namespace
