// Rows S1 to S9 and S12 of the fault catalogue: one safetensors file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "engine/checkpoint/safetensors_file.h"
#include "tests/support/safetensors_writer.h"

namespace {

using engine::SafetensorsFile;
using engine::SafetensorsHeader;
using support::safetensors_bytes;
using testing::AllOf;
using testing::HasSubstr;

/// "accepted", or the message.
std::string open_bytes(std::string_view bytes) {
  const support::TempFolder folder;
  support::write_file(folder.file("f"), bytes);
  const auto file = SafetensorsFile::open(folder.file("f"), "m.safetensors");
  return file ? "accepted" : file.error().message;
}

std::string open_header(const std::string& header, const std::string& data = "") {
  return open_bytes(safetensors_bytes(header, data));
}

std::string length_only(std::uint64_t length, std::size_t n_more) {
  std::string bytes(8 + n_more, ' ');
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

/// A header with one tensor entry of the given body.
std::string one(const std::string& body) { return "{\"t\":{" + body + "}}"; }

TEST(Safetensors, ReadsTensorsWhateverTheOrderOfKeys) {
  const support::TempFolder folder;
  support::write_file(
      folder.file("f"),
      safetensors_bytes("{\"b\":{\"shape\":[2],\"data_offsets\":[4,12],\"dtype\":\"F32\"},"
                        "\"__metadata__\":{\"format\":\"pt\"},"
                        "\"a\\u0041\":{\"dtype\":\"U8\",\"shape\":[2,2],"
                        "\"data_offsets\":[0,4]}}   \n",
                        "abcd12345678"));
  const auto file = SafetensorsFile::open(folder.file("f"), "f");
  ASSERT_TRUE(file.has_value()) << file.error().message;
  ASSERT_EQ(file->header().n_tensors(), 2U);
  const auto first = file->header().entry(0);
  EXPECT_EQ(first.name, "aA");
  EXPECT_EQ(first.dtype, engine::DType::U8);
  EXPECT_THAT(first.shape, testing::ElementsAre(2, 2));
  const auto second = file->header().entry(1);
  EXPECT_EQ(second.name, "b");
  EXPECT_EQ(std::memcmp(file->bytes(second).data(), "12345678", 8), 0);
}

TEST(Safetensors, S1RefusesWrongHeaderLengths) {
  EXPECT_THAT(open_bytes(""), HasSubstr("found 0 bytes, allowed at least 8"));
  EXPECT_THAT(open_bytes("1234567"), HasSubstr("found 7 bytes"));
  EXPECT_THAT(open_bytes(length_only(100'000'001, 9)), HasSubstr("allowed at most 100000000"));
  EXPECT_THAT(open_bytes(length_only(10, 9)), HasSubstr("found 10 bytes, allowed at most the 9"));
  EXPECT_THAT(open_bytes(length_only(std::numeric_limits<std::uint64_t>::max(), 9)),
              HasSubstr("18446744073709551615"));
  EXPECT_THAT(open_bytes(length_only(0, 0)), HasSubstr("end of the text"));
  EXPECT_EQ(open_header("{}"), "accepted");
}

TEST(Safetensors, S2RefusesWrongFirstBytesAndNulPadding) {
  EXPECT_THAT(open_header("[]"), HasSubstr("allowed an object"));
  EXPECT_THAT(open_header(std::string("{}\0\0", 4)),
              HasSubstr("padded with NUL; only spaces (0x20) are allowed"));
  EXPECT_EQ(open_header("{}      "), "accepted");
}

TEST(Safetensors, S2RefusesLeadingWhiteSpace) {
  EXPECT_THAT(open_header("  {}"), HasSubstr("byte 8: found white space, allowed '{'"));
}

TEST(Safetensors, S3RefusesBadTextAndNumbers) {
  EXPECT_THAT(open_header("{\"\xC0\x80\":{}}"), HasSubstr("byte 10): found the byte 0xC0"));
  EXPECT_THAT(open_header("{\"\\ud800\":{}}"), HasSubstr("surrogate"));
  EXPECT_THAT(open_header("{\"t\":" + std::string(100'000, '[')), HasSubstr("allowed an object"));
  EXPECT_THAT(open_header(one("\"shape\":" + std::string(100'000, '['))),
              HasSubstr("allowed a number"));
  EXPECT_THAT(open_header("{\"__metadata__\":{\"a\":" + std::string(100'000, '{')),
              HasSubstr("allowed a string"));
  for (const char* offset :
       {"1e400", "-0", "1.0", "18446744073709551616", "9223372036854775808", "-1", "1e0"}) {
    EXPECT_THAT(open_header(one(std::string("\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,") +
                                offset + "]"),
                            "x"),
                AllOf(HasSubstr("data_offsets: found"), HasSubstr("whole number")))
        << offset;
  }
  EXPECT_THAT(open_header("{\"a\\u0000\":{}}"), HasSubstr("NUL character in the tensor name"));
}

TEST(Safetensors, S3OneLongStringIsReadInLinearTime) {
  const std::string name(20 << 20, 'x');
  const std::string header =
      "{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}";
  EXPECT_TRUE(SafetensorsHeader::parse(header, 1, "f").has_value());
  EXPECT_FALSE(SafetensorsHeader::parse(header.substr(0, header.size() / 2), 1, "f").has_value());
}

TEST(Safetensors, S4RefusesDuplicates) {
  const std::string t = "\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
  EXPECT_THAT(open_header("{" + t + "," + t + "}"), HasSubstr("t › name: found twice"));
  EXPECT_THAT(open_header("{\"__metadata__\":{},\"__metadata__\":{}}"),
              HasSubstr("__metadata__ twice"));
  EXPECT_THAT(open_header("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"),
              HasSubstr("\"k\" twice"));
  EXPECT_THAT(
      open_header(one("\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]")),
      HasSubstr("found the field dtype twice"));
  EXPECT_THAT(open_header(one("\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":1")),
              HasSubstr("found the field \"x\", allowed dtype, shape, data_offsets"));
  EXPECT_THAT(open_header(one("\"dtype\":\"U8\",\"shape\":[0]")),
              HasSubstr("data_offsets: found nothing"));
}

TEST(Safetensors, S5LimitsMetadata) {
  EXPECT_THAT(open_header("{\"__metadata__\":{\"k\":1}}"),
              HasSubstr("__metadata__ › k: found a number, allowed a string"));
  EXPECT_THAT(open_header("{\"__metadata__\":[]}"), HasSubstr("allowed an object"));
  std::string many = "{\"__metadata__\":{\"k\":\"\"";
  for (int i = 0; i < 1'000'000; ++i) many += ",\"" + std::to_string(i) + "\":\"\"";
  EXPECT_THAT(open_header(many + "}}"), HasSubstr("more than 65536 entries"));
}

std::string two_tensors(const std::string& a, const std::string& b) {
  return "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" + a +
         "},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" + b + "}}";
}

TEST(Safetensors, S6RefusesWrongRanges) {
  EXPECT_EQ(open_header(two_tensors("[0,2]", "[2,4]"), "abcd"), "accepted");
  EXPECT_EQ(open_header(two_tensors("[2,4]", "[0,2]"), "abcd"), "accepted");
  EXPECT_THAT(open_header(two_tensors("[2,0]", "[2,4]"), "abcd"),
              HasSubstr("a › data_offsets: found the start 2 after the end 0"));
  EXPECT_THAT(open_header(two_tensors("[0,2]", "[2,4]"), "abc"),
              AllOf(HasSubstr("b › data_offsets"), HasSubstr("holds 3 bytes of data (75 %"),
                    HasSubstr("incomplete download")));
  EXPECT_THAT(open_header(two_tensors("[0,2]", "[3,5]"), "abcde"),
              HasSubstr("b › data_offsets: found a start at byte 3, allowed 2 (a hole after a)"));
  EXPECT_THAT(open_header(two_tensors("[0,2]", "[1,3]"), "abc"), HasSubstr("it overlaps a"));
  EXPECT_THAT(open_header(two_tensors("[1,3]", "[3,5]"), "abcde"),
              HasSubstr("a hole after the start of the data"));
  EXPECT_THAT(open_header(two_tensors("[0,2]", "[2,4]"), "abcdPK\x03\x04"),
              HasSubstr("found 4 bytes after the last tensor"));
}

TEST(Safetensors, S6RefusesAHundredThousandTensorsOnOneRange) {
  std::string header = "{";
  for (int i = 0; i < 100'000; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
              "\":{\"dtype\":\"U8\",\"shape\":[1000],\"data_offsets\":[0,1000]}";
  }
  const auto parsed = SafetensorsHeader::parse(header + "}", 1000, "f");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error().message, HasSubstr("overlaps"));
}

TEST(Safetensors, S7RefusesShapesThatDoNotFitTheirRange) {
  const auto with = [](const std::string& dtype, const std::string& shape) {
    return open_header(
        one("\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[0,4]"), "abcd");
  };
  EXPECT_EQ(with("F32", "[1]"), "accepted");
  EXPECT_THAT(with("F32", "[2]"), HasSubstr("found 4 bytes, allowed 8 for F32 [2]"));
  EXPECT_THAT(with("U8", "[4294967296,4294967296,16]"), HasSubstr("more than 2^64 bits"));
  EXPECT_THAT(with("U8", "[9223372036854775807,2]"), HasSubstr("more than 2^64 bits"));
  EXPECT_THAT(with("U8", "[-1,4]"), HasSubstr("shape: found -1"));
  EXPECT_THAT(with("U8", "[1" + std::string(1998, ' ') + "]"), HasSubstr("allowed 1 for U8 [1]"));
  std::string ones = "[1";
  for (int i = 1; i < 1000; ++i) ones += ",1";
  EXPECT_THAT(with("F32", ones + "]"), HasSubstr("more than 64 extents"));
  EXPECT_THAT(with("F4", "[7]"), HasSubstr("28 bits, allowed whole bytes"));
  EXPECT_EQ(with("F4", "[8]"), "accepted");
  EXPECT_THAT(with("F6_E2M3", "[5]"), HasSubstr("30 bits"));
}

TEST(Safetensors, S8TellsUnknownTypesFromKnownOnes) {
  const auto with = [](const std::string& dtype) {
    return open_header(one("\"dtype\":\"" + dtype + "\",\"shape\":[0],\"data_offsets\":[0,0]"));
  };
  EXPECT_THAT(with("F3"), HasSubstr("found the unknown type \"F3\""));
  EXPECT_THAT(with("f32"), HasSubstr("allowed \"F32\" (in capitals)"));
  for (const char* known : {"F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F4", "C64", "BOOL"}) {
    EXPECT_EQ(with(known), "accepted") << known;
  }
}

TEST(Safetensors, S9AcceptsEmptyAndScalarTensors) {
  EXPECT_EQ(open_header("{\"e\":{\"dtype\":\"F32\",\"shape\":[3,0,5],\"data_offsets\":[0,0]},"
                        "\"f\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                        "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                        "\"g\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}",
                        "abcd"),
            "accepted");
}

TEST(Safetensors, S12NamesWhatTheFileIsInstead) {
  EXPECT_THAT(open_bytes(std::string("PK\x03\x04\x14\x00\x08\x08", 8) + "rest of it"),
              AllOf(HasSubstr("ZIP archive"), HasSubstr("can run code")));
  EXPECT_THAT(open_bytes("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a"),
              AllOf(HasSubstr("PyTorch pickle"), HasSubstr("it can run code")));
  EXPECT_THAT(open_bytes("version https://git-lfs.github.com/spec/v1\noid sha256:"),
              HasSubstr("Git-LFS pointer"));
  EXPECT_THAT(open_bytes("<!DOCTYPE html><html>"), HasSubstr("HTML page"));
  EXPECT_THAT(open_bytes(std::string("GGUF\x03\0\0\0aaaaaaaa", 16)), HasSubstr("GGUF file"));
  EXPECT_THAT(open_bytes("{\"error\":\"Access to this model is restricted\"}"),
              HasSubstr("a text, not weights"));
}

TEST(Safetensors, S12APickleLookalikeLengthIsNoPickle) {
  // A header of 0x280 bytes begins with the same two bytes as pickle protocol 2.
  std::string header = "{}";
  header.append(0x280 - header.size(), ' ');
  const std::string bytes = safetensors_bytes(header, "");
  ASSERT_EQ(bytes.substr(0, 2), "\x80\x02");
  EXPECT_EQ(open_bytes(bytes), "accepted");
}

}  // namespace
