// A SentencePiece .model file (a serialized ModelProto): looked through before the sentencepiece
// library gets it, because the library trusts what it reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/legacy_tokens.h"
#include "engine/tokenizer/tokenizer_tables.h"

namespace engine {

/// What the file says, as far as it matters here.
struct SentencePieceFile {
  enum class Type { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };
  struct Piece {
    std::string_view text;  // of the file
    Type type = Type::Normal;
    std::size_t type_at = 0;  // where the file has the type's one byte; 0: nowhere (Normal)
  };
  std::vector<Piece> pieces;  // [id]
  int model_type = 1;         // 1 unigram, 2 BPE, 3 word, 4 char
  std::int64_t bos = 1;       // -1: none
  std::int64_t eos = 2;
  bool add_dummy_prefix = true;
};

/// Throws TokenizerFault naming field and byte.
SentencePieceFile parse_sentencepiece_file(std::string_view model);

/// The whole tokenizer: the file, and BOS, EOS and further tokens from tokenizer_config.json or the
/// older files. Throws TokenizerFault.
void read_sentencepiece_file(std::string_view model, std::string_view tokenizer_config_json,
                             const LegacyTokenFiles& legacy, TokenizerTables* tables);

/// Checks the tables that normalise text (a double-array trie and what it leads to): every place a
/// lookup can reach lies inside. Throws TokenizerFault naming the node; `file_offset` is where
/// `charsmap` begins.
void check_charsmap(std::string_view charsmap, std::size_t file_offset);

}  // namespace engine
