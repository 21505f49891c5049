// tokenizer.json files that are broken, hostile, or of a kind this program does not reproduce.
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using nlohmann::json;

json byte_vocab() {
  // The 256 byte symbols of a byte-level vocabulary, from the golden tokenizer.
  const json tiny = json::parse(test::golden("tokenizer_tiny.json"));
  json vocab = json::object();
  for (const auto& [token, id] : tiny["model"]["vocab"].items()) {
    if (id.get<int>() >= 2 && id.get<int>() < 258) vocab[token] = id.get<int>() - 2;
  }
  EXPECT_EQ(vocab.size(), 256u);
  return vocab;
}

json small_file() {
  json vocab = byte_vocab();
  vocab["ab"] = 256;
  vocab["abc"] = 257;
  return {
      {"added_tokens", json::array({{{"id", 300},
                                     {"content", "<s>"},
                                     {"single_word", false},
                                     {"lstrip", false},
                                     {"rstrip", false},
                                     {"normalized", false},
                                     {"special", true}}})},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model",
       {{"type", "BPE"},
        {"vocab", vocab},
        {"merges", json::array({json::array({"a", "b"}), json::array({"ab", "c"})})}}}};
}

Result<Tokenizer> load(const json& file) { return Tokenizer::from_json(file.dump(), ""); }

void expect_refused(const json& file, ErrorCode code, const std::string& part) {
  const auto tokenizer = load(file);
  ASSERT_FALSE(tokenizer.has_value()) << "expected: " << part;
  EXPECT_EQ(tokenizer.error().code, code) << tokenizer.error().message;
  EXPECT_NE(tokenizer.error().message.find(part), std::string::npos) << tokenizer.error().message;
  EXPECT_TRUE(tokenizer.error().message.starts_with("tokenizer.json (line "));
}

TEST(TokenizerFile, ReadsASmallFileWithHoles) {
  const auto tokenizer = load(small_file());
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->size(), 301);
  EXPECT_FALSE(tokenizer->is_known(TokenId(280)));
  EXPECT_EQ(tokenizer->token_display(TokenId(280)), "<reserved 280>");
  EXPECT_EQ(test::ids_of(*tokenizer, "abc<s>", true), (std::vector<int>{257, 300}));
}

TEST(TokenizerFile, BothFormsOfMergesGiveTheSame) {
  json legacy = small_file();
  legacy["model"]["merges"] = {"a b", "ab c"};
  json early = small_file();  // merges before the vocabulary
  const std::string model =
      R"({"type":"BPE","merges":["a b","ab c"],"vocab":)" + early["model"]["vocab"].dump() + "}";
  std::string text = early.dump();
  text.replace(text.find(early["model"].dump()), early["model"].dump().size(), model);
  const auto a = load(legacy);
  const auto b = Tokenizer::from_json(text, "");
  ASSERT_TRUE(a.has_value()) << a.error().message;
  ASSERT_TRUE(b.has_value()) << b.error().message;
  EXPECT_EQ(test::ids_of(*a, "abc ab", false), test::ids_of(*b, "abc ab", false));
  EXPECT_EQ(test::ids_of(*a, "abc", false), (std::vector<int>{257}));
}

TEST(TokenizerFile, TokensWithSpacesNeedTheArrayForm) {
  json file = small_file();
  file["model"]["vocab"]["a b"] = 258;
  file["model"]["vocab"]["a bc"] = 259;
  file["model"]["merges"].push_back({"a b", "c"});
  EXPECT_TRUE(load(file).has_value());
  file["model"]["merges"] = {"a b c"};
  expect_refused(file, ErrorCode::InvalidFile, "merges[0]");
}

TEST(TokenizerFile, NamesTheBadMerge) {
  json absent = small_file();
  absent["model"]["merges"].push_back({"ab", "zz"});
  expect_refused(absent, ErrorCode::InvalidFile, "merges[2]: token 'zz' is not in the vocabulary");
  json no_result = small_file();
  no_result["model"]["merges"].push_back({"c", "c"});
  expect_refused(no_result, ErrorCode::InvalidFile, "merges[2]: token 'cc'");
  json twice = small_file();
  twice["model"]["merges"].push_back({"a", "b"});
  expect_refused(twice, ErrorCode::InvalidFile, "merges[2]: 'a b' repeats merges[0]");
  json carriage = small_file();
  carriage["model"]["merges"] = {"a b\r"};
  expect_refused(carriage, ErrorCode::InvalidFile, "merges[0]");
  json three = small_file();
  three["model"]["merges"].push_back({"a", "b", "c"});
  expect_refused(three, ErrorCode::InvalidFile, "merges[2]: expected two tokens");
}

TEST(TokenizerFile, NamesTheBadId) {
  for (const std::int64_t id : {std::int64_t{-1}, std::int64_t{1} << 31, std::int64_t{1} << 40}) {
    json file = small_file();
    file["model"]["vocab"]["zz"] = id;
    expect_refused(file, ErrorCode::InvalidFile, "'zz' has id " + std::to_string(id));
    json added = small_file();
    added["added_tokens"][0]["id"] = id;
    expect_refused(added, ErrorCode::InvalidFile, "added_tokens[0]: '<s>' has id");
  }
  json repeated = small_file();
  repeated["model"]["vocab"]["zz"] = 257;
  expect_refused(repeated, ErrorCode::InvalidFile, "repeats a token or the id of");
}

TEST(TokenizerFile, ExplainsCollisionsOfAddedTokens) {
  json id_taken = small_file();
  id_taken["added_tokens"][0]["id"] = 257;
  expect_refused(id_taken, ErrorCode::InvalidFile, "which is taken by 'abc'");
  json other_id = small_file();
  other_id["added_tokens"][0]["content"] = "abc";
  expect_refused(other_id, ErrorCode::InvalidFile, "id 300 here and id 257 elsewhere");
  json same = small_file();  // the same token twice is only that
  same["added_tokens"].push_back(same["added_tokens"][0]);
  EXPECT_TRUE(load(same).has_value());
}

TEST(TokenizerFile, RefusesWhatItCannotReproduceByName) {
  const auto with_pre = [](const json& pre) {
    json file = small_file();
    file["pre_tokenizer"] = pre;
    return file;
  };
  const auto split = [](const std::string& regex) {
    return json{{"type", "Split"},
                {"pattern", {{"Regex", regex}}},
                {"behavior", "Isolated"},
                {"invert", false}};
  };
  for (const std::string& pattern :
       {std::string("(a+)+$"), std::string("(?=(?=x))"), std::string(1 << 20, 'x')}) {
    const json sequence = {
        {"type", "Sequence"},
        {"pretokenizers", json::array({split(pattern), small_file()["pre_tokenizer"]})}};
    expect_refused(with_pre(sequence), ErrorCode::Unsupported, "unknown pattern '");
    const auto refused = load(with_pre(sequence));
    EXPECT_NE(refused.error().message.find("cannot reproduce this tokenizer exactly"),
              std::string::npos);
    EXPECT_LT(refused.error().message.size(), 500u);
  }
  expect_refused(with_pre({{"type", "Metaspace"}}), ErrorCode::Unsupported,
                 "pre_tokenizer › Metaspace › replacement: '', not U+2581");
  expect_refused(with_pre(nullptr), ErrorCode::Unsupported, "pre_tokenizer: null");
  json behavior = split("[\r\n]");
  behavior["behavior"] = "Removed";
  expect_refused(with_pre(behavior), ErrorCode::Unsupported, "'Removed'");
  json normalizer = small_file();
  normalizer["normalizer"] = {{"type", "Precompiled2"}};
  expect_refused(normalizer, ErrorCode::Unsupported,
                 "normalizer: unknown component 'Precompiled2'");
  json decoder = small_file();
  decoder["decoder"] = {{"type", "Metaspace"}};
  expect_refused(decoder, ErrorCode::Unsupported, "decoder › Metaspace › replacement");
  json unigram = small_file();
  unigram["model"]["type"] = "Unigram";
  expect_refused(unigram, ErrorCode::Unsupported, "'Unigram'");
  json strip = small_file();
  strip["added_tokens"][0]["lstrip"] = true;
  expect_refused(strip, ErrorCode::Unsupported, "added_tokens[0] › lstrip: true");
  json prefix = small_file();
  prefix["model"]["continuing_subword_prefix"] = "##";
  expect_refused(prefix, ErrorCode::Unsupported, "continuing_subword_prefix");
  json fallback = small_file();
  fallback["model"]["vocab"].erase("!");
  fallback["model"]["byte_fallback"] = true;
  expect_refused(fallback, ErrorCode::Unsupported, "no symbols for the bytes 33");
}

TEST(TokenizerFile, AcceptsHarmlessOddities) {
  json file = small_file();
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", json::array()}};
  file["post_processor"] = {{"type", "Anything"}};
  file["model"]["dropout"] = nullptr;
  file["model"]["end_of_word_suffix"] = "";
  file["model"]["unk_token"] = nullptr;
  file["unknown"] = {1, 2, {{"deep", json::array()}}};
  EXPECT_TRUE(load(file).has_value());
}

TEST(TokenizerFile, WholePiecesWhenMergesAreIgnored) {
  json file = small_file();
  file["model"]["merges"] = json::array();
  EXPECT_EQ(test::ids_of(*load(file), "abc", false).size(), 3u);
  file["model"]["ignore_merges"] = true;
  EXPECT_EQ(test::ids_of(*load(file), "abc", false), (std::vector<int>{257}));
}

TEST(TokenizerFile, EveryTruncationIsAnErrorWithItsLine) {
  const std::string text = small_file().dump(1);
  for (std::size_t length = 0; length < text.size(); length += 7) {
    const auto tokenizer = Tokenizer::from_json(text.substr(0, length), "");
    ASSERT_FALSE(tokenizer.has_value()) << length;
    EXPECT_NE(tokenizer.error().message.find("line "), std::string::npos);
  }
  EXPECT_FALSE(Tokenizer::from_json(text + "x", "").has_value());
  const std::string deep(100'000, '[');
  EXPECT_FALSE(Tokenizer::from_json("{\"x\":" + deep, "").has_value());
  EXPECT_FALSE(Tokenizer::from_json("{\"x\":\"\xFF\"}", "").has_value());
  EXPECT_FALSE(Tokenizer::from_json("{\"x\":\"\\ud800\"}", "").has_value());
}

TEST(TokenizerFile, ConfigSaysWhichTokensBeginAndEnd) {
  const std::string file = small_file().dump();
  const auto plain = Tokenizer::from_json(file, R"({"bos_token":"<s>","eos_token":null})");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->bos(), TokenId(300));
  EXPECT_FALSE(plain->eos().has_value());
  const auto object = Tokenizer::from_json(file, R"({"eos_token":{"content":"<s>","x":[1]}})");
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(object->eos(), TokenId(300));
  const auto broken = Tokenizer::from_json(file, "{");
  ASSERT_FALSE(broken.has_value());
  EXPECT_TRUE(broken.error().message.starts_with("tokenizer_config.json ("));
}

}  // namespace
}  // namespace engine
