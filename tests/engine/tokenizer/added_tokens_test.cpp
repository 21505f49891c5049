#include "engine/tokenizer/added_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace engine {
namespace {

struct Found {
  std::size_t begin, end;
  std::int32_t id;
  bool operator==(const Found&) const = default;
};

std::vector<Found> find(const AddedTokens& tokens, std::string_view text, std::size_t begin,
                        std::size_t end) {
  std::vector<AddedTokenMatch> matches;
  tokens.find(text, begin, end, &matches);
  std::vector<Found> out;
  for (const auto& match : matches) out.push_back({match.begin, match.end, match.id});
  return out;
}

// The definition: at each place the longest token, from the left.
std::vector<Found> find_slowly(const std::vector<std::string>& tokens, std::string_view text) {
  std::vector<Found> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t best = 0;
    std::int32_t id = -1;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].size() > best && text.substr(at).starts_with(tokens[i])) {
        best = tokens[i].size();
        id = static_cast<std::int32_t>(i);
      }
    }
    if (id >= 0) out.push_back({at, at + best, id});
    at += id >= 0 ? best : 1;
  }
  return out;
}

TEST(AddedTokens, LeftmostLongest) {
  AddedTokens tokens;
  tokens.add("<a>", 1);
  tokens.add("<a><b>", 2);
  tokens.add("b", 3);
  tokens.build();
  const std::string text = "x<a><b>b<a>";
  EXPECT_EQ(find(tokens, text, 0, text.size()),
            (std::vector<Found>{{1, 7, 2}, {7, 8, 3}, {8, 11, 1}}));
  // A range cuts what may match: only whole tokens inside it.
  EXPECT_EQ(find(tokens, text, 0, 6), (std::vector<Found>{{1, 4, 1}, {5, 6, 3}}));
  EXPECT_EQ(find(tokens, text, 2, 4), (std::vector<Found>{}));
}

TEST(AddedTokens, EqualsTheDefinitionOnRandomInput) {
  std::mt19937 random(7);
  const auto word = [&random](std::size_t max) {
    std::string out;
    const std::size_t n = 1 + random() % max;
    for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<char>('a' + random() % 3));
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> list;
    AddedTokens tokens;
    for (int i = 0; i < 6; ++i) {
      const std::string token = word(5);
      if (std::find(list.begin(), list.end(), token) != list.end()) continue;
      tokens.add(token, static_cast<std::int32_t>(list.size()));
      list.push_back(token);
    }
    tokens.build();
    const std::string text = word(40);
    EXPECT_EQ(find(tokens, text, 0, text.size()), find_slowly(list, text)) << text;
  }
}

TEST(AddedTokens, ManyTokensAndAHostileTextAreFine) {
  AddedTokens tokens;
  for (int i = 0; i < 200'000; ++i) tokens.add("<extra_" + std::to_string(i) + ">", i);
  tokens.add(std::string(60'000, 'a') + "b", -5);
  tokens.add("a", 2'000'000);
  tokens.build();
  const std::string text = std::string(1'000'000, 'a') + "<extra_199999>";
  const auto start = std::chrono::steady_clock::now();
  const auto matches = find(tokens, text, 0, text.size());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  ASSERT_EQ(matches.size(), 1'000'001u);
  EXPECT_EQ(matches.back().id, 199'999);
}

}  // namespace
}  // namespace engine
