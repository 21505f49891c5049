// Tokenizer: text ↔ token ids exactly as the reference library of its file's kind does it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/vocabulary_listing.h"
#include "engine/tokenizer/legacy_tokens.h"

namespace engine {

/// A half-open byte range of a text.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

struct EncodedToken {
  TokenId id;
  ByteRange bytes;  // of the text that was encoded; consecutive tokens tile it (a token may hold
                    // part of a character)
  bool operator==(const EncodedToken&) const = default;
};

class Tokenizer {
 public:
  /// `tokenizer_json` and `tokenizer_config_json` are the files' texts. Unknown components and
  /// unknown split patterns are refused by name (never replaced by something similar).
  static Result<Tokenizer> from_json(std::string_view tokenizer_json,
                                     std::string_view tokenizer_config_json);
  /// `model`: the bytes of a SentencePiece file; encoding goes through the sentencepiece library.
  static Result<Tokenizer> from_sentencepiece(std::string_view model,
                                              std::string_view tokenizer_config_json,
                                              const LegacyTokenFiles& legacy = {});
  /// `model`: the text of a tiktoken file; its special tokens are in tokenizer_config.json. Texts
  /// with very long runs are cut as the class does it (tiktoken_file.h), but never inside a control
  /// token.
  static Result<Tokenizer> from_tiktoken(std::string_view model,
                                         std::string_view tokenizer_config_json,
                                         const LegacyTokenFiles& legacy = {});
  /// Vocabularies of GGUF files. A "pre" that is not known is refused by name.
  static Result<Tokenizer> from_listing(const VocabularyListing& listing);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Encodes `text`; no BOS is added. Added (control) tokens are recognised only where they lie
  /// wholly inside one of `control_ranges` (sorted, disjoint); everywhere else their spelling is
  /// plain text. Invalid UTF-8 bytes become U+FFFD first.
  Result<std::vector<EncodedToken>> encode(std::string_view text,
                                           std::span<const ByteRange> control_ranges) const;
  /// Ids only; `control_tokens` true: the whole text is one control range.
  Result<std::vector<TokenId>> encode_ids(std::string_view text, bool control_tokens) const;

  /// The bytes of one token: not necessarily whole characters. Ids beyond the vocabulary give ""
  /// (see `is_known`).
  std::string token_bytes(TokenId id) const;
  /// The same for a token that begins a decoded text: SentencePiece drops the space before its
  /// first word.
  std::string first_token_bytes(TokenId id) const;
  /// Concatenated bytes, decoded as UTF-8 with U+FFFD for what is invalid; special tokens left out
  /// if asked.
  std::string decode(std::span<const TokenId> ids, bool skip_special) const;
  /// For people: the token's text with control tokens spelt out, reserved rows as "<reserved
  /// 129000>".
  std::string token_display(TokenId id) const;

  bool is_known(TokenId id) const;
  bool is_special(TokenId id) const;  // flagged special: left out of decoded text
  bool is_control(TokenId id) const;  // structure: role markers, <think>, BOS …
  /// EOS, and the control tokens that families end a turn with ("<|im_end|>", "<|eot_id|>", …).
  bool ends_turn(TokenId id) const;
  std::optional<TokenId> id_of(
      std::string_view token) const;  // exact vocabulary or added-token spelling
  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const;
  /// Whether plain text is encoded after BOS (chat templates bring their own).
  bool adds_bos() const;
  std::string bos_text() const;
  std::string eos_text() const;
  std::int64_t size() const;  // highest id + 1
  /// Whether `text` contains the spelling of a control token (shown beside user text as "contains
  /// control text").
  bool contains_control_text(std::string_view text) const;
  /// "BPE · 128,815 pieces · deepseek-v3 pre-tokenizer"
  std::string description() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
