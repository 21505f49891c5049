// The normalizer, pre_tokenizer and decoder of tokenizer.json, as far as they can be reproduced.
#pragma once

#include <optional>
#include <vector>

#include "engine/tokenizer/json_input.h"
#include "engine/tokenizer/metaspace_coder.h"
#include "engine/tokenizer/split_patterns.h"

namespace engine {

struct NormalizerFields {
  bool prepends = false;  // Prepend "▁"
  bool replaces = false;  // Replace " " → "▁"
};

struct PreTokenizerFields {
  bool is_null = false;
  bool byte_level = false;
  std::vector<SplitStep> steps;  // before ByteLevel
  bool metaspace = false;
  MetaspaceCoder::Prefix prefix = MetaspaceCoder::Prefix::UnlessSpace;
  bool split = true;
};

struct DecoderFields {
  bool byte_level = false;
  bool metaspace = false;          // Metaspace, or Replace "▁" → " "
  bool byte_fallback = false;      // "<0x0A>" stands for a byte
  bool drops_first_space = false;  // Strip one space at the start, or Metaspace with a prefix
};

/// All three throw TokenizerFault naming what cannot be reproduced.
NormalizerFields read_normalizer(JsonInput& input);
PreTokenizerFields read_pre_tokenizer(JsonInput& input);
DecoderFields read_decoder(JsonInput& input);

}  // namespace engine
