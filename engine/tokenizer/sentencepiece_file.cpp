// A checked SentencePiece file handed to the sentencepiece library.
#include "engine/tokenizer/sentencepiece_file.h"

#include <sentencepiece_processor.h>

#include <algorithm>

#include "engine/tokenizer/tokenizer_fault.h"

namespace engine {
namespace {

using Type = SentencePieceFile::Type;

// Text between control tokens goes through the library as it is; like a text of its own, each
// stretch begins with the library's space.
class SentencePieceCoder : public TextCoder {
 public:
  SentencePieceCoder(const std::string& model, int model_type, int n_pieces)
      : model_type_(model_type) {
    const auto status = processor_.LoadFromSerializedProto(model);
    if (!status.ok()) {
      throw TokenizerFault(
          ErrorCode::InvalidFile,
          std::string("refused by the sentencepiece library: ") + status.error_message());
    }
    if (processor_.GetPieceSize() != n_pieces) {
      throw TokenizerFault(ErrorCode::InvalidFile, "the sentencepiece library reads " +
                                                       std::to_string(processor_.GetPieceSize()) +
                                                       " pieces of " + std::to_string(n_pieces));
    }
  }

  void encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* /*cache*/,
              std::vector<BpeToken>* out) const override {
    sentencepiece::ImmutableSentencePieceText pieces;
    const auto status = processor_.Encode(text.substr(begin, end - begin), pieces.mutable_proto());
    if (!status.ok()) {
      throw TokenizerFault(ErrorCode::Internal,
                           std::string("the sentencepiece library: ") + status.error_message());
    }
    std::uint32_t covered = 0;
    for (std::size_t i = 0; i < pieces.pieces_size(); ++i) {
      const auto piece = pieces.pieces(static_cast<int>(i));
      const std::uint32_t upto =
          std::clamp(piece.end(), covered, static_cast<std::uint32_t>(end - begin));
      out->push_back({static_cast<std::int32_t>(piece.id()), upto - covered});
      covered = upto;
    }
  }

  std::string kind() const override {
    constexpr const char* kNames[] = {"unigram", "BPE", "word", "char"};
    return std::string("SentencePiece ") + kNames[model_type_ - 1];
  }
  std::string cutting() const override { return "sentencepiece library"; }

 private:
  sentencepiece::SentencePieceProcessor processor_;
  int model_type_;
};

void place_pieces(const SentencePieceFile& file, TokenizerTables* tables, std::string* model) {
  for (std::size_t at = 0; at < file.pieces.size(); ++at) {
    const SentencePieceFile::Piece& piece = file.pieces[at];
    const auto id = static_cast<std::int32_t>(at);
    if (!tables->vocabulary.add(piece.text, id)) {
      throw TokenizerFault(ErrorCode::InvalidFile,
                           "piece " + std::to_string(at) + ": '" +
                               std::string(piece.text.substr(0, 64)) + "' repeats piece " +
                               std::to_string(*tables->vocabulary.find(piece.text)));
    }
    tables->set_flags(
        id, piece.type == Type::Byte ? TokenizerTables::kByte : TokenizerTables::kInModel);
    if (piece.type == Type::Byte && !byte_of_spelling(piece.text)) {
      throw TokenizerFault(ErrorCode::InvalidFile,
                           "piece " + std::to_string(at) + ": '" +
                               std::string(piece.text.substr(0, 64)) +
                               "' is of type byte, but not spelt <0x00> to <0xFF>");
    }
    if (piece.type == Type::Control || piece.type == Type::Unknown) {
      tables->place_added(piece.text, id, true, false);
    } else if (piece.type == Type::UserDefined) {
      tables->place_added(piece.text, id, false, false);
      // The library would find structure in everybody's text: it gets it as a control piece, which
      // it never finds.
      const bool structure = (tables->flags_of(id) & TokenizerTables::kAdded) != 0;
      if (structure) (*model)[piece.type_at] = static_cast<char>(Type::Control);
    }
  }
}

// Tokens that the folder's other files add, or name as special.
void place_listed(const std::vector<ListedToken>& listed, TokenizerTables* tables) {
  for (const ListedToken& token : listed) {
    if (token.content.empty()) continue;
    const auto known = tables->vocabulary.find(token.content);
    const std::string where =
        std::string(token.file) + ": '" + token.content + "' with id " + std::to_string(token.id);
    if (known && *known != token.id) {
      throw TokenizerFault(ErrorCode::InvalidFile,
                           where + " has id " + std::to_string(*known) + " in the vocabulary");
    }
    if (!known && !tables->vocabulary.add(token.content, token.id)) {
      throw TokenizerFault(ErrorCode::InvalidFile,
                           where + " stands where the vocabulary has '" +
                               std::string(tables->vocabulary.spelling(token.id)) + "'");
    }
    const bool placed = (tables->flags_of(token.id) & TokenizerTables::kAdded) != 0;
    if (token.special) tables->set_flags(token.id, TokenizerTables::kSpecial);
    if (!placed) tables->place_added(token.content, token.id, token.special, false);
  }
}

std::string control_text(const SentencePieceFile& file, std::int64_t id) {
  if (id < 0 || static_cast<std::size_t>(id) >= file.pieces.size()) return {};
  const SentencePieceFile::Piece& piece = file.pieces[static_cast<std::size_t>(id)];
  return piece.type == Type::Control ? std::string(piece.text) : std::string();
}

}  // namespace

void read_sentencepiece_file(std::string_view model, std::string_view tokenizer_config_json,
                             const LegacyTokenFiles& legacy, TokenizerTables* tables) {
  const SentencePieceFile file = parse_sentencepiece_file(model);
  tables->spelling = TokenSpelling::Metaspace;
  tables->drops_first_space = file.add_dummy_prefix;
  tables->vocabulary.reserve(file.pieces.size());
  std::string safe_model(model);
  place_pieces(file, tables, &safe_model);
  place_listed(read_token_lists(tokenizer_config_json, legacy, tables).added, tables);
  tables->build_added();
  if (tables->bos_text.empty()) tables->bos_text = control_text(file, file.bos);
  if (tables->eos_text.empty()) tables->eos_text = control_text(file, file.eos);
  tables->coder = std::make_unique<SentencePieceCoder>(safe_model, file.model_type,
                                                       static_cast<int>(file.pieces.size()));
}

}  // namespace engine
