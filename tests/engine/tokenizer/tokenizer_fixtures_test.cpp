// The small tokenizers of tests/golden: ids of the reference libraries, and what happens to damaged
// files.
#include <gmock/gmock.h>

#include <limits>

#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using test::ids_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kKimiConfig =
    R"({"tokenizer_class":"TikTokenTokenizer","bos_token":"[BOS]","added_tokens_decoder":{)"
    R"("420":{"content":"[BOS]","special":true},"422":{"content":"<|im_end|>","special":true}}})";

VocabularyListing tiny_listing() {
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_sources.json"));
  VocabularyListing listing;
  listing.model = "llama";
  for (const auto& row : golden["listing"]) {
    listing.tokens.push_back(row[0]);
    listing.scores.push_back(row[1]);
    listing.token_types.push_back(row[2]);
  }
  listing.bos = 1;
  listing.eos = 2;
  listing.unknown = 0;
  return listing;
}

VocabularyListing tiny_merges() {
  const auto json = nlohmann::json::parse(test::golden("tokenizer_tiny.json"));
  VocabularyListing listing;
  listing.model = "gpt2";
  listing.pre = "deepseek-v3";
  listing.tokens.resize(json["model"]["vocab"].size());
  for (const auto& [token, id] : json["model"]["vocab"].items()) {
    listing.tokens[id.get<std::size_t>()] = token;
  }
  for (const auto& merge : json["model"]["merges"]) {
    listing.merges.push_back(merge.is_string()
                                 ? merge.get<std::string>()
                                 : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  }
  return listing;
}

void expect_cases(const Result<Tokenizer>& tokenizer, const char* column, bool lossy) {
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_sources.json"));
  ASSERT_GT(golden["cases"].size(), 220u);
  for (const auto& row : golden["cases"]) {
    const std::string text = row["text"];
    const bool control = std::string(column) == "metaspace";
    EXPECT_EQ(ids_of(*tokenizer, text, control), row[column].get<std::vector<int>>())
        << row["text"];
    const auto tokens = tokenizer->encode(text, {});
    ASSERT_TRUE(tokens.has_value());
    std::size_t at = 0;
    std::vector<TokenId> ids;
    for (const EncodedToken& token : *tokens) {
      EXPECT_EQ(token.bytes.begin, at);
      at = token.bytes.end;
      ids.push_back(token.id);
    }
    if (!tokens->empty()) {
      EXPECT_EQ(at, text.size());
    }
    const bool spelt = text.find("\xE2\x96\x81") != text.npos;  // U+2581 comes back as a space
    if (!lossy && !spelt) {
      EXPECT_EQ(tokenizer->decode(ids, false), text);
    }
  }
}

TEST(TokenizerFixtures, SentencePieceBpe) {
  expect_cases(Tokenizer::from_sentencepiece(test::golden("spm_bpe.model"), ""), "spm_bpe", false);
}
TEST(TokenizerFixtures, SentencePieceUnigram) {
  expect_cases(Tokenizer::from_sentencepiece(test::golden("spm_unigram.model"), ""), "spm_unigram",
               true);
}
TEST(TokenizerFixtures, ListedScores) {
  expect_cases(Tokenizer::from_listing(tiny_listing()), "spm_bpe", false);
}
TEST(TokenizerFixtures, Tiktoken) {
  expect_cases(Tokenizer::from_tiktoken(test::golden("tiny_tiktoken.model"), kKimiConfig),
               "tiktoken", false);
}
TEST(TokenizerFixtures, MetaspaceJson) {
  expect_cases(Tokenizer::from_json(test::golden("tokenizer_metaspace.json"), ""), "metaspace",
               false);
}
TEST(TokenizerFixtures, ListedMergesEqualTheJsonTheyCameFrom) {
  const auto listed = Tokenizer::from_listing(tiny_merges());
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  const Tokenizer json = test::tiny_tokenizer();
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_cases.json"));
  for (const auto& row : golden["encode"]) {
    EXPECT_EQ(ids_of(*listed, row[0], false), ids_of(json, row[0], false)) << row[0];
  }
  EXPECT_THAT(listed->description(), HasSubstr("deepseek-v3 pre-tokenizer"));
}

// P7: a user's text never makes structure, whatever kind of token the file says it is.
TEST(TokenizerFixtures, UserTextStaysText) {
  const auto unigram = Tokenizer::from_sentencepiece(test::golden("spm_unigram.model"), "");
  ASSERT_TRUE(unigram.has_value());
  const auto separator = unigram->id_of("<sep>");  // user-defined: the library finds it everywhere
  ASSERT_TRUE(separator && unigram->is_control(*separator));
  EXPECT_THAT(ids_of(*unigram, "a<sep>b", true), testing::Contains(separator->value));
  EXPECT_THAT(ids_of(*unigram, "a<sep>b", false), Not(testing::Contains(separator->value)));
  EXPECT_TRUE(unigram->contains_control_text("a<sep>b"));
  auto listing = tiny_listing();
  listing.tokens.push_back("<|user|>");
  listing.tokens.push_back("ñ");
  listing.scores.resize(listing.tokens.size(), 0.0F);
  listing.token_types.insert(listing.token_types.end(), {4, 4});
  const auto listed = Tokenizer::from_listing(listing);
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  const int user = static_cast<int>(listing.tokens.size()) - 2;
  EXPECT_THAT(ids_of(*listed, "<|user|>", true), testing::Contains(user));
  EXPECT_THAT(ids_of(*listed, "<|user|>", false), Not(testing::Contains(user)));
  EXPECT_THAT(ids_of(*listed, "año", false), testing::Contains(user + 1));  // a letter is text
  EXPECT_FALSE(listed->contains_control_text("año"));
}

TEST(TokenizerFixtures, AnAnswersFirstSpaceFalls) {
  const auto tokenizer = Tokenizer::from_sentencepiece(test::golden("spm_bpe.model"), "");
  ASSERT_TRUE(tokenizer.has_value());
  const auto ids = tokenizer->encode_ids("The expert", false);
  EXPECT_EQ(tokenizer->token_bytes(ids->front()), " T");
  EXPECT_EQ(tokenizer->first_token_bytes(ids->front()), "T");
  EXPECT_EQ(tokenizer->decode(*ids, true), "The expert");
}

std::string listing_problem(const VocabularyListing& listing) {
  const auto tokenizer = Tokenizer::from_listing(listing);
  EXPECT_FALSE(tokenizer.has_value());
  return tokenizer ? "" : tokenizer.error().message;
}

// T1, T2, T3, T10, T11: both sides of what does not fit are named.
TEST(ListingFaults, AreNamed) {
  EXPECT_EQ(listing_problem({}), "tokenizer.ggml.tokens: empty");
  VocabularyListing one;
  one.model = "llama";
  one.tokens = {"a"};
  one.bos = 0;
  EXPECT_EQ(
      listing_problem(one),
      "tokenizer.ggml.eos_token_id: id 2 (the default) is outside the vocabulary of 1 tokens");
  for (const std::int32_t id : {-1, 520, std::numeric_limits<std::int32_t>::max(),
                                std::numeric_limits<std::int32_t>::min()}) {
    auto listing = tiny_listing();
    listing.padding = id;
    EXPECT_EQ(listing_problem(listing), "tokenizer.ggml.padding_token_id: id " +
                                            std::to_string(id) +
                                            " is outside the vocabulary of 520 tokens");
  }
  auto listing = tiny_listing();
  listing.scores.pop_back();
  EXPECT_EQ(listing_problem(listing),
            "tokenizer.ggml.scores: found 519 entries, where tokenizer.ggml.tokens has 520");
  listing = tiny_listing();
  listing.token_types.push_back(1);
  EXPECT_THAT(listing_problem(listing), HasSubstr("token_type: found 521 entries"));
  listing = tiny_listing();
  listing.scores[300] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(listing_problem(listing), StartsWith("tokenizer.ggml.scores[300]"));
  listing = tiny_listing();
  listing.tokens[9] = std::string(70000, 'x');
  EXPECT_THAT(listing_problem(listing), HasSubstr("tokens[9]: found 70000 bytes, allowed 65536"));
  listing = tiny_merges();
  listing.merges[3] = "a nosuch";
  EXPECT_THAT(listing_problem(listing), AllOf(HasSubstr("merges[3]"), HasSubstr("'nosuch'")));
  listing.merges[3] = listing.merges[2];
  EXPECT_THAT(listing_problem(listing), HasSubstr("repeats merges[2]"));
  listing = tiny_merges();
  listing.pre = "somebody-elses";
  EXPECT_EQ(Tokenizer::from_listing(listing).error().code, ErrorCode::Unsupported);
  EXPECT_THAT(listing_problem(listing), HasSubstr("'somebody-elses'"));
  listing.model = "t5";
  EXPECT_THAT(listing_problem(listing), HasSubstr("'t5'"));
}

// T5, T6: byte tokens are read strictly; NUL and repeated or empty rows are accepted.
TEST(ListingFaults, ByteTokensAreStrict) {
  const auto with = [](const char* spelling) {
    auto listing = tiny_listing();
    listing.tokens[5] = spelling;
    return listing;
  };
  for (const char* bad : {"<0x-1>", "<0xZZ>", "<0x100>", "0x02"}) {
    EXPECT_THAT(listing_problem(with(bad)), HasSubstr("is of type byte, but not spelt"));
  }
  auto missing = tiny_listing();
  missing.token_types[5] = 1;
  EXPECT_EQ(listing_problem(missing), "tokenizer.ggml.tokens: no token for the bytes <0x02>");
  EXPECT_THAT(listing_problem(with("<0X03>")), HasSubstr("is of type byte"));
  auto odd = tiny_listing();
  odd.tokens.insert(odd.tokens.end(), {std::string("a\0b", 3), "", odd.tokens[400]});
  odd.scores.resize(odd.tokens.size(), -900.0F);
  odd.token_types.resize(odd.tokens.size(), 1);
  const auto tokenizer = Tokenizer::from_listing(odd);
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->size(), 523);
  EXPECT_TRUE(tokenizer->is_known(TokenId(521)));
  EXPECT_EQ(tokenizer->token_bytes(TokenId(521)), "");
}

template <class Load>
void expect_every_prefix_survives(const std::string& bytes, Load load) {
  int n_accepted = 0;
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const auto tokenizer = load(bytes.substr(0, n));
    if (tokenizer) {
      ++n_accepted;
      EXPECT_TRUE(tokenizer->encode_ids("The expert \xFF 深海", true).has_value());
    } else {
      EXPECT_FALSE(tokenizer.error().message.empty());
    }
  }
  EXPECT_GE(n_accepted, 1);
}

// T9: cut anywhere, a file is refused or usable.
TEST(DamagedFiles, EveryPrefixOfASentencePieceFile) {
  expect_every_prefix_survives(test::golden("spm_unigram.model"), [](const std::string& bytes) {
    return Tokenizer::from_sentencepiece(bytes, "");
  });
}
TEST(DamagedFiles, EveryPrefixOfATiktokenFile) {
  expect_every_prefix_survives(test::golden("tiny_tiktoken.model"), [](const std::string& bytes) {
    return Tokenizer::from_tiktoken(bytes, kKimiConfig);
  });
}

TEST(DamagedFiles, EveryFlippedBitOfASentencePieceFileSurvives) {
  const std::string good = test::golden("spm_unigram.model");
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const auto tokenizer = Tokenizer::from_sentencepiece(bytes, "");
    if (tokenizer) {
      (void)tokenizer->encode_ids("The expert that answers", true);
    } else {
      EXPECT_FALSE(tokenizer.error().message.empty()) << bit;
    }
  }
}

std::string field(int number, const std::string& bytes) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  for (std::size_t n = bytes.size();; n >>= 7) {
    out.push_back(static_cast<char>((n & 127) | (n > 127 ? 128 : 0)));
    if (n <= 127) break;
  }
  return out + bytes;
}

// T8, T9, T10: field and byte are named before the library sees the file.
TEST(DamagedFiles, SentencePieceFaultsAreNamed) {
  const std::string good = test::golden("spm_unigram.model");
  const auto problem = [](const std::string& bytes) {
    const auto tokenizer = Tokenizer::from_sentencepiece(bytes, "");
    return tokenizer ? std::string("accepted") : tokenizer.error().message;
  };
  EXPECT_EQ(problem(""), "tokenizer.model › ModelProto › field 1: no pieces");
  EXPECT_THAT(problem("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
              AllOf(HasSubstr("field 1 at byte 0"), HasSubstr("are left")));
  EXPECT_THAT(problem("\x0a\x80"), HasSubstr("the number is cut off"));
  EXPECT_THAT(problem("\x08\x01"), HasSubstr("field 1 at byte 0: found wire type 0"));
  EXPECT_THAT(problem(good + std::string(10000, '\x33')), HasSubstr("nested deeper"));
  EXPECT_THAT(problem(good + field(2, "")), HasSubstr("a second trainer_spec"));
  EXPECT_EQ(problem(good + field(9, "unknown")), "accepted");
  const std::string nan("\x15\x00\x00\xc0\x7f", 5);
  EXPECT_THAT(problem(field(1, field(1, "a") + nan)), HasSubstr("score of piece 0"));
  EXPECT_THAT(problem(field(1, field(1, "a") + "\x18\x09")), HasSubstr("type of piece 0 is 9"));
  const std::string head = field(1, field(1, "<unk>") + "\x18\x02") + field(1, field(1, "a"));
  EXPECT_EQ(problem(head + field(3, field(2, ""))), "accepted");  // T7: an empty charsmap
  EXPECT_THAT(problem(head + field(3, field(2, "abc"))), HasSubstr("shorter than"));
  std::string trie(4 + 1024 + 2, '\0');
  trie[1] = 4;  // 1,024 bytes: 256 units
  EXPECT_EQ(problem(head + field(3, field(2, trie))), "accepted");
  trie[5] = '\xff';
  trie[6] = '\xff';  // the root's base lies far outside
  EXPECT_THAT(problem(head + field(3, field(2, trie))),
              AllOf(HasSubstr("precompiled_charsmap"), HasSubstr("leads to node")));
}

TEST(DamagedFiles, TiktokenFaultsAreNamed) {
  const std::string good = test::golden("tiny_tiktoken.model");
  const auto problem = [](const std::string& bytes, const std::string& config = kKimiConfig) {
    const auto tokenizer = Tokenizer::from_tiktoken(bytes, config);
    return tokenizer ? std::string("accepted") : tokenizer.error().message;
  };
  EXPECT_EQ(problem(good), "accepted");
  EXPECT_EQ(problem(good + "\r\n\r\n"), "accepted");
  EXPECT_THAT(problem(good + "a!b= 500\n"), HasSubstr("line 421: 'a!b='"));
  EXPECT_THAT(problem(good + "YWFhYWFh\n"), HasSubstr("line 421: not a token"));
  EXPECT_THAT(problem(good + "YWFhYWFh -7\n"), HasSubstr("the rank '-7'"));
  EXPECT_THAT(problem(good + "YWFhYWFh 99999999999\n"), HasSubstr("the rank '99999999999'"));
  EXPECT_THAT(problem(good + "YWFhYWFh 7\n"), HasSubstr("rank 7 was given before"));
  EXPECT_THAT(problem("YQ== 0\n"), HasSubstr("no token for the bytes <0x00>"));
  EXPECT_THAT(problem(good, "{}"), HasSubstr("tokenizer_class: found ''"));
  EXPECT_THAT(problem(good, "{"), StartsWith("tokenizer_config.json (line 1"));
  const auto tokenizer = Tokenizer::from_tiktoken(good, kKimiConfig);
  EXPECT_EQ(tokenizer->bos(), TokenId(420));
  EXPECT_EQ(tokenizer->token_display(TokenId(421)), "<|reserved_token_421|>");
  EXPECT_EQ(tokenizer->size(), 676);
  EXPECT_TRUE(tokenizer->ends_turn(TokenId(422)));
  EXPECT_FALSE(tokenizer->is_known(TokenId(700)));
}

// T15, T16: long and broken texts, for every kind of tokenizer.
TEST(TokenizerFixtures, LongAndBrokenTexts) {
  std::vector<Result<Tokenizer>> all;
  all.push_back(Tokenizer::from_sentencepiece(test::golden("spm_bpe.model"), ""));
  all.push_back(Tokenizer::from_sentencepiece(test::golden("spm_unigram.model"), ""));
  all.push_back(Tokenizer::from_listing(tiny_listing()));
  all.push_back(Tokenizer::from_tiktoken(test::golden("tiny_tiktoken.model"), kKimiConfig));
  all.push_back(Tokenizer::from_json(test::golden("tokenizer_metaspace.json"), ""));
  std::string marks = "a";
  for (int i = 0; i < 20000; ++i) marks += "\xCC\x81";
  const std::string texts[] = {
      std::string(100'000, 'A'),
      std::string(100'000, ' '),
      std::string(100'000, '\n'),
      marks,
      "\xC0\x80\xED\xA0\x80\xF4\x90\x80\x80\xE6\xAD \xEF\xBB\xBFx\xE2\x80\xAE",
      std::string("a\0b", 3)};
  for (const auto& tokenizer : all) {
    ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
    for (const std::string& text : texts) {
      const ByteRange range{0, text.size()};
      const auto tokens = tokenizer->encode(text, {&range, 1});
      ASSERT_TRUE(tokens.has_value()) << tokens.error().message;
      if (!tokens->empty()) {
        EXPECT_EQ(tokens->back().bytes.end, text.size());
      }
    }
  }
}

}  // namespace
}  // namespace engine
