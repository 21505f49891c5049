#include "engine/tokenizer/vocabulary_loader.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/byte_level_coder.h"
#include "engine/tokenizer/score_coder.h"
#include "engine/tokenizer/tokenizer_fault.h"
#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

enum class Type : std::int32_t { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };

[[noreturn]] void fault(const std::string& problem) {
  throw TokenizerFault(ErrorCode::InvalidFile, problem);
}

std::string token_name(std::size_t id) {
  return "tokenizer.ggml.tokens[" + std::to_string(id) + "]";
}

class ListingLoader {
 public:
  ListingLoader(const VocabularyListing& listing, TokenizerTables* tables)
      : listing_(listing), tables_(*tables) {}

  void load() {
    check_lengths();
    tables_.vocabulary.reserve(listing_.tokens.size());
    tables_.flags.resize(listing_.tokens.size());
    const bool by_scores = listing_.model == "llama";
    if (!by_scores && listing_.model != "gpt2") {
      throw TokenizerFault(ErrorCode::Unsupported,
                           "tokenizer.ggml.model: '" + listing_.model.substr(0, 64) +
                               "' is not known, only 'gpt2' and 'llama'" + kCannotReproduce);
    }
    tables_.spelling = by_scores ? TokenSpelling::Metaspace : TokenSpelling::ByteAlphabet;
    for (std::size_t id = 0; id < listing_.tokens.size(); ++id) place_token(id);
    set_special_ids(by_scores);
    tables_.build_added();
    by_scores ? make_score_coder() : make_merge_coder();
  }

 private:
  void check_lengths() const {
    const std::size_t n = listing_.tokens.size();
    const auto check = [n](const char* key, std::size_t found) {
      if (found == 0 || found == n) return;
      fault(std::string(key) + ": found " + std::to_string(found) +
            " entries, where tokenizer.ggml.tokens has " + std::to_string(n));
    };
    if (n == 0) fault("tokenizer.ggml.tokens: empty");
    if (n > static_cast<std::size_t>(kMaxTokenId) + 1) {
      fault("tokenizer.ggml.tokens: found " + std::to_string(n) + " tokens, allowed " +
            std::to_string(kMaxTokenId + 1));
    }
    check("tokenizer.ggml.scores", listing_.scores.size());
    check("tokenizer.ggml.token_type", listing_.token_types.size());
  }

  Type type_of(std::size_t id) const {
    if (listing_.token_types.empty()) {
      const bool byte = listing_.model == "llama" && byte_of_spelling(listing_.tokens[id]);
      return byte ? Type::Byte : Type::Normal;
    }
    const std::int32_t type = listing_.token_types[id];
    if (type < 1 || type > 6) {
      fault("tokenizer.ggml.token_type[" + std::to_string(id) + "]: found " + std::to_string(type) +
            ", allowed 1 to 6");
    }
    return static_cast<Type>(type);
  }

  void place_token(std::size_t at) {
    const std::string& token = listing_.tokens[at];
    const auto id = static_cast<std::int32_t>(at);
    if (token.size() > kMaxTokenBytes) {
      fault(token_name(at) + ": found " + std::to_string(token.size()) + " bytes, allowed " +
            std::to_string(kMaxTokenBytes));
    }
    // Two rows with one spelling: the text means the first one.
    if (token.empty() || !tables_.vocabulary.add(token, id)) {
      tables_.vocabulary.add_unlisted(token, id);
      return;
    }
    switch (type_of(at)) {
      case Type::Normal:
        return tables_.set_flags(id, TokenizerTables::kInModel);
      case Type::Unknown:
      case Type::Control:
        return tables_.place_added(token, id, true, false);
      case Type::UserDefined:
        return tables_.place_added(token, id, false, false);
      case Type::Unused:
        return;
      case Type::Byte:
        return tables_.set_flags(
            id, listing_.model == "llama" ? TokenizerTables::kByte : TokenizerTables::kInModel);
    }
  }

  // The token that a key names; control tokens even where no types are given.
  std::optional<std::int32_t> special(const char* key, std::optional<std::int32_t> id,
                                      std::optional<std::int32_t> by_default) {
    const std::size_t n = listing_.tokens.size();
    const std::optional<std::int32_t> found = id ? id : by_default;
    if (!found) return found;
    if (*found < 0 || static_cast<std::size_t>(*found) >= n) {
      fault(std::string(key) + ": id " + std::to_string(*found) + (id ? "" : " (the default)") +
            " is outside the vocabulary of " + std::to_string(n) + " tokens");
    }
    const std::uint8_t flags = tables_.flags_of(*found);
    if ((flags & TokenizerTables::kAdded) == 0 && listing_.token_types.empty()) {
      tables_.place_added(tables_.vocabulary.spelling(*found), *found, true, false);
    }
    return found;
  }

  void set_special_ids(bool by_scores) {
    const auto or_default = [by_scores](std::int32_t id) {
      return by_scores ? std::optional(id) : std::nullopt;
    };
    tables_.bos = special("tokenizer.ggml.bos_token_id", listing_.bos, or_default(1));
    tables_.eos = special("tokenizer.ggml.eos_token_id", listing_.eos, or_default(2));
    tables_.eot = special("tokenizer.ggml.eot_token_id", listing_.eot, {});
    special("tokenizer.ggml.padding_token_id", listing_.padding, {});
    unknown_ = special("tokenizer.ggml.unknown_token_id", listing_.unknown, or_default(0));
    if (tables_.bos) tables_.bos_text = tables_.vocabulary.spelling(*tables_.bos);
    if (tables_.eos) tables_.eos_text = tables_.vocabulary.spelling(*tables_.eos);
  }

  void make_score_coder() {
    ScoreCoder::Setup setup;
    set_byte_tokens(&setup.byte_ids);
    setup.unknown = unknown_.value_or(-1);
    setup.space_prefix = listing_.add_space_prefix.value_or(true);
    set_ranks(&setup.merger);
    tables_.drops_first_space = setup.space_prefix;
    tables_.adds_bos = listing_.add_bos.value_or(true);
    tables_.coder = std::make_unique<ScoreCoder>(tables_.vocabulary, std::move(setup));
  }

  void set_byte_tokens(std::array<std::int32_t, 256>* byte_ids) {
    byte_ids->fill(-1);
    bool any = false;
    for (std::size_t at = 0; at < listing_.tokens.size(); ++at) {
      if (type_of(at) != Type::Byte) continue;
      const auto byte = byte_of_spelling(listing_.tokens[at]);
      const std::string shown = token_name(at) + ": '" + listing_.tokens[at].substr(0, 64) + "' ";
      if (!byte) fault(shown + "is of type byte, but not spelt <0x00> to <0xFF>");
      if ((*byte_ids)[*byte] >= 0) {
        fault(shown + "stands for the same byte as id " + std::to_string((*byte_ids)[*byte]));
      }
      (*byte_ids)[*byte] = static_cast<std::int32_t>(at);
      any = true;
    }
    std::string missing;
    for (unsigned byte = 0; any && byte < 256; ++byte) {
      if ((*byte_ids)[byte] < 0) missing += ' ' + spelling_of_byte(static_cast<std::uint8_t>(byte));
    }
    if (!missing.empty()) fault("tokenizer.ggml.tokens: no token for the bytes" + missing);
  }

  // Higher scores first, equal ones alike.
  void set_ranks(PieceMerger* merger) const {
    std::vector<std::int32_t> order;
    for (std::size_t at = 0; at < listing_.tokens.size(); ++at) {
      if (!listing_.scores.empty() && !std::isfinite(listing_.scores[at])) {
        fault("tokenizer.ggml.scores[" + std::to_string(at) + "]: not a finite number");
      }
      const auto id = static_cast<std::int32_t>(at);
      if ((tables_.flags_of(id) & TokenizerTables::kInModel) != 0) order.push_back(id);
    }
    const auto score = [&](std::int32_t id) {
      return listing_.scores.empty() ? 0.0F : listing_.scores[static_cast<std::size_t>(id)];
    };
    std::sort(order.begin(), order.end(),
              [&](std::int32_t a, std::int32_t b) { return score(a) > score(b); });
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0 && score(order[i]) < score(order[i - 1])) ++rank;
      merger->set_rank(order[i], rank, tables_.vocabulary.spelling(order[i]).size());
    }
  }

  void make_merge_coder() {
    const std::string& pre = listing_.pre;
    auto named = pre_tokenizer_named(pre);
    if (!named) {
      throw TokenizerFault(ErrorCode::Unsupported,
                           "tokenizer.ggml.pre: '" + pre.substr(0, 64) +
                               "' is not a pre-tokenizer that this program knows" +
                               kCannotReproduce);
    }
    ByteLevelCoder::Setup setup;
    setup.pre_tokenizer = std::move(named->pre_tokenizer);
    setup.pre_tokenizer_name = pre.empty() ? "default (the file names none)" : pre;
    setup.ignore_merges = named->ignore_merges;
    read_merges(&setup.bpe);
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string spelling;
      append_utf8(&spelling, byte_to_character(static_cast<std::uint8_t>(byte)));
      const auto id = tables_.vocabulary.find(spelling);
      if (id && (tables_.flags_of(*id) & TokenizerTables::kInModel) != 0) {
        setup.bpe.set_byte(static_cast<std::uint8_t>(byte), *id);
      }
    }
    for (const std::uint8_t flags : tables_.flags) {
      setup.in_model.push_back(flags & TokenizerTables::kInModel);
    }
    tables_.adds_bos = listing_.add_bos.value_or(named->adds_bos);
    tables_.coder = std::make_unique<ByteLevelCoder>(tables_.vocabulary, std::move(setup));
  }

  void read_merges(BpeModel* bpe) const {
    bpe->reserve_merges(listing_.merges.size());
    std::string joined;
    for (std::size_t index = 0; index < listing_.merges.size(); ++index) {
      const std::string_view line = listing_.merges[index];
      const std::string where = "tokenizer.ggml.merges[" + std::to_string(index) + "]: '" +
                                std::string(line.substr(0, 200)) + "' ";
      const std::size_t space = line.find(' ', 1);
      if (space == line.npos || line.empty()) {
        fault(where + "is not two tokens with a space between them");
      }
      const auto id_of = [&](std::string_view part) {
        const auto id = tables_.vocabulary.find(part);
        if (!id) {
          fault(where + "names '" + std::string(part.substr(0, 200)) +
                "', which is not in the vocabulary");
        }
        return *id;
      };
      const std::int32_t left = id_of(line.substr(0, space));
      const std::int32_t right = id_of(line.substr(space + 1));
      joined.assign(line, 0, space);
      joined += line.substr(space + 1);
      if (const auto earlier = bpe->add_merge(left, right, id_of(joined))) {
        fault(where + "repeats merges[" + std::to_string(*earlier) + "]");
      }
    }
  }

  const VocabularyListing& listing_;
  TokenizerTables& tables_;
  std::optional<std::int32_t> unknown_;
};

}  // namespace

void read_vocabulary_listing(const VocabularyListing& listing, TokenizerTables* tables) {
  ListingLoader(listing, tables).load();
}

std::optional<NamedPreTokenizer> pre_tokenizer_named(std::string_view pre) {
  using enum SplitKind;
  const auto steps = [](std::initializer_list<SplitKind> kinds) {
    std::vector<SplitStep> list;
    for (const SplitKind kind : kinds) list.push_back({kind, {}});
    return PreTokenizer(std::move(list));
  };
  const auto is_one_of = [pre](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), pre) != names.end();
  };
  NamedPreTokenizer named;
  if (is_one_of({"deepseek-llm"})) {
    named.pre_tokenizer = steps(
        {LineBreak, CasedWord, PunctuationRun, TrailingSpace, WideScriptRun, IndividualDigits});
  } else if (is_one_of({"deepseek-coder"})) {
    named.pre_tokenizer =
        steps({LineBreak, LetterWord, UnicodePunctuation, WideScriptRun, IndividualDigits});
  } else if (is_one_of({"deepseek-v3"})) {
    named.pre_tokenizer = steps({NumbersUpTo3, CjkRun, DeepSeekV3Words});
  } else if (is_one_of({"kimi-k2"})) {
    named.pre_tokenizer = steps({KimiWords});
  } else if (is_one_of({"llama3", "llama-v3", "llama-bpe", "falcon3", "dbrx", "smaug-bpe"})) {
    named.pre_tokenizer = steps({Cl100kWords});
    named.ignore_merges = !is_one_of({"dbrx", "smaug-bpe"});
    named.adds_bos = named.ignore_merges;
  } else if (is_one_of({"qwen2", "deepseek-r1-qwen"})) {
    named.pre_tokenizer = steps({Qwen2Words});
  } else if (is_one_of({"gpt-2", "phi-2"})) {
    named.pre_tokenizer = steps({Gpt2Words});
  } else if (is_one_of({"default", ""})) {
    named.pre_tokenizer = steps({DefaultPunctuation, Gpt2Words, Numbers, ThreeAsciiDigits});
  } else {
    return std::nullopt;
  }
  return named;
}

}  // namespace engine
