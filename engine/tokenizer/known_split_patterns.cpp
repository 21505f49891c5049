// Which regular expressions of tokenizer.json are known; see split_patterns.h.
#include "engine/tokenizer/split_patterns.h"
#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

struct KnownPattern {
  std::string_view regex;  // line breaks written \r and \n
  SplitKind kind;
};

constexpr KnownPattern kKnownPatterns[] = {
    {R"(\p{N}{1,3})", SplitKind::NumbersUpTo3},
    {"[一-龥\u3040-ゟ゠-ヿ]+", SplitKind::CjkRun},
    {R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     SplitKind::DeepSeekV3Words},
    {R"([\r\n])", SplitKind::LineBreak},
    {"\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", SplitKind::PunctuationRun},
    {R"(\s+$)", SplitKind::TrailingSpace},
    {"[一-龥ࠀ-一가-\uD7FF]+", SplitKind::WideScriptRun},
    {R"(\s?\p{L}+)", SplitKind::LetterWord},
    {R"(\s?\p{P}+)", SplitKind::UnicodePunctuation},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     SplitKind::Gpt2Words},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     SplitKind::Cl100kWords},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     SplitKind::Qwen2Words},
};

// \s?[…]+ where the class lists exactly the cased letters. Compared as ranges: a copy of the
// pattern that went through NFC has other end points and is another pattern.
bool is_cased_word_pattern(std::string_view regex) {
  constexpr std::string_view kHead = "\\s?[";
  constexpr std::string_view kTail = "]+";
  if (!regex.starts_with(kHead) || !regex.ends_with(kTail)) return false;
  const std::string_view body = regex.substr(kHead.size(), regex.size() - kHead.size() - 2);
  std::vector<char32_t> points;
  for (std::size_t at = 0; at < body.size();) {
    const Utf8Unit unit = decode_utf8(body, at);
    points.push_back(unit.code_point);
    at += unit.length;
  }
  std::size_t at = 0;
  for (const CodePointRange& range : cased_letter_ranges()) {
    if (at >= points.size() || points[at] != range.first) return false;
    ++at;
    if (range.first == range.last) continue;
    if (at + 1 < points.size() && points[at] == '-') ++at;
    if (at >= points.size() || points[at] != range.last) return false;
    ++at;
  }
  return at == points.size();
}

}  // namespace

std::optional<SplitKind> known_split_pattern(std::string_view regex) {
  std::string written;  // with line breaks as escapes: files have them either way
  for (const char c : regex) {
    if (c == '\r' || c == '\n') {
      written += c == '\r' ? "\\r" : "\\n";
    } else {
      written += c;
    }
  }
  for (const KnownPattern& known : kKnownPatterns) {
    if (known.regex == written) return known.kind;
  }
  if (is_cased_word_pattern(written)) return SplitKind::CasedWord;
  return std::nullopt;
}

}  // namespace engine
