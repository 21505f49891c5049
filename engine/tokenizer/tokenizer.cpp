#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <new>

#include "engine/tokenizer/sentencepiece_file.h"
#include "engine/tokenizer/tiktoken_file.h"
#include "engine/tokenizer/tokenizer_fault.h"
#include "engine/tokenizer/tokenizer_json.h"
#include "engine/tokenizer/tokenizer_tables.h"
#include "engine/tokenizer/utf8.h"
#include "engine/tokenizer/utf8_stream.h"
#include "engine/tokenizer/vocabulary_loader.h"

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

  // Everything that is a token by its spelling: control tokens in the ranges, plain ones in the
  // rest.
  std::vector<AddedTokenMatch> find_added(std::string_view text,
                                          std::span<const ByteRange> control_ranges) const {
    std::vector<AddedTokenMatch> controls;
    for (const ByteRange& range : control_ranges) find_control_tokens(text, range, &controls);
    if (tables.text_tokens.empty()) return controls;
    std::vector<AddedTokenMatch> all;
    std::size_t at = 0;
    for (const AddedTokenMatch& match : controls) {
      tables.text_tokens.find(text, at, match.begin, &all);
      all.push_back(match);
      at = match.end;
    }
    tables.text_tokens.find(text, at, text.size(), &all);
    return all;
  }

  // `emit(id, end)`: the token reaches from the last end to end.
  template <class Emit>
  void encode_valid(std::string_view text, std::span<const ByteRange> control_ranges,
                    Emit emit) const {
    PieceCache cache;
    std::vector<BpeToken> tokens;
    const std::vector<std::size_t> cuts =
        tables.cuts_long_runs ? long_run_cuts(text) : std::vector<std::size_t>();
    std::size_t at = 0;
    const auto encode_stretch = [&](std::size_t end) {
      if (at == end) return;
      tokens.clear();
      tables.coder->encode(text, at, end, &cache, &tokens);
      for (const BpeToken& token : tokens) emit(token.id, at += token.length);
      at = end;
    };
    const auto encode_plain = [&](std::size_t end) {
      for (auto cut = std::upper_bound(cuts.begin(), cuts.end(), at);
           cut != cuts.end() && *cut < end; ++cut) {
        encode_stretch(*cut);
      }
      encode_stretch(end);
    };
    for (const AddedTokenMatch& match : find_added(text, control_ranges)) {
      encode_plain(match.begin);
      emit(match.id, match.end);
      at = match.end;
    }
    encode_plain(text.size());
  }

  std::string token_bytes(std::int32_t id) const {
    const bool is_byte = (tables.flags_of(id) & TokenizerTables::kByte) != 0;
    return token_text(tables.spelling, tables.vocabulary.spelling(id), is_byte);
  }
};

namespace {

// Runs a loader: what it throws becomes an Error.
template <class Load>
Result<void> guarded(std::string_view file, Load load) {
  const auto named = [&](const std::string& problem) {
    const bool has_name =
        file.empty() || problem.starts_with(file) || problem.starts_with("tokenizer_config.json") ||
        problem.starts_with("added_tokens.json") || problem.starts_with("special_tokens_map.json");
    return (has_name ? std::string() : std::string(file) + " › ") + sanitize_utf8(problem);
  };
  try {
    load();
  } catch (const TokenizerFault& fault) {
    return fail(fault.code, named(fault.message));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, named("not enough memory for its tables"));
  } catch (const std::exception& error) {
    return fail(ErrorCode::InvalidFile, named(error.what()));
  }
  return {};
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from_json(std::string_view tokenizer_json,
                                       std::string_view tokenizer_config_json) {
  auto impl = std::make_unique<Impl>();
  RETURN_IF_ERROR(
      guarded("tokenizer.json", [&] { read_tokenizer_json(tokenizer_json, &impl->tables); }));
  RETURN_IF_ERROR(guarded("tokenizer_config.json", [&] {
    if (tokenizer_config_json.empty()) return;
    read_tokenizer_config_json(tokenizer_config_json, &impl->tables);
  }));
  return Tokenizer(std::move(impl));
}

Result<Tokenizer> Tokenizer::from_sentencepiece(std::string_view model,
                                                std::string_view tokenizer_config_json,
                                                const LegacyTokenFiles& legacy) {
  auto impl = std::make_unique<Impl>();
  RETURN_IF_ERROR(guarded("tokenizer.model", [&] {
    read_sentencepiece_file(model, tokenizer_config_json, legacy, &impl->tables);
  }));
  return Tokenizer(std::move(impl));
}

Result<Tokenizer> Tokenizer::from_tiktoken(std::string_view model,
                                           std::string_view tokenizer_config_json,
                                           const LegacyTokenFiles& legacy) {
  auto impl = std::make_unique<Impl>();
  RETURN_IF_ERROR(guarded("tiktoken.model", [&] {
    read_tiktoken_file(model, tokenizer_config_json, legacy, &impl->tables);
  }));
  return Tokenizer(std::move(impl));
}

Result<Tokenizer> Tokenizer::from_listing(const VocabularyListing& listing) {
  auto impl = std::make_unique<Impl>();
  RETURN_IF_ERROR(guarded("", [&] { read_vocabulary_listing(listing, &impl->tables); }));
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
  RETURN_IF_ERROR(guarded("", [&] {
    impl_->encode_valid(cleaned.text(), ranges, [&](std::int32_t id, std::size_t end) {
      const std::size_t original_end = cleaned.to_original(end);
      out.push_back({TokenId(id), {begin, original_end}});
      begin = original_end;
    });
  }));
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

std::string Tokenizer::token_bytes(TokenId id) const { return impl_->token_bytes(id.value); }

std::string Tokenizer::first_token_bytes(TokenId id) const {
  std::string bytes = token_bytes(id);
  if (impl_->tables.drops_first_space && bytes.starts_with(' ') && !is_control(id))
    bytes.erase(0, 1);
  return bytes;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  std::string bytes;
  bool is_first = true;
  for (const TokenId id : ids) {
    if (skip_special && is_special(id)) continue;
    bytes += is_first ? first_token_bytes(id) : token_bytes(id);
    is_first = false;
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

bool Tokenizer::ends_turn(TokenId id) const {
  constexpr std::string_view kEnds[] = {
      "<|EOT|>",       "[EOT]",           "<|im_end|>",           "<|eot_id|>",
      "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>"};
  if (eos() == id || impl_->tables.eot == id.value) return true;
  if (!is_control(id)) return false;
  const std::string_view spelling = impl_->tables.vocabulary.spelling(id.value);
  return std::find(std::begin(kEnds), std::end(kEnds), spelling) != std::end(kEnds);
}

std::optional<TokenId> Tokenizer::id_of(std::string_view token) const {
  const auto id = impl_->tables.vocabulary.find(token);
  return id ? std::optional(TokenId(*id)) : std::nullopt;
}

std::optional<TokenId> Tokenizer::bos() const {
  if (impl_->tables.bos) return TokenId(*impl_->tables.bos);
  return id_of(impl_->tables.bos_text);
}
std::optional<TokenId> Tokenizer::eos() const {
  if (impl_->tables.eos) return TokenId(*impl_->tables.eos);
  return id_of(impl_->tables.eos_text);
}
bool Tokenizer::adds_bos() const { return impl_->tables.adds_bos && bos().has_value(); }
std::string Tokenizer::bos_text() const { return impl_->tables.bos_text; }
std::string Tokenizer::eos_text() const { return impl_->tables.eos_text; }
std::int64_t Tokenizer::size() const { return impl_->tables.vocabulary.id_bound(); }

bool Tokenizer::contains_control_text(std::string_view text) const {
  std::vector<AddedTokenMatch> matches;
  impl_->find_control_tokens(text, {0, text.size()}, &matches);
  return !matches.empty();
}

std::string Tokenizer::description() const {
  const TextCoder& coder = *impl_->tables.coder;
  return coder.kind() + " · " + with_commas(impl_->tables.vocabulary.size()) + " pieces · " +
         coder.cutting();
}

}  // namespace engine
