// The wire format of ModelProto, as far as needed; see sentencepiece_file.h.
#include <cmath>
#include <cstring>

#include "engine/tokenizer/sentencepiece_file.h"
#include "engine/tokenizer/tokenizer_fault.h"

namespace engine {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;
constexpr std::size_t kMaxUnusedBytes = 1024;  // the library takes unused pieces apart recursively
constexpr int kMaxGroupDepth = 32;

[[noreturn]] void fault(const std::string& field, std::size_t byte, const std::string& problem) {
  throw TokenizerFault(ErrorCode::InvalidFile,
                       field + " at byte " + std::to_string(byte) + ": " + problem);
}

// Reads the fields of one message, front to back.
class WireReader {
 public:
  enum Wire : std::uint32_t {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Begin = 3,
    End = 4,
    Fixed32 = 5
  };

  WireReader(std::string_view file, std::size_t begin, std::size_t end, const char* message)
      : file_(file), at_(begin), end_(end), message_(message) {}

  bool next() {
    if (at_ == end_) return false;
    start_ = at_;
    const std::uint64_t key = read_varint();
    number_ = static_cast<std::uint32_t>(key >> 3);
    wire_ = static_cast<Wire>(key & 7);
    if (key >> 32 != 0 || number_ == 0) bad("the key " + std::to_string(key) + " is no field");
    return true;
  }
  std::uint32_t number() const { return number_; }
  std::size_t start() const { return start_; }
  std::size_t at() const { return at_; }

  std::uint64_t varint() {
    expect(Varint, "a number");
    return read_varint();
  }
  std::uint32_t fixed32() {
    expect(Fixed32, "four bytes");
    need(4);
    std::uint32_t value = 0;
    std::memcpy(&value, file_.data() + at_, 4);
    at_ += 4;
    return value;
  }
  // The field's bytes; afterwards `at` lies behind them.
  std::string_view bytes() {
    expect(Length, "bytes");
    const std::uint64_t length = read_varint();
    need(length);
    at_ += length;
    return file_.substr(at_ - length, length);
  }
  WireReader message(const char* name) {
    const std::size_t length = bytes().size();
    return {file_, at_ - length, at_, name};
  }
  void skip() {
    int depth = 0;
    do {
      switch (wire_) {
        case Varint:
          read_varint();
          break;
        case Fixed64:
        case Fixed32:
          need(wire_ == Fixed64 ? 8 : 4);
          at_ += wire_ == Fixed64 ? 8U : 4U;
          break;
        case Length:
          bytes();
          break;
        case Begin:
          if (++depth > kMaxGroupDepth) bad("groups nested deeper than allowed");
          break;
        case End:
          if (--depth < 0) bad("a group ends that never began");
          break;
        default:
          bad("wire type " + std::to_string(wire_) + " does not exist");
      }
      if (depth > 0 && !next()) bad("a group without an end");
    } while (depth > 0);
  }
  [[noreturn]] void bad(const std::string& problem) const {
    fault(std::string(message_) + " › field " + std::to_string(number_), start_, problem);
  }

 private:
  void expect(Wire wire, const char* what) const {
    if (wire_ == wire) return;
    bad("found wire type " + std::to_string(wire_) + ", expected " + what);
  }
  void need(std::uint64_t n) const {
    if (n <= end_ - at_) return;
    bad("needs " + std::to_string(n) + " bytes, " + std::to_string(end_ - at_) + " are left");
  }
  std::uint64_t read_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) bad("the number is cut off");
      const auto byte = static_cast<unsigned char>(file_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    bad("a number longer than ten bytes");
  }

  std::string_view file_;
  std::size_t at_, end_, start_ = 0;
  const char* message_;
  std::uint32_t number_ = 0;
  Wire wire_ = Varint;
};

SentencePieceFile::Piece read_piece(WireReader reader, std::size_t id) {
  SentencePieceFile::Piece piece;
  const auto named = [id] { return "piece " + std::to_string(id); };
  while (reader.next()) {
    if (reader.number() == 1) {
      piece.text = reader.bytes();
      if (piece.text.size() > kMaxTokenBytes) {
        reader.bad(named() + " has " + std::to_string(piece.text.size()) + " bytes, allowed " +
                   std::to_string(kMaxTokenBytes));
      }
    } else if (reader.number() == 2) {
      const std::uint32_t bits = reader.fixed32();
      float score = 0;
      std::memcpy(&score, &bits, 4);
      if (!std::isfinite(score)) reader.bad("the score of " + named() + " is not a finite number");
    } else if (reader.number() == 3) {
      const std::uint64_t type = reader.varint();
      if (type < 1 || type > 6) {
        reader.bad("the type of " + named() + " is " + std::to_string(type) + ", allowed 1 to 6");
      }
      piece.type = static_cast<SentencePieceFile::Type>(type);
      piece.type_at = reader.at() - 1;
    } else {
      reader.skip();
    }
  }
  if (piece.type == SentencePieceFile::Type::Unused && piece.text.size() > kMaxUnusedBytes) {
    reader.bad("the unused " + named() + " has " + std::to_string(piece.text.size()) +
               " bytes, allowed " + std::to_string(kMaxUnusedBytes));
  }
  if (piece.text.empty()) reader.bad(named() + " has no text");
  return piece;
}

void read_trainer(WireReader reader, SentencePieceFile* out) {
  const auto id = [&] {
    return static_cast<std::int64_t>(
        static_cast<std::int32_t>(static_cast<std::uint32_t>(reader.varint())));
  };
  while (reader.next()) {
    if (reader.number() == 3) {
      const std::uint64_t type = reader.varint();
      if (type < 1 || type > 4) {
        reader.bad("model_type is " + std::to_string(type) + ", allowed 1 to 4");
      }
      out->model_type = static_cast<int>(type);
    } else if (reader.number() == 24) {
      if (reader.varint() != 0) {
        throw TokenizerFault(
            ErrorCode::Unsupported,
            std::string("trainer_spec › treat_whitespace_as_suffix: true") + kCannotReproduce);
      }
    } else if (reader.number() == 41) {
      out->bos = id();
    } else if (reader.number() == 42) {
      out->eos = id();
    } else {
      reader.skip();
    }
  }
}

void read_normalizer(WireReader reader, SentencePieceFile* out) {
  while (reader.next()) {
    if (reader.number() == 2) {
      const std::string_view charsmap = reader.bytes();
      check_charsmap(charsmap, reader.at() - charsmap.size());
    } else if (reader.number() == 3) {
      out->add_dummy_prefix = reader.varint() != 0;
    } else {
      reader.skip();
    }
  }
}

}  // namespace

SentencePieceFile parse_sentencepiece_file(std::string_view model) {
  if (model.size() > kMaxFileBytes) {
    throw TokenizerFault(ErrorCode::LimitExceeded, "found " + std::to_string(model.size()) +
                                                       " bytes, allowed " +
                                                       std::to_string(kMaxFileBytes));
  }
  SentencePieceFile file;
  WireReader reader(model, 0, model.size(), "ModelProto");
  bool has_trainer = false;
  bool has_normalizer = false;
  while (reader.next()) {
    if (reader.number() == 1) {
      if (file.pieces.size() > static_cast<std::size_t>(kMaxTokenId)) reader.bad("too many pieces");
      file.pieces.push_back(read_piece(reader.message("piece"), file.pieces.size()));
    } else if (reader.number() == 2) {
      if (std::exchange(has_trainer, true)) reader.bad("a second trainer_spec");
      read_trainer(reader.message("trainer_spec"), &file);
    } else if (reader.number() == 3) {
      if (std::exchange(has_normalizer, true)) reader.bad("a second normalizer_spec");
      read_normalizer(reader.message("normalizer_spec"), &file);
    } else if (reader.number() == 5) {
      WireReader denormalizer = reader.message("denormalizer_spec");
      SentencePieceFile ignored;
      read_normalizer(denormalizer, &ignored);
    } else {
      reader.skip();
    }
  }
  if (file.pieces.empty()) {
    throw TokenizerFault(ErrorCode::InvalidFile, "ModelProto › field 1: no pieces");
  }
  return file;
}

void check_charsmap(std::string_view charsmap, std::size_t file_offset) {
  if (charsmap.empty()) return;  // text stays as it is
  const char* const name = "normalizer_spec › precompiled_charsmap";
  std::uint32_t trie_bytes = 0;
  if (charsmap.size() < 4) fault(name, file_offset, "shorter than its own length field");
  std::memcpy(&trie_bytes, charsmap.data(), 4);
  if (trie_bytes >= charsmap.size() - 4 || trie_bytes % 4 != 0 || trie_bytes < 1024) {
    fault(name, file_offset,
          "a trie of " + std::to_string(trie_bytes) + " bytes in a table of " +
              std::to_string(charsmap.size()));
  }
  const std::string_view texts = charsmap.substr(4 + std::size_t{trie_bytes});
  if (texts.back() != '\0') fault(name, file_offset, "its last text has no end");
  std::vector<std::uint32_t> units(trie_bytes / 4);
  std::memcpy(units.data(), charsmap.data() + 4, trie_bytes);
  const auto offset_of = [](std::uint32_t unit) { return (unit >> 10) << ((unit & 512) >> 6); };
  // Lookups go from a node to (its base ^ byte); each base is looked at once.
  std::vector<bool> seen(units.size());
  std::vector<std::size_t> bases{offset_of(units[0])};
  while (!bases.empty()) {
    const std::size_t base = bases.back();
    bases.pop_back();
    if ((base | 255) >= units.size()) {
      fault(name, file_offset,
            "its trie leads to node " + std::to_string(base | 255) + " of " +
                std::to_string(units.size()));
    }
    if (seen[base]) continue;
    seen[base] = true;
    for (std::size_t byte = 1; byte < 256; ++byte) {
      const std::size_t node = base ^ byte;
      const std::uint32_t unit = units[node];
      if ((unit & 0x800000FFU) != byte) continue;
      const std::size_t below = node ^ offset_of(unit);
      if ((unit & 256) != 0) {
        if (below >= units.size() || (units[below] & 0x7FFFFFFFU) >= texts.size()) {
          fault(name, file_offset,
                "its trie's node " + std::to_string(node) + " leads beyond its texts");
        }
      }
      bases.push_back(below);
    }
  }
}

}  // namespace engine
