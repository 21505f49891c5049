#include "engine/tokenizer/split_patterns.h"

#include <algorithm>

#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

struct Character {
  char32_t code_point = 0;
  ClassMask mask = 0;
  std::uint32_t length = 0;  // 0: the piece has ended
};

// A piece of the text; a matcher sees nothing beyond its end.
struct Piece {
  const UnicodeClasses& classes;
  const char* text;
  std::size_t end;

  Character read(std::size_t at) const {
    if (at >= end) return {};
    Character c;
    c.code_point = decode_valid_utf8(text + at, &c.length);
    c.mask = classes.of(c.code_point);
    return c;
  }
  // End of the run of characters that satisfy `in`, from `at`.
  template <class In>
  std::size_t run(std::size_t at, In in) const {
    for (Character c = read(at); c.length > 0 && in(c); c = read(at)) at += c.length;
    return at;
  }
  std::size_t run_of(std::size_t at, ClassMask mask) const {
    return run(at, [mask](const Character& c) { return (c.mask & mask) != 0; });
  }
};

bool is_line_break(const Character& c) { return c.code_point == '\r' || c.code_point == '\n'; }
bool is_ascii_letter(const Character& c) {
  return (c.code_point >= 'A' && c.code_point <= 'Z') ||
         (c.code_point >= 'a' && c.code_point <= 'z');
}
bool is_ascii_punctuation(const Character& c) {
  return c.code_point >= 0x21 && c.code_point <= 0x7E && !is_ascii_letter(c) &&
         !(c.code_point >= '0' && c.code_point <= '9');
}
bool between(const Character& c, char32_t first, char32_t last) {
  return c.code_point >= first && c.code_point <= last;
}
bool is_llm_punctuation(const Character& c) {
  return between(c, 0x21, 0x2F) || between(c, 0x3A, 0x7E) || between(c, 0xFF01, 0xFF0F) ||
         between(c, 0xFF1A, 0xFF5E) || between(c, 0x2018, 0x201F) || between(c, 0x3000, 0x3002);
}
bool is_wide_script(const Character& c) {
  return between(c, 0x0800, 0x9FA5) || between(c, 0xAC00, 0xD7FF);
}
bool is_v3_cjk(const Character& c) {
  return between(c, 0x4E00, 0x9FA5) || between(c, 0x3040, 0x30FF);
}

// Every matcher: the end of the match that starts at `at`, or `at` when there is none.

std::size_t match_up_to(const Piece& piece, std::size_t at, ClassMask mask, int n) {
  for (; n > 0; --n) {
    const Character c = piece.read(at);
    if ((c.mask & mask) == 0) break;
    at += c.length;
  }
  return at;
}

// \s?X+
template <class In>
std::size_t match_spaced_run(const Piece& piece, std::size_t at, In in) {
  const std::size_t bare = piece.run(at, in);
  if (bare > at) return bare;
  const Character first = piece.read(at);
  if ((first.mask & kSpace) == 0) return at;
  const std::size_t inner = at + first.length;
  const std::size_t stop = piece.run(inner, in);
  return stop > inner ? stop : at;
}

// \s*[\r\n]+|\s+(?!\S)|\s+ (the first one only if `line_breaks`)
std::size_t match_space(const Piece& piece, std::size_t at, bool line_breaks) {
  std::size_t last_start = at;  // of the run's last character
  std::size_t after_break = at;
  std::size_t stop = at;
  for (Character c = piece.read(at); (c.mask & kSpace) != 0; c = piece.read(stop)) {
    last_start = stop;
    stop += c.length;
    if (is_line_break(c)) after_break = stop;
  }
  if (line_breaks && after_break > at) return after_break;
  if (stop == piece.end || last_start == at) return stop;
  return last_start;  // \s+(?!\S) gives the last one back when something follows
}

std::size_t match_v3_words(const Piece& piece, std::size_t at) {
  const Character first = piece.read(at);
  const std::size_t inner = at + first.length;
  if (is_ascii_punctuation(first) && is_ascii_letter(piece.read(inner))) {
    return piece.run(inner, is_ascii_letter);
  }
  constexpr ClassMask kWord = kLetter | kMark;
  constexpr ClassMask kSign = kPunctuation | kSymbol;
  if ((first.mask & kLetter) != 0) return piece.run_of(at, kWord);
  if ((first.mask & kSign) == 0 && !is_line_break(first)) {
    const std::size_t stop = piece.run_of(inner, kWord);
    if (stop > inner) return stop;
    if ((first.mask & kMark) != 0) return inner;
  }
  const std::size_t signs = first.code_point == ' ' ? inner : at;
  const std::size_t stop = piece.run_of(signs, kSign);
  if (stop > signs) return piece.run(stop, is_line_break);
  return match_space(piece, at, true);
}

// 's 't 're 've 'm 'll 'd; with `any_case` as (?i:…) does it, where U+017F is a kind of s.
std::size_t match_contraction(const Piece& piece, std::size_t at, bool any_case) {
  if (piece.read(at).code_point != '\'') return at;
  const auto letter = [&](std::size_t where, std::uint32_t* length) -> char32_t {
    const Character c = piece.read(where);
    *length = c.length;
    if (!any_case) return c.code_point;
    if (c.code_point == 0x17F) return 's';
    return between(c, 'A', 'Z') ? c.code_point + 32 : c.code_point;
  };
  std::uint32_t n1 = 0;
  std::uint32_t n2 = 0;
  const char32_t one = letter(at + 1, &n1);
  if (one == 's' || one == 't' || one == 'm' || one == 'd') return at + 1 + n1;
  const char32_t two = letter(at + 1 + n1, &n2);
  const bool pair =
      (one == 'r' && two == 'e') || (one == 'v' && two == 'e') || (one == 'l' && two == 'l');
  return pair ? at + 1 + n1 + n2 : at;
}

bool is_other(const Character& c) { return (c.mask & (kSpace | kLetter | kNumber)) == 0; }

std::size_t match_gpt2_words(const Piece& piece, std::size_t at) {
  const std::size_t contraction = match_contraction(piece, at, false);
  if (contraction > at) return contraction;
  const std::size_t start = at + (piece.read(at).code_point == ' ' ? 1 : 0);
  for (const ClassMask mask : {kLetter, kNumber}) {
    const std::size_t stop = piece.run_of(start, mask);
    if (stop > start) return stop;
  }
  const std::size_t stop = piece.run(start, is_other);
  return stop > start ? stop : match_space(piece, at, false);
}

std::size_t match_cl100k_words(const Piece& piece, std::size_t at, int n_digits) {
  const std::size_t contraction = match_contraction(piece, at, true);
  if (contraction > at) return contraction;
  const Character first = piece.read(at);
  if ((first.mask & kLetter) != 0) return piece.run_of(at, kLetter);
  if (!is_line_break(first) && (first.mask & kNumber) == 0) {
    const std::size_t inner = at + first.length;
    const std::size_t stop = piece.run_of(inner, kLetter);
    if (stop > inner) return stop;
  }
  const std::size_t numbers = match_up_to(piece, at, kNumber, n_digits);
  if (numbers > at) return numbers;
  const std::size_t start = at + (first.code_point == ' ' ? 1 : 0);
  const std::size_t stop = piece.run(start, is_other);
  return stop > start ? piece.run(stop, is_line_break) : match_space(piece, at, true);
}

// [Lu Lt Lm Lo M, not Han]*[Ll Lm Lo M, not Han]+ or, with `upper_only`, the same with + and *.
// The first run gives characters back until the second one has one.
std::size_t match_kimi_word(const Piece& piece, std::size_t at, bool upper_only) {
  const auto is_head = [](const Character& c) {
    return (c.mask & (kLetter | kMark)) != 0 && (c.mask & (kLowercase | kHan)) == 0;
  };
  const auto is_tail = [](const Character& c) {
    return (c.mask & (kLetter | kMark)) != 0 && (c.mask & (kUppercase | kHan)) == 0;
  };
  const std::size_t head_end = piece.run(at, is_head);
  if (upper_only) return head_end == at ? at : piece.run(head_end, is_tail);
  std::size_t start = head_end;
  while (!is_tail(piece.read(start))) {
    if (start == at) return at;
    do {
      --start;
    } while ((static_cast<unsigned char>(piece.text[start]) & 0xC0) == 0x80);
  }
  return piece.run(start, is_tail);
}

std::size_t match_kimi_words(const Piece& piece, std::size_t at) {
  const std::size_t han = piece.run_of(at, kHan);
  if (han > at) return han;
  const Character first = piece.read(at);
  const std::size_t inner = at + first.length;
  const bool may_lead = !is_line_break(first) && (first.mask & (kLetter | kNumber)) == 0;
  for (const bool upper_only : {false, true}) {
    for (const std::size_t start : {inner, at}) {
      if (start == inner && !may_lead) continue;
      const std::size_t stop = match_kimi_word(piece, start, upper_only);
      if (stop > start) return match_contraction(piece, stop, true);
    }
  }
  const std::size_t numbers = match_up_to(piece, at, kNumber, 3);
  if (numbers > at) return numbers;
  const std::size_t signs = first.code_point == ' ' ? inner : at;
  const std::size_t stop = piece.run(signs, is_other);
  return stop > signs ? piece.run(stop, is_line_break) : match_space(piece, at, true);
}

bool is_default_punctuation(const Character& c) {
  constexpr std::u32string_view kMore = U"$+<=>^~|";
  return (c.mask & kPunctuation) != 0 || kMore.find(c.code_point) != kMore.npos;
}

std::size_t match_three_digits(const Piece& piece, std::size_t at) {
  for (std::size_t i = at; i < at + 3; ++i) {
    if (!between(piece.read(i), '0', '9')) return at;
  }
  return at + 3;
}

template <class Match>
void isolate(const Piece& piece, std::size_t begin, std::vector<std::size_t>* ends, Match match) {
  bool gap = false;
  for (std::size_t at = begin; at < piece.end;) {
    const std::size_t stop = match(piece, at);
    if (stop == at) {
      gap = true;
      at += piece.read(at).length;
      continue;
    }
    if (gap) ends->push_back(at);
    gap = false;
    ends->push_back(stop);
    at = stop;
  }
  if (gap) ends->push_back(piece.end);
}

// \s+$ where $ is also true before a line feed: of every run of white space, what lies before its
// last line feed, or all of it at the end of the piece.
void isolate_trailing_space(const Piece& piece, std::size_t begin, std::vector<std::size_t>* ends) {
  std::size_t gap_from = begin;
  for (std::size_t at = begin; at < piece.end;) {
    const std::size_t run_end = piece.run_of(at, kSpace);
    if (run_end == at) {
      at += piece.read(at).length;
      continue;
    }
    std::size_t stop = run_end;
    if (run_end < piece.end) {
      while (stop > at && piece.text[stop - 1] != '\n') --stop;
      if (stop > at) --stop;
    }
    if (stop > at) {
      if (at > gap_from) ends->push_back(at);
      ends->push_back(stop);
      gap_from = stop;
    }
    at = run_end;
  }
  if (gap_from < piece.end) ends->push_back(piece.end);
}

void isolate_literal(const Piece& piece, std::size_t begin, const std::string& literal,
                     std::vector<std::size_t>* ends) {
  const std::string_view text(piece.text, piece.end);
  std::size_t at = begin;
  for (std::size_t hit = text.find(literal, at); hit != text.npos; hit = text.find(literal, at)) {
    if (hit > at) ends->push_back(hit);
    at = hit + literal.size();
    ends->push_back(at);
  }
  if (at < piece.end) ends->push_back(piece.end);
}

}  // namespace

void split_piece(const UnicodeClasses& classes, const SplitStep& step, std::string_view text,
                 std::size_t begin, std::size_t end, std::vector<std::size_t>* ends) {
  const Piece piece{classes, text.data(), end};
  const auto with = [&](auto match) { isolate(piece, begin, ends, match); };
  const auto with_run = [&](auto in) {
    with([in](const Piece& p, std::size_t at) { return p.run(at, in); });
  };
  const auto with_spaced = [&](auto in) {
    with([in](const Piece& p, std::size_t at) { return match_spaced_run(p, at, in); });
  };
  const auto has = [](ClassMask mask) {
    return [mask](const Character& c) { return (c.mask & mask) != 0; };
  };
  const auto up_to = [&](ClassMask mask, int n) {
    with([mask, n](const Piece& p, std::size_t at) { return match_up_to(p, at, mask, n); });
  };
  const auto cl100k = [&](int n) {
    with([n](const Piece& p, std::size_t at) { return match_cl100k_words(p, at, n); });
  };
  switch (step.kind) {
    case SplitKind::NumbersUpTo3:
      return up_to(kNumber, 3);
    case SplitKind::CjkRun:
      return with_run(is_v3_cjk);
    case SplitKind::DeepSeekV3Words:
      return with(match_v3_words);
    case SplitKind::LineBreak:
      return with([](const Piece& p, std::size_t at) {
        return at + (is_line_break(p.read(at)) ? std::size_t{1} : std::size_t{0});
      });
    case SplitKind::CasedWord:
      return with_spaced(has(kCasedLetter));
    case SplitKind::PunctuationRun:
      return with_spaced(is_llm_punctuation);
    case SplitKind::TrailingSpace:
      return isolate_trailing_space(piece, begin, ends);
    case SplitKind::WideScriptRun:
      return with_run(is_wide_script);
    case SplitKind::LetterWord:
      return with_spaced(has(kLetter));
    case SplitKind::UnicodePunctuation:
      return with_spaced(has(kPunctuation));
    case SplitKind::Gpt2Words:
      return with(match_gpt2_words);
    case SplitKind::Cl100kWords:
      return cl100k(3);
    case SplitKind::Qwen2Words:
      return cl100k(1);
    case SplitKind::KimiWords:
      return with(match_kimi_words);
    case SplitKind::DefaultPunctuation:
      return with_run(is_default_punctuation);
    case SplitKind::Numbers:
      return with_run(has(kNumber));
    case SplitKind::ThreeAsciiDigits:
      return with(match_three_digits);
    case SplitKind::Digits:
      return with_run(has(kDigit));
    case SplitKind::IndividualDigits:
      return up_to(kDigit, 1);
    case SplitKind::Literal:
      return isolate_literal(piece, begin, step.literal, ends);
  }
}

}  // namespace engine
