#include "engine/tokenizer/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace engine {
namespace {

// The definition of BPE: apply the lowest rank, leftmost first, until nothing applies.
struct SlowBpe {
  std::map<std::pair<int, int>, std::pair<int, int>> merges;  // pair → (rank, merged)

  std::vector<int> encode(const std::string& piece, int base) const {
    std::vector<int> symbols;
    for (const char c : piece) symbols.push_back(c - 'a' + base);
    while (true) {
      std::size_t best = symbols.size();
      int rank = 1 << 30;
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        const auto merge = merges.find({symbols[i], symbols[i + 1]});
        if (merge != merges.end() && merge->second.first < rank) {
          rank = merge->second.first;
          best = i;
        }
      }
      if (best == symbols.size()) return symbols;
      symbols[best] = merges.at({symbols[best], symbols[best + 1]}).second;
      symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
  }
};

struct Models {
  BpeModel fast;
  SlowBpe slow;
};

// Random merges over two letters. Shuffled ranks break the rule that a token is made before it is
// used, which must still give the same result (through the heap).
Models random_models(std::mt19937& random, bool shuffled) {
  std::vector<std::string> spelling = {"a", "b"};
  std::vector<std::array<int, 3>> merges;
  std::map<std::string, int> ids = {{"a", 0}, {"b", 1}};
  for (int i = 0; i < 14; ++i) {
    const int left = static_cast<int>(random() % spelling.size());
    const int right = static_cast<int>(random() % spelling.size());
    const std::string joined =
        spelling[static_cast<std::size_t>(left)] + spelling[static_cast<std::size_t>(right)];
    if (joined.size() > 24) continue;
    const bool repeated = std::any_of(merges.begin(), merges.end(), [&](const auto& merge) {
      return merge[0] == left && merge[1] == right;
    });
    if (repeated) continue;
    const auto known = ids.find(joined);  // the same token may be made in several ways
    const int id = known != ids.end() ? known->second : static_cast<int>(spelling.size());
    if (known == ids.end()) {
      ids[joined] = id;
      spelling.push_back(joined);
    }
    merges.push_back({left, right, id});
  }
  if (shuffled) std::shuffle(merges.begin(), merges.end(), random);
  Models models;
  models.fast.set_byte('a', 0);
  models.fast.set_byte('b', 1);
  int rank = 0;
  for (const auto& [left, right, id] : merges) {
    EXPECT_FALSE(models.fast.add_merge(left, right, id).has_value());
    models.slow.merges[{left, right}] = {rank++, id};
  }
  return models;
}

std::vector<int> encode(const BpeModel& model, const std::string& piece) {
  std::vector<BpeToken> tokens;
  model.encode(piece, &tokens);
  std::vector<int> ids;
  std::size_t covered = 0;
  for (const BpeToken& token : tokens) {
    ids.push_back(token.id);
    covered += token.length;
  }
  EXPECT_EQ(covered, piece.size());
  return ids;
}

TEST(Bpe, EqualsTheDefinitionForShortAndLongPieces) {
  std::mt19937 random(11);
  for (int round = 0; round < 4000; ++round) {
    const Models models = random_models(random, round % 2 == 1);
    const std::size_t length = round % 3 == 0 ? 200 : 1 + random() % 60;
    std::string piece;
    for (std::size_t i = 0; i < length; ++i) piece.push_back(random() % 3 == 0 ? 'b' : 'a');
    EXPECT_EQ(encode(models.fast, piece), models.slow.encode(piece, 0)) << piece;
  }
}

TEST(Bpe, NamesTheEarlierOfTwoEqualMerges) {
  BpeModel model;
  EXPECT_FALSE(model.add_merge(1, 2, 3).has_value());
  EXPECT_FALSE(model.add_merge(2, 1, 4).has_value());
  EXPECT_EQ(model.add_merge(1, 2, 5), std::optional<std::uint32_t>(0));
}

TEST(Bpe, BytesWithoutASymbolVanishIntoTheirNeighbours) {
  BpeModel model;
  model.set_byte('a', 0);
  model.add_merge(0, 0, 1);
  std::vector<BpeToken> tokens;
  model.encode("xaxay", &tokens);
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].id, 1);
  EXPECT_EQ(tokens[0].length, 5u);
}

TEST(PieceCache, RepeatsWhatTheModelSaid) {
  std::mt19937 random(3);
  const Models models = random_models(random, false);
  std::vector<std::string> pieces;
  for (int i = 0; i < 3000; ++i) {
    std::string piece;
    for (std::size_t n = 1 + random() % 9; n > 0; --n) piece.push_back(random() % 2 ? 'a' : 'b');
    pieces.push_back(piece);
  }
  PieceCache cache;
  for (const std::string& piece : pieces) {
    std::vector<BpeToken> cached;
    const auto encode = [&](std::string_view text, std::vector<BpeToken>* out) {
      models.fast.encode(text, out);
    };
    cache.encode(piece, encode, &cached);
    std::vector<int> ids;
    for (const BpeToken& token : cached) ids.push_back(token.id);
    EXPECT_EQ(ids, models.slow.encode(piece, 0)) << piece;
  }
}

}  // namespace
}  // namespace engine
