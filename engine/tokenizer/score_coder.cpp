#include "engine/tokenizer/score_coder.h"

#include "engine/tokenizer/metaspace_text.h"
#include "engine/tokenizer/utf8.h"

namespace engine {

void ScoreCoder::encode(std::string_view text, std::size_t begin, std::size_t end,
                        PieceCache* /*cache*/, std::vector<BpeToken>* out) const {
  if (begin == end) return;
  const MetaspaceText spelt(text.substr(begin, end - begin), setup_.space_prefix);
  std::vector<PieceMerger::Part> parts;
  for (std::uint32_t at = 0; at < spelt.text.size();) {
    std::uint32_t length = 0;
    decode_valid_utf8(spelt.text.data() + at, &length);
    parts.push_back({at, length, -1});
    at += length;
  }
  setup_.merger.merge(vocabulary_, spelt.text, &parts);
  std::uint32_t covered = 0;  // of the original
  const auto emit = [&](std::int32_t id, std::uint32_t upto) {
    out->push_back({id, spelt.origin[upto] - covered});
    covered = spelt.origin[upto];
  };
  for (const PieceMerger::Part& part : parts) {
    const std::uint32_t part_end = part.begin + part.length;
    if (part.id >= 0) {
      emit(part.id, part_end);
      continue;
    }
    for (std::uint32_t at = part.begin; at < part_end; ++at) {
      const std::int32_t byte = setup_.byte_ids[static_cast<unsigned char>(spelt.text[at])];
      if (byte >= 0) {
        emit(byte, at + 1);
      } else if (setup_.unknown >= 0) {
        emit(setup_.unknown, part_end);
        break;
      }
    }
  }
}

}  // namespace engine
