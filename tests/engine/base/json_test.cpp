// Strict JSON: what is accepted, what is refused, and that the place is named.
#include "engine/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/utf8.h"

namespace {

using engine::parse_json;
using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto value = parse_json(text, "f.json");
  return value ? "accepted" : value.error().message;
}

TEST(Json, ReadsEveryKindOfValue) {
  const auto root = parse_json(
      " {\"a\": [1, -2.5e3, true, false, null], \"b\": {\"c\": "
      "\"x\\n\\u00e9\\ud83d\\ude00/\\/\"}}\n",
      "f.json");
  ASSERT_TRUE(root.has_value()) << root.error().message;
  const engine::JsonValue* a = root->find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->items.size(), 5U);
  EXPECT_EQ(a->items[0].text, "1");
  EXPECT_EQ(a->items[1].text, "-2.5e3");
  EXPECT_TRUE(a->items[2].boolean);
  EXPECT_EQ(a->items[3].kind, engine::JsonKind::Boolean);
  EXPECT_EQ(a->items[4].kind, engine::JsonKind::Null);
  EXPECT_EQ(root->find("b")->find("c")->text, "x\n\xC3\xA9\xF0\x9F\x98\x80//");
  EXPECT_EQ(root->find("z"), nullptr);
}

TEST(Json, RefusesWhatIsNotJsonAndNamesThePlace) {
  EXPECT_THAT(error_of("{\n  \"a\": 1,\n}"),
              HasSubstr("f.json (line 3, column 1): found a trailing"));
  EXPECT_THAT(error_of("[1,]"), HasSubstr("trailing comma"));
  EXPECT_THAT(error_of("{\n// note\n}"), HasSubstr("line 2, column 1): found a comment"));
  EXPECT_THAT(error_of("[1 /* x */]"), HasSubstr("found a comment"));
  EXPECT_THAT(error_of("{'a': 1}"), HasSubstr("single quote"));
  EXPECT_THAT(error_of("[NaN]"), HasSubstr("NaN or Infinity"));
  EXPECT_THAT(error_of("[-Infinity]"), HasSubstr("NaN or Infinity"));
  EXPECT_THAT(error_of("[01]"), HasSubstr("malformed number"));
  EXPECT_THAT(error_of("[1.]"), HasSubstr("line 1, column 2): found a malformed number"));
  EXPECT_THAT(error_of("[+1]"), HasSubstr("found '+'"));
  EXPECT_THAT(error_of("[tru]"), HasSubstr("found 't'"));
  EXPECT_THAT(error_of("{\"a\" 1}"), HasSubstr("allowed ':'"));
  EXPECT_THAT(error_of("{\"a\": 1 \"b\": 2}"), HasSubstr("allowed ',' or '}'"));
  EXPECT_THAT(error_of("{} x"), HasSubstr("after the end"));
  EXPECT_THAT(error_of(std::string("{}\0", 3)), HasSubstr("NUL"));
  EXPECT_THAT(error_of(""), HasSubstr("end of the text"));
  EXPECT_THAT(error_of("[\"a"), HasSubstr("does not end"));
  EXPECT_THAT(error_of("[\"a\nb\"]"), HasSubstr("control character 0x0A"));
  EXPECT_THAT(error_of("[\"\\x\"]"), HasSubstr("unknown escape"));
  EXPECT_THAT(error_of("[\"\\u12g4\"]"), HasSubstr("four hexadecimal"));
}

TEST(Json, RefusesWrongEncodings) {
  EXPECT_THAT(error_of("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
  EXPECT_THAT(error_of(std::string("\xFF\xFE{\0}\0", 6)), HasSubstr("UTF-16"));
  EXPECT_THAT(error_of(std::string("{\0}\0", 4)), HasSubstr("UTF-16"));
  EXPECT_THAT(error_of("[\"a\xC0\x80\"]"), HasSubstr("column 4): found the byte 0xC0"));
  EXPECT_THAT(error_of("[\"\xED\xA0\x80\"]"), HasSubstr("0xED"));
  EXPECT_THAT(error_of("[\"\\ud800\"]"), HasSubstr("surrogate"));
  EXPECT_THAT(error_of("[\"\\ud800\\u0041\"]"), HasSubstr("surrogate"));
  EXPECT_THAT(error_of("[\"\\udc00\"]"), HasSubstr("surrogate"));
}

TEST(Json, RefusesDuplicateKeysWithBothPlaces) {
  const std::string error = error_of("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}");
  EXPECT_THAT(error, HasSubstr("line 3, column 7"));
  EXPECT_THAT(error, HasSubstr("first at line 1, column 7"));
}

TEST(Json, LimitsDepthAndNumberOfValues) {
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("deeper than 32"));
  std::string deep_objects;
  for (int i = 0; i < 100'000; ++i) deep_objects += "{\"a\":";
  EXPECT_THAT(error_of(deep_objects), HasSubstr("deeper than 32"));
  EXPECT_TRUE(parse_json(std::string(32, '[') + std::string(32, ']'), "f").has_value());
  std::string many = "[0";
  for (int i = 0; i < 100; ++i) many += ",0";
  EXPECT_TRUE(parse_json(many + "]", "f", {8, 102}).has_value());
  EXPECT_FALSE(parse_json(many + "]", "f", {8, 101}).has_value());
}

TEST(Json, EveryPrefixIsRefused) {
  const std::string text = "{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\xC3\xA9\"], \"b\": {}}";
  ASSERT_TRUE(parse_json(text, "f").has_value());
  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_FALSE(parse_json(text.substr(0, n), "f").has_value()) << text.substr(0, n);
  }
}

TEST(Json, NumbersAreExactOrNothing) {
  EXPECT_EQ(engine::json_unsigned("18446744073709551615"), 18446744073709551615ULL);
  EXPECT_FALSE(engine::json_unsigned("18446744073709551616").has_value());
  EXPECT_FALSE(engine::json_unsigned("-0").has_value());
  EXPECT_FALSE(engine::json_unsigned("1.0").has_value());
  EXPECT_EQ(engine::json_integer("-9223372036854775808"), INT64_MIN);
  EXPECT_FALSE(engine::json_integer("9223372036854775808").has_value());
  EXPECT_FALSE(engine::json_integer("1e3").has_value());
  EXPECT_EQ(engine::json_double("1e-06"), 1e-6);
  EXPECT_FALSE(engine::json_double("1e999").has_value());
}

TEST(Json, SkipPassesOverWholeValues) {
  const std::string text = "{\"a\": {\"b\": [1, {\"c\": []}, \"]}\"]}, \"d\": 7}";
  auto cursor = engine::JsonCursor::create(text, "f", 8);
  ASSERT_TRUE(cursor.has_value());
  std::string key;
  ASSERT_TRUE(cursor->enter_object().has_value());
  ASSERT_TRUE(cursor->next_key(&key).value());
  ASSERT_TRUE(cursor->skip().has_value());
  ASSERT_TRUE(cursor->next_key(&key).value());
  EXPECT_EQ(key, "d");
  EXPECT_EQ(cursor->read_number().value(), "7");
  EXPECT_FALSE(cursor->next_key(&key).value());
  EXPECT_TRUE(cursor->finish().has_value());
}

TEST(Json, QuotedTextReadsBack) {
  const std::string text = "a\"b\\c\nd\te\x01 \xC3\xA9\x7F";
  const auto back = parse_json(engine::json_quoted(text), "f");
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->text, text);
  EXPECT_EQ(engine::json_quoted("\xFF"), "\"\xEF\xBF\xBD\"");
}

TEST(Utf8, AcceptsExactlyTheScalarValues) {
  for (std::uint32_t c = 0; c < 0x110000U; ++c) {
    std::string bytes;
    engine::append_utf8(static_cast<char32_t>(c), &bytes);
    const bool surrogate = c >= 0xD800U && c <= 0xDFFFU;
    ASSERT_EQ(engine::utf8_sequence_length(bytes), surrogate ? 0U : bytes.size()) << c;
    ASSERT_EQ(engine::utf8_sequence_length(bytes.substr(0, bytes.size() - 1)), 0U) << c;
  }
  EXPECT_EQ(engine::utf8_sequence_length("\xF4\x90\x80\x80"), 0U);
  EXPECT_EQ(engine::utf8_sequence_length("\xE0\x80\x80"), 0U);
  EXPECT_EQ(engine::find_invalid_utf8("12345678\xC3\xA9 abc\x80"), 14U);
}

}  // namespace
