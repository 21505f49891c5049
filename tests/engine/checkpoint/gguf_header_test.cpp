// The rules of the GGUF header, by the rows of the fault catalogue (G1 to G24).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/checkpoint/gguf_memory.h"

namespace {

using engine::DType;
using engine::GgufHeader;
using gguf_memory::accepts;
using gguf_memory::problem;
using gguf_memory::read;
using support::gguf_floats;
using support::GgufToWrite;
using support::kv_string;
using support::kv_u32;
using support::raw;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

GgufToWrite small() {
  GgufToWrite file;
  file.pairs = {kv_string("general.architecture", "llama"), kv_u32("llama.block_count", 2)};
  file.tensors = {gguf_floats("a", {4, 2}, std::vector<float>(8, 1.0F)),
                  {"q", {32}, 8, std::string(34, 'q')}};
  return file;
}

/// Overwrites bytes of a file.
std::string patched(std::string bytes, std::size_t at, const std::string& with) {
  return bytes.replace(at, with.size(), with);
}

std::string dims_problem(const std::vector<std::uint64_t>& dims, std::uint32_t type = 0) {
  GgufToWrite file;
  file.tensors = {{"t", dims, type, ""}};
  return problem(file);
}

TEST(GgufHeader, ReadsKeysAndTensors) {
  const auto header = read(small().bytes());
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_EQ(header->version(), 3U);
  ASSERT_EQ(header->n_keys(), 2U);
  EXPECT_EQ(header->key(1), "llama.block_count");
  EXPECT_EQ(header->find("llama.block_count")->integer(), 2);
  EXPECT_EQ(header->find("general.architecture")->text(), "llama");
  EXPECT_FALSE(header->find("llama.block").has_value());
  ASSERT_EQ(header->n_tensors(), 2U);
  const GgufHeader::Entry a = header->tensor(0);
  EXPECT_EQ(a.name, "a");
  EXPECT_THAT(a.shape, ElementsAre(2, 4));  // rows first
  EXPECT_EQ(a.end - a.begin, 32U);
  const GgufHeader::Entry q = header->tensor(1);
  EXPECT_EQ(q.dtype, DType::Q8_0);
  EXPECT_EQ(q.end - q.begin, 34U);
  EXPECT_THAT(header->warnings(), IsEmpty());
}

TEST(GgufHeader, ReadsEveryTypeOfValue) {
  GgufToWrite file;
  file.pairs = {{"k.u8", 0, raw<std::uint8_t>(200)},
                {"k.i8", 1, raw<std::int8_t>(-3)},
                {"k.u16", 2, raw<std::uint16_t>(60000)},
                {"k.i16", 3, raw<std::int16_t>(-300)},
                support::kv_u32("k.u32", 4'000'000'000U),
                support::kv_i32("k.i32", -5),
                support::kv_f32("k.f32", 0.0707F),
                support::kv_bool("k.bool", true),
                support::kv_u64("k.u64", kMax),
                {"k.i64", 11, raw<std::int64_t>(-1'000'000'000'000)},
                {"k.f64", 12, raw(0.25)},
                support::kv_strings("k.strings", {"a", "", std::string("n\0l", 3)}),
                support::kv_array<float>("k.floats", 6, {1.0F, 2.5F})};
  const auto header = read(file.bytes());
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_EQ(header->find("k.u8")->integer(), 200);
  EXPECT_EQ(header->find("k.i8")->integer(), -3);
  EXPECT_EQ(header->find("k.u16")->integer(), 60000);
  EXPECT_EQ(header->find("k.i16")->integer(), -300);
  EXPECT_EQ(header->find("k.u32")->integer(), 4'000'000'000);
  EXPECT_EQ(header->find("k.i32")->integer(), -5);
  EXPECT_EQ(header->find("k.f32")->number(), 0.0707);  // and not 0.07069999724…
  EXPECT_FALSE(header->find("k.f32")->integer().has_value());
  EXPECT_EQ(header->find("k.bool")->flag(), true);
  EXPECT_FALSE(header->find("k.u64")->integer().has_value());
  EXPECT_EQ(header->find("k.u64")->shown(), "u64 18446744073709551615");
  EXPECT_EQ(header->find("k.i64")->integer(), -1'000'000'000'000);
  EXPECT_EQ(header->find("k.f64")->number(), 0.25);
  EXPECT_THAT(header->find("k.strings")->strings(),
              ElementsAre("a", "", std::string_view("n\0l", 3)));
  EXPECT_EQ(header->find("k.floats")->item(1).number(), 2.5);
}

TEST(GgufHeader, G1TooShort) {
  const std::string file = small().bytes();
  for (std::size_t n = 0; n < 24; ++n) {
    EXPECT_THAT(problem(file.substr(0, n)),
                HasSubstr("too short to be GGUF, found " + std::to_string(n) + " of the 24"));
  }
}

TEST(GgufHeader, G2SaysWhatAnotherFileIs) {
  const std::string rest(40, '\0');
  EXPECT_THAT(problem("FUGG" + rest), HasSubstr("bytes swapped"));
  EXPECT_THAT(problem("GGML" + rest), HasSubstr("legacy GGML"));
  EXPECT_THAT(problem("GGJT" + rest), HasSubstr("legacy GGJT"));
  EXPECT_THAT(problem("PK\x03\x04" + rest), HasSubstr("ZIP archive"));
  EXPECT_THAT(problem("version https://git-lfs.github.com/spec/v1"), HasSubstr("git lfs pull"));
  EXPECT_THAT(problem("<!DOCTYPE html><html><body>"), HasSubstr("HTML page"));
  EXPECT_THAT(problem("version https://git"), HasSubstr("a text"));
}

TEST(GgufHeader, G3Versions) {
  for (const auto& [version, text] :
       std::vector<std::pair<std::uint32_t, std::string>>{{0, "allowed 2 or 3"},
                                                          {1, "too old"},
                                                          {4, "newer than this program"},
                                                          {0x03000000, "big-endian"}}) {
    GgufToWrite file = small();
    file.version = version;
    const auto header = read(file.bytes());
    ASSERT_FALSE(header.has_value());
    EXPECT_THAT(header.error().message, HasSubstr(text));
    EXPECT_EQ(header.error().code, engine::ErrorCode::Unsupported);
  }
  GgufToWrite file = small();
  file.version = 2;
  EXPECT_TRUE(accepts(file.bytes()));
}

TEST(GgufHeader, G4ImpossibleCounts) {
  const std::string file = small().bytes();
  const std::uint64_t left = file.size() - 24;
  for (const std::uint64_t count : {kMax, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1,
                                    kMax / 24 + 1, kMax / 14 + 1, left / 14 + 1}) {
    EXPECT_THAT(problem(patched(file, 16, raw(count))),
                AllOf(HasSubstr("found a count of " + std::to_string(count)), HasSubstr("keys")));
    EXPECT_THAT(
        problem(patched(file, 8, raw(count))),
        AllOf(HasSubstr("found a count of " + std::to_string(count)), HasSubstr("tensors")));
  }
}

TEST(GgufHeader, G5CountOffByOne) {
  GgufToWrite file = small();
  file.extra_pairs = 1;  // the first tensor reads as a key, the next field as no tensor
  EXPECT_THAT(problem(file), HasSubstr("tensor 1 of 2 › name › length"));
  file.extra_pairs = -1;
  EXPECT_THAT(problem(file), HasSubstr("tensor 1 of 2"));
  file.extra_pairs = 0;
  file.extra_tensors = 1;
  EXPECT_THAT(problem(file), HasSubstr("tensor 3 of 3"));
}

TEST(GgufHeader, G6KeyLengths) {
  const std::string file = small().bytes();
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{65536}, std::uint64_t{1} << 63, file.size() - 32 + 1}) {
    const std::string text = problem(patched(file, 24, raw(length)));
    EXPECT_THAT(text, HasSubstr("metadata key 1 of 2")) << length;
    if (length == file.size() - 31) continue;  // short enough, but the file is shorter
    EXPECT_THAT(text, HasSubstr("allowed 1 to 65535"));
  }
}

TEST(GgufHeader, G7OddKeys) {
  GgufToWrite file = small();
  file.pairs.push_back(kv_u32(std::string("own key\0", 8), 1));
  file.pairs.push_back(kv_u32("über", 1));
  file.pairs.push_back(kv_u32("../../etc", 1));
  file.pairs.push_back(kv_u32(std::string(65535, 'a'), 1));
  const auto header = read(file.bytes());
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_THAT(header->warnings(), testing::SizeIs(3));
  EXPECT_THAT(header->warnings()[0], HasSubstr("own key\\x00"));
  for (const std::string& lookalike :
       {std::string("General.architecture"), std::string("llama.Block_count"),
        std::string("llama.head_count\0", 17), std::string("split .no")}) {
    file = small();
    file.pairs.push_back(kv_u32(lookalike, 1));
    EXPECT_THAT(problem(file), HasSubstr("allowed \"")) << lookalike;
  }
}

TEST(GgufHeader, G8Duplicates) {
  GgufToWrite file = small();
  file.pairs.push_back(kv_u32("llama.block_count", 3));
  EXPECT_THAT(problem(file), AllOf(HasSubstr("\"llama.block_count\" at byte 77"),
                                   HasSubstr("again at byte 110"), HasSubstr("allowed once")));
  file = small();
  file.pairs.push_back(kv_u32("x", 3));
  file.pairs.push_back(kv_u32(std::string("x\0\0", 3), 3));
  EXPECT_THAT(problem(file), HasSubstr("again at byte"));
  file = small();
  file.tensors.push_back(file.tensors[0]);
  EXPECT_THAT(problem(file), AllOf(HasSubstr("\"a\""), HasSubstr("again at byte")));
}

TEST(GgufHeader, G9ManyKeysTakeAMoment) {
  std::string body;
  constexpr std::uint64_t kKeys = 600'000;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    body += support::gguf_string(key) + raw<std::uint32_t>(0) + "\1";
  }
  const std::string file =
      "GGUF" + raw<std::uint32_t>(3) + raw<std::uint64_t>(0) + raw(kKeys) + body;
  const auto header = read(file);  // a second on an idle machine; quadratic would take hours
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_EQ(header->find("k599999")->integer(), 1);
}

TEST(GgufHeader, G10ValueTypes) {
  for (const std::uint32_t type : {13U, 255U, 0xFFFFFFFFU}) {
    GgufToWrite file = small();
    file.pairs.push_back({"odd.key", type, "1234"});
    EXPECT_THAT(problem(file), AllOf(HasSubstr("odd.key › type"),
                                     HasSubstr("found " + std::to_string(static_cast<int>(type)))));
  }
  GgufToWrite file = small();
  file.pairs.push_back({"odd.key", 7, "\2"});
  EXPECT_THAT(problem(file), HasSubstr("found the byte 2 as a bool"));
  file = small();
  file.pairs.push_back(support::kv_array<std::uint8_t>("odd.key", 7, {0, 1, 255}));
  EXPECT_THAT(problem(file), HasSubstr("found the byte 255 as a bool"));
  file = small();
  file.pairs.push_back(support::kv_array<std::uint64_t>("odd.key", 9, {0}));
  EXPECT_THAT(problem(file), HasSubstr("array in array"));
  file = small();
  file.pairs.push_back({"odd.key", 9, raw<std::uint32_t>(8) + raw(std::uint64_t{1} << 61)});
  EXPECT_THAT(problem(file), HasSubstr("found a count of 2305843009213693952"));
}

TEST(GgufHeader, G11EmptyStringsStayCompact) {
  GgufToWrite file = small();
  constexpr std::size_t kStrings = 4'000'000;
  file.pairs.push_back(
      {"t.tokens", 9,
       raw<std::uint32_t>(8) + raw<std::uint64_t>(kStrings) + std::string(kStrings * 8, '\0')});
  const auto header = read(file.bytes());
  ASSERT_TRUE(header.has_value()) << header.error().message;
  EXPECT_EQ(header->find("t.tokens")->count, kStrings);
}

TEST(GgufHeader, G12Dimensions) {
  GgufToWrite file = small();
  file.tensors[0].dims = {2, 2, 2, 1, 1};
  EXPECT_THAT(problem(file), HasSubstr("number of dimensions"));
  const std::string bytes = small().bytes();
  const std::size_t at = bytes.find(support::gguf_string("a")) + 9;
  EXPECT_THAT(problem(patched(bytes, at, raw<std::uint32_t>(0xFFFFFFFFU))),
              HasSubstr("found 4294967295, allowed at most 4"));
  file = small();
  file.tensors[0] = gguf_floats("scalar", {}, {1.0F});  // one element
  EXPECT_TRUE(accepts(file.bytes()));
}

TEST(GgufHeader, G13ZeroAndNegativeExtents) {
  for (std::size_t i = 0; i < 4; ++i) {
    GgufToWrite file = small();
    file.tensors.insert(file.tensors.begin(), {"empty", {2, 3, 4, 5}, 0, ""});
    file.tensors[0].dims[i] = 0;
    EXPECT_TRUE(accepts(file.bytes())) << i;
    file.tensors.insert(file.tensors.end(), {"last", {0, kMax >> 1U}, 0, ""});
    EXPECT_TRUE(accepts(file.bytes())) << i;
  }
  EXPECT_THAT(dims_problem({kMax}), HasSubstr("found -1, allowed 0 or more"));
  EXPECT_THAT(dims_problem({2, std::uint64_t{1} << 63}),
              HasSubstr("dimension 1 (byte 53): found -9223372036854775808"));
}

TEST(GgufHeader, G14ProductsAreExact) {
  constexpr std::uint64_t kLargest = kMax >> 1U;
  EXPECT_THAT(dims_problem({kLargest, 2, 1, 1}), HasSubstr("9223372036854775807"));
  EXPECT_THAT(dims_problem({std::uint64_t{1} << 32, std::uint64_t{1} << 32, 1, 1}),
              HasSubstr("18446744073709551616 elements"));
  EXPECT_THAT(dims_problem({(std::uint64_t{1} << 42) + 1, std::uint64_t{1} << 20}),
              HasSubstr("4611686018428436480"));
  EXPECT_THAT(dims_problem({std::uint64_t{1} << 61}),
              HasSubstr("data up to byte 9223372036854775808"));
}

TEST(GgufHeader, G15SumsAreExact) {
  EXPECT_THAT(dims_problem({kMax / 4}), HasSubstr("allowed at most 2^62"));
  GgufToWrite file;
  const std::uint64_t half = (std::uint64_t{1} << 62) - 32;
  file.tensors = {{"a", {half}, 24, ""}, {"b", {half}, 24, ""}};
  file.offsets = {0, half};
  EXPECT_THAT(problem(file), AllOf(HasSubstr("tensor 2 of 2 b"), HasSubstr("9223372036854775744")));
}

TEST(GgufHeader, G16RowsAreWholeBlocks) {
  EXPECT_THAT(
      dims_problem({255, 2}, 12),
      HasSubstr("found rows of 255 elements, allowed a multiple of 256, the block of Q4_K"));
  EXPECT_THAT(dims_problem({}, 8), HasSubstr("rows of 1 elements"));
}

TEST(GgufHeader, G17TensorTypes) {
  for (const std::uint32_t type : {4U, 5U, 31U, 32U, 33U, 36U, 37U, 38U}) {
    EXPECT_THAT(dims_problem({32}, type), HasSubstr("was removed from the format")) << type;
  }
  for (const std::uint32_t type : {43U, 1000U, 0x80000000U, 0xFFFFFFFFU}) {
    EXPECT_THAT(dims_problem({32}, type),
                HasSubstr("found type " + std::to_string(static_cast<std::int32_t>(type)) +
                          ", which is no type known"));
  }
}

TEST(GgufHeader, G18Offsets) {
  const auto with_offset = [](std::uint64_t offset) {
    GgufToWrite file = small();
    file.offsets = {0, offset};
    return problem(file);
  };
  EXPECT_THAT(with_offset(33), HasSubstr("allowed a multiple of 32"));
  EXPECT_THAT(with_offset(0), AllOf(HasSubstr("found bytes 0 to 34, allowed from 32 on, after a of "
                                              "bytes 0 to 32"),
                                    HasSubstr("overlap")));
  EXPECT_THAT(with_offset(64), HasSubstr("(a hole)"));
  EXPECT_THAT(with_offset(kMax - 31), HasSubstr("to 18446744073709551618"));
  GgufToWrite file = small();
  file.offsets = {32, 64};
  EXPECT_THAT(problem(file), HasSubstr("after the start of the data"));
}

TEST(GgufHeader, G22Alignment) {
  for (const std::uint32_t bad : {0U, 3U, 4U, 24U, 0x80000000U}) {
    GgufToWrite file = small();
    file.pairs.push_back(kv_u32("general.alignment", bad));
    EXPECT_THAT(problem(file), HasSubstr("general.alignment: found u32 " + std::to_string(bad)));
  }
  GgufToWrite file = small();
  file.pairs.push_back(support::kv_u64("general.alignment", std::uint64_t{1} << 63));
  EXPECT_THAT(problem(file), HasSubstr("found u64 9223372036854775808"));
  for (const std::uint32_t good : {8U, 64U, 4096U}) {
    file = small();
    file.alignment = good;
    file.pairs.push_back(kv_u32("general.alignment", good));
    EXPECT_TRUE(accepts(file.bytes())) << good;
  }
  file = small();
  file.alignment = 8;  // laid out so, but the key is not there
  file.tensors[0] = gguf_floats("a", {6}, std::vector<float>(6, 1.0F));
  EXPECT_THAT(problem(file), HasSubstr("found 24, allowed a multiple of 32"));
}

TEST(GgufHeader, G23IncompleteDownload) {
  GgufToWrite file = small();
  file.tensors[1] = {"q", {32, 100}, 8, std::string(3400, 'q')};
  const std::string bytes = file.bytes();
  const std::size_t padding = 32 - 3400 % 32;
  EXPECT_TRUE(accepts(bytes.substr(0, bytes.size() - padding)));  // only padding is missing
  EXPECT_THAT(problem(bytes.substr(0, bytes.size() - padding - 1)),
              AllOf(HasSubstr("tensor q: the file ends at byte"), HasSubstr("99 % are here")));
  EXPECT_THAT(problem(bytes.substr(0, bytes.size() / 2)), HasSubstr("50 % are here"));
}

TEST(GgufHeader, G24TrailingBytes) {
  const auto header = read(small().bytes() + "PK\x03\x04 and more");
  ASSERT_TRUE(header.has_value());
  EXPECT_THAT(header->warnings(), ElementsAre(HasSubstr("found 13 bytes after the last tensor")));
}

TEST(GgufHeader, TensorNames) {
  GgufToWrite file = small();
  file.tensors[0].name = std::string(64, 'n');
  EXPECT_THAT(problem(file), HasSubstr("found 64 bytes, allowed 1 to 63"));
  file.tensors[0].name = "";
  EXPECT_THAT(problem(file), HasSubstr("found 0 bytes"));
  file.tensors[0].name = std::string("a\0b", 3);
  EXPECT_THAT(problem(file), HasSubstr("a\\x00b"));
  file.tensors[0].name = std::string(63, 'n');
  EXPECT_TRUE(accepts(file.bytes()));
}

}  // namespace
