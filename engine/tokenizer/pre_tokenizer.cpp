#include "engine/tokenizer/pre_tokenizer.h"

namespace engine {

void PreTokenizer::split(const UnicodeClasses& classes, std::string_view text, std::size_t begin,
                         std::size_t end, std::vector<std::size_t>* ends) const {
  ends->clear();
  if (begin == end) return;
  ends->push_back(end);
  std::vector<std::size_t> refined;
  for (const SplitStep& step : steps_) {
    refined.clear();
    std::size_t from = begin;
    for (const std::size_t to : *ends) {
      split_piece(classes, step, text, from, to, &refined);
      from = to;
    }
    ends->swap(refined);
  }
}

std::string PreTokenizer::family() const {
  struct Family {
    const char* name;
    std::vector<SplitKind> kinds;
  };
  using enum SplitKind;
  const Family families[] = {
      {"deepseek-v3", {NumbersUpTo3, CjkRun, DeepSeekV3Words}},
      {"deepseek-llm",
       {LineBreak, CasedWord, PunctuationRun, TrailingSpace, WideScriptRun, IndividualDigits}},
      {"deepseek-coder",
       {LineBreak, LetterWord, UnicodePunctuation, WideScriptRun, IndividualDigits}},
      {"gpt2", {Gpt2Words}},
      {"cl100k", {Cl100kWords}},
      {"qwen2", {Qwen2Words}},
      {"kimi", {KimiWords}},
  };
  std::vector<SplitKind> kinds;
  for (const SplitStep& step : steps_) kinds.push_back(step.kind);
  for (const Family& family : families) {
    if (family.kinds == kinds) return family.name;
  }
  return {};
}

}  // namespace engine
