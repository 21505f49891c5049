#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <new>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/tokenizer_json.h"
#include "engine/tokenizer/utf8.h"
#include "engine/tokenizer/utf8_stream.h"

namespace engine {
namespace {

constexpr std::size_t kMaxTextBytes = (std::size_t{1} << 31) - 1;

// Where U+FFFD stands for invalid bytes: offsets in the cleaned text ↔ offsets in the caller's.
class CleanedText {
 public:
  explicit CleanedText(std::string_view text) : text_(text) {
    std::size_t bad = find_invalid_utf8(text);
    if (bad == std::string_view::npos) return;
    std::size_t at = 0;
    while (bad != std::string_view::npos) {
      cleaned_.append(text, at, bad);
      const std::uint32_t length = decode_utf8(text, at + bad).length;
      replaced_.push_back({cleaned_.size(), at + bad, length});
      cleaned_.append(kReplacementCharacter);
      at += bad + length;
      bad = find_invalid_utf8(text.substr(at));
    }
    cleaned_.append(text.substr(at));
    text_ = cleaned_;
  }
  CleanedText(const CleanedText&) = delete;
  CleanedText& operator=(const CleanedText&) = delete;

  std::string_view text() const { return text_; }

  // `inward` says to which side an offset inside replaced bytes goes.
  std::size_t to_cleaned(std::size_t original, bool inward_end) const {
    const auto after =
        std::upper_bound(replaced_.begin(), replaced_.end(), original,
                         [](std::size_t at, const Part& part) { return at < part.original; });
    if (after == replaced_.begin()) return original;
    const Part& part = *(after - 1);
    if (original == part.original) return part.cleaned;
    if (original < part.original + part.length) return part.cleaned + (inward_end ? 0u : 3u);
    return part.cleaned + 3 + (original - part.original - part.length);
  }

  std::size_t to_original(std::size_t cleaned) const {
    const auto after =
        std::upper_bound(replaced_.begin(), replaced_.end(), cleaned,
                         [](std::size_t at, const Part& part) { return at < part.cleaned; });
    if (after == replaced_.begin()) return cleaned;
    const Part& part = *(after - 1);
    const std::size_t within = cleaned - part.cleaned;
    if (within < 3) return part.original + std::min<std::size_t>(within, part.length);
    return part.original + part.length + (within - 3);
  }

 private:
  struct Part {
    std::size_t cleaned;
    std::size_t original;
    std::uint32_t length;  // of the invalid bytes
  };
  std::string_view text_;
  std::string cleaned_;
  std::vector<Part> replaced_;
};

std::string with_commas(std::size_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

}  // namespace

struct Tokenizer::Impl {
  TokenizerTables tables;
  UnicodeClasses classes;

  // Control tokens inside one range: those with "normalized": false first, then the others in what
  // is left, as Hugging Face does it.
  void find_control_tokens(std::string_view text, const ByteRange& range,
                           std::vector<AddedTokenMatch>* out) const {
    std::vector<AddedTokenMatch> raw;
    tables.raw_tokens.find(text, range.begin, range.end, &raw);
    std::size_t at = range.begin;
    for (const AddedTokenMatch& match : raw) {
      tables.normalized_tokens.find(text, at, match.begin, out);
      out->push_back(match);
      at = match.end;
    }
    tables.normalized_tokens.find(text, at, range.end, out);
  }

  // A piece that is a token as a whole, for models that ignore merges then.
  std::optional<std::int32_t> whole_token(std::string_view piece) const {
    std::string spelling;
    for (const char c : piece) {
      append_utf8(&spelling, byte_to_character(static_cast<std::uint8_t>(c)));
    }
    const auto id = tables.vocabulary.find(spelling);
    const bool in_model = id && (tables.flags_of(*id) & TokenizerTables::kInModel) != 0;
    return in_model ? id : std::nullopt;
  }

  // Plain text between control tokens. `emit(id, end)`: the token reaches from the last end to end.
  template <class Emit>
  void encode_plain(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
                    std::vector<std::size_t>* ends, std::vector<BpeToken>* tokens,
                    Emit emit) const {
    tables.pre_tokenizer.split(classes, text, begin, end, ends);
    std::size_t at = begin;
    for (const std::size_t piece_end : *ends) {
      const std::string_view piece = text.substr(at, piece_end - at);
      const auto whole = tables.ignore_merges ? whole_token(piece) : std::optional<std::int32_t>{};
      if (whole) {
        emit(*whole, piece_end);
      } else {
        tokens->clear();
        cache->encode(tables.bpe, piece, tokens);
        for (const BpeToken& token : *tokens) emit(token.id, at += token.length);
      }
      at = piece_end;
    }
  }

  template <class Emit>
  void encode_valid(std::string_view text, std::span<const ByteRange> control_ranges,
                    Emit emit) const {
    std::vector<AddedTokenMatch> controls;
    for (const ByteRange& range : control_ranges) find_control_tokens(text, range, &controls);
    PieceCache cache;
    std::vector<std::size_t> ends;
    std::vector<BpeToken> tokens;
    std::size_t at = 0;
    for (const AddedTokenMatch& match : controls) {
      encode_plain(text, at, match.begin, &cache, &ends, &tokens, emit);
      emit(match.id, match.end);
      at = match.end;
    }
    encode_plain(text, at, text.size(), &cache, &ends, &tokens, emit);
  }
};

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from_json(std::string_view tokenizer_json,
                                       std::string_view tokenizer_config_json) {
  auto impl = std::make_unique<Impl>();
  std::string file = "tokenizer.json";
  try {
    read_tokenizer_json(tokenizer_json, &impl->tables);
    file = "tokenizer_config.json";
    if (!tokenizer_config_json.empty()) {
      read_tokenizer_config_json(tokenizer_config_json, &impl->tables);
    }
  } catch (const JsonError& error) {
    const bool unsupported = error.message.find("cannot reproduce") != std::string::npos;
    return fail(unsupported ? ErrorCode::Unsupported : ErrorCode::InvalidFile,
                file + " › " + sanitize_utf8(error.message));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, file + ": not enough memory for its tables");
  }
  return Tokenizer(std::move(impl));
}

Result<std::vector<EncodedToken>> Tokenizer::encode(
    std::string_view text, std::span<const ByteRange> control_ranges) const {
  if (text.size() > kMaxTextBytes) {
    return fail(ErrorCode::LimitExceeded, "text to tokenize: found " + with_commas(text.size()) +
                                              " bytes, allowed " + with_commas(kMaxTextBytes));
  }
  const CleanedText cleaned(text);
  std::vector<ByteRange> ranges;
  std::size_t at = 0;
  for (const ByteRange& range : control_ranges) {
    if (range.begin < at || range.end < range.begin || range.end > text.size()) {
      return fail(ErrorCode::InvalidArgument,
                  "control ranges: not sorted, disjoint and in the text");
    }
    at = range.end;
    const ByteRange mapped{cleaned.to_cleaned(range.begin, false),
                           cleaned.to_cleaned(range.end, true)};
    if (mapped.begin < mapped.end) ranges.push_back(mapped);
  }
  std::vector<EncodedToken> out;
  std::size_t begin = 0;
  impl_->encode_valid(cleaned.text(), ranges, [&](std::int32_t id, std::size_t end) {
    const std::size_t original_end = cleaned.to_original(end);
    out.push_back({TokenId(id), {begin, original_end}});
    begin = original_end;
  });
  if (!out.empty()) out.back().bytes.end = text.size();
  return out;
}

Result<std::vector<TokenId>> Tokenizer::encode_ids(std::string_view text,
                                                   bool control_tokens) const {
  const ByteRange all{0, text.size()};
  const std::span<const ByteRange> ranges(&all, control_tokens ? std::size_t{1} : std::size_t{0});
  ASSIGN_OR_RETURN(const auto tokens, encode(text, ranges));
  std::vector<TokenId> ids;
  ids.reserve(tokens.size());
  for (const EncodedToken& token : tokens) ids.push_back(token.id);
  return ids;
}

std::string Tokenizer::token_bytes(TokenId id) const {
  return bytes_of_spelling(impl_->tables.vocabulary.spelling(id.value));
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  std::string bytes;
  for (const TokenId id : ids) {
    if (!skip_special || !is_special(id)) bytes += token_bytes(id);
  }
  return sanitize_utf8(bytes);
}

std::string Tokenizer::token_display(TokenId id) const {
  if (!is_known(id)) return "<reserved " + std::to_string(id.value) + ">";
  if (is_control(id)) return std::string(impl_->tables.vocabulary.spelling(id.value));
  const std::string bytes = token_bytes(id);
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Unit unit = decode_utf8(bytes, at);
    if (unit.valid) {
      out.append(bytes, at, unit.length);
      at += unit.length;
      continue;
    }
    constexpr const char* kHex = "0123456789ABCDEF";  // part of a character: byte by byte
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    out += {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
  }
  return out;
}

bool Tokenizer::is_known(TokenId id) const { return impl_->tables.vocabulary.contains(id.value); }
bool Tokenizer::is_special(TokenId id) const {
  return (impl_->tables.flags_of(id.value) & TokenizerTables::kSpecial) != 0;
}
bool Tokenizer::is_control(TokenId id) const {
  return (impl_->tables.flags_of(id.value) & TokenizerTables::kAdded) != 0;
}

std::optional<TokenId> Tokenizer::id_of(std::string_view token) const {
  const auto id = impl_->tables.vocabulary.find(token);
  return id ? std::optional(TokenId(*id)) : std::nullopt;
}

std::optional<TokenId> Tokenizer::bos() const { return id_of(impl_->tables.bos_text); }
std::optional<TokenId> Tokenizer::eos() const { return id_of(impl_->tables.eos_text); }
std::string Tokenizer::bos_text() const { return impl_->tables.bos_text; }
std::string Tokenizer::eos_text() const { return impl_->tables.eos_text; }
std::int64_t Tokenizer::size() const { return impl_->tables.vocabulary.id_bound(); }

bool Tokenizer::contains_control_text(std::string_view text) const {
  std::vector<AddedTokenMatch> matches;
  impl_->find_control_tokens(text, {0, text.size()}, &matches);
  return !matches.empty();
}

std::string Tokenizer::description() const {
  const std::string family = impl_->tables.pre_tokenizer.family();
  return "BPE · " + with_commas(impl_->tables.vocabulary.size()) + " pieces · " +
         (family.empty() ? "custom" : family) + " pre-tokenizer";
}

}  // namespace engine
