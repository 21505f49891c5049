#include "engine/tokenizer/tiktoken_file.h"

#include <charconv>

#include "engine/tokenizer/byte_level_coder.h"
#include "engine/tokenizer/tokenizer_fault.h"
#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

constexpr std::int32_t kReservedRows = 256;  // of the class TikTokenTokenizer, named or not

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

// Strict: groups of four, padding at the end only, no loose bits.
bool decode_base64(std::string_view text, std::string* out) {
  out->clear();
  if (text.empty() || text.size() % 4 != 0) return false;
  std::size_t n_padding = 0;
  while (n_padding < 2 && text[text.size() - 1 - n_padding] == '=') ++n_padding;
  std::uint32_t bits = 0;
  int n_bits = 0;
  for (const char c : text.substr(0, text.size() - n_padding)) {
    const int digit = base64_digit(c);
    if (digit < 0) return false;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    out->push_back(static_cast<char>(bits >> n_bits & 0xFF));
  }
  return (bits & ((1U << n_bits) - 1)) == 0;
}

class Loader {
 public:
  Loader(std::string_view text, TokenizerTables* tables) : text_(text), tables_(*tables) {}

  void load(std::string_view tokenizer_config_json, const LegacyTokenFiles& legacy) {
    tables_.spelling = TokenSpelling::Bytes;
    tables_.vocabulary.reserve(text_.size() / 16);
    for (std::size_t at = 0; at < text_.size(); ++line_) {
      const std::size_t stop = std::min(text_.find('\n', at), text_.size());
      read_line(text_.substr(at, stop - at));
      at = stop + 1;
    }
    check_bytes();
    const TokenizerConfigFields config = read_token_lists(tokenizer_config_json, legacy, &tables_);
    if (config.tokenizer_class != "TikTokenTokenizer") {
      throw TokenizerFault(ErrorCode::Unsupported,
                           "tokenizer_config.json › tokenizer_class: found '" +
                               config.tokenizer_class.substr(0, 64) +
                               "'; the pattern that cuts text is known for 'TikTokenTokenizer' "
                               "only" +
                               kCannotReproduce);
    }
    place_special_tokens(config.added);
    tables_.cuts_long_runs = true;
    PreTokenizer kimi({{SplitKind::KimiWords, {}}});
    tables_.coder = std::make_unique<RankCoder>(tables_.vocabulary, std::move(merger_),
                                                std::move(kimi), "kimi");
  }

 private:
  [[noreturn]] void fault(const std::string& problem) const {
    throw TokenizerFault(ErrorCode::InvalidFile, "line " + std::to_string(line_) + ": " + problem);
  }

  void read_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    const std::size_t space = line.find(' ');
    if (space == line.npos) fault("not a token in base64, a space and its rank");
    if (space > kMaxTokenBytes * 4 / 3 || !decode_base64(line.substr(0, space), &token_)) {
      fault("'" + std::string(line.substr(0, std::min<std::size_t>(space, 64))) +
            "' is not base64 of 1 to " + std::to_string(kMaxTokenBytes) + " bytes");
    }
    const std::string_view number = line.substr(space + 1);
    std::int32_t rank = -1;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), rank);
    if (error != std::errc() || stop != number.data() + number.size() || rank < 0 ||
        rank > kMaxTokenId) {
      fault("the rank '" + std::string(number.substr(0, 64)) + "' is not a number from 0 to " +
            std::to_string(kMaxTokenId));
    }
    if (!tables_.vocabulary.add(token_, rank)) {
      fault("the token or its rank " + std::to_string(rank) + " was given before");
    }
    tables_.set_flags(rank, TokenizerTables::kInModel);
    merger_.set_rank(rank, static_cast<std::uint32_t>(rank), token_.size());
  }

  void check_bytes() const {
    std::string missing;
    for (int byte = 0; byte < 256; ++byte) {
      const std::string spelling(1, static_cast<char>(byte));
      if (!tables_.vocabulary.find(spelling)) {
        missing += ' ' + spelling_of_byte(static_cast<std::uint8_t>(byte));
      }
    }
    if (missing.empty()) return;
    throw TokenizerFault(ErrorCode::InvalidFile, "no token for the bytes" + missing);
  }

  void place_special_tokens(const std::vector<ListedToken>& listed) {
    const std::int32_t n_base = tables_.vocabulary.id_bound();
    for (const ListedToken& token : listed) {
      if (token.content.empty()) continue;
      if (!tables_.vocabulary.add(token.content, token.id)) {
        throw TokenizerFault(ErrorCode::InvalidFile,
                             std::string(token.file) + ": '" + token.content + "' with id " +
                                 std::to_string(token.id) +
                                 " stands where the vocabulary has a token");
      }
      tables_.place_added(token.content, token.id, token.special, false);
    }
    for (std::int32_t id = n_base; id < n_base + kReservedRows && id <= kMaxTokenId; ++id) {
      if (tables_.vocabulary.contains(id)) continue;
      const std::string name = "<|reserved_token_" + std::to_string(id) + "|>";
      if (tables_.vocabulary.add(name, id)) tables_.place_added(name, id, true, false);
    }
    tables_.build_added();
  }

  std::string_view text_;
  TokenizerTables& tables_;
  PieceMerger merger_;
  std::string token_;
  std::size_t line_ = 1;
};

}  // namespace

void read_tiktoken_file(std::string_view text, std::string_view tokenizer_config_json,
                        const LegacyTokenFiles& legacy, TokenizerTables* tables) {
  Loader(text, tables).load(tokenizer_config_json, legacy);
}

std::vector<std::size_t> long_run_cuts(std::string_view text) {
  constexpr std::int64_t kMostCharacters = 400'000;
  constexpr std::int64_t kLongestRun = 25'000;
  std::vector<std::size_t> cuts;
  if (text.size() <= static_cast<std::size_t>(kLongestRun)) return cuts;
  std::int64_t n_characters = 0;  // of the part since a cut at 400,000
  std::int64_t run = 0;
  bool run_is_space = false;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Unit unit = decode_utf8(text, at);
    const bool space = is_python_space(unit.code_point);
    if (n_characters == kMostCharacters) {
      cuts.push_back(at);
      n_characters = 0;
    }
    if (n_characters == 0) {
      run = 0;
      run_is_space = space;
    }
    ++n_characters;
    if (space != run_is_space) {
      run = 1;
      run_is_space = space;
    } else if (++run > kLongestRun) {
      cuts.push_back(at);
      run = 1;
    }
    at += unit.length;
  }
  return cuts;
}

}  // namespace engine
