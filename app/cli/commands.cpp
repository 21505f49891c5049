#include "app/cli/commands.h"

#include <vector>

namespace app::cli {

namespace {

CommandSpec perplexityCommand() {
  return {"perplexity",
          "how well the model predicts a text: nats per token, over windows of --context tokens "
          "that follow each other without overlap",
          {{"--json", "", "one object"}},
          runPerplexity,
          {"MODEL", "FILE"}};
}

CommandSpec quantizeCommand() {
  return {"quantize",
          "writes a model as one GGUF file, in another type",
          {{"--type", "T", "bf16, q8_0, q4_k (llama.cpp's Q4_K_M mixture) or f32"},
           {"--threads", "N", "CPU threads; default: the cores this process may use"},
           {"--no-tokenizer", "", "leave the tokenizer out"},
           {"--force", "", "replace OUT.gguf when it is there"}},
          runQuantize,
          {"MODEL", "OUT.gguf"},
          false};
}

CommandSpec makeRandomCommand() {
  return {"make-random",
          "writes a model of random weights, for measurements anyone can repeat",
          {{"--shape", "S", "whose shape; --shape list lists them"},
           {"--type", "T", "bf16, q8_0, q4_k_m or f32"},
           {"--out", "F.gguf", "where to write"},
           {"--layers", "N", "fewer layers than the shape has"},
           {"--seed", "N", "same seed, same bytes; default 1"},
           {"--force", "", "replace the file when it is there"}},
          runMakeRandom,
          {},
          false};
}

}  // namespace

std::span<const CommandSpec> commands() {
  static const std::vector<CommandSpec> table{
      {"info",
       "what the checkpoint is, what is missing or wrong, and what it needs",
       {{"--json", "", "the report as one JSON object"}},
       runInfo},
      {"tokenize",
       "text to token ids, without BOS",
       {{"--text", "T", "the text"},
        {"--file", "F", "a file with the text; - is standard input"},
        {"--lines", "F", "a JSON array of strings; the answer is a JSON array of arrays"},
        {"--special", "", "let control tokens in the text become their ids"},
        {"--json", "", "ids as a JSON array"}},
       runTokenize},
      {"detokenize", "token ids to text", {{"--ids", "1,2,3", "token ids"}}, runDetokenize},
      {"render",
       "the exact prompt the chat template makes of messages",
       {{"--messages", "F.json", "a JSON array of {\"role\", \"content\"}"},
        {"--template", "NAME", "a built-in template instead of the checkpoint's, or Jinja text"}},
       runRender},
      {"logits",
       "float32 logits of every token, [n_tokens, vocab_size]",
       {{"--ids", "1,2,3", "token ids"}, {"--out", "F.npy", "where to write"}},
       runLogits},
      {"trace",
       "routing and latents of every token, and where attention reads",
       {{"--ids", "1,2,3", "token ids"},
        {"--attention", "", "with attention weights and scores [layers, heads, tokens, tokens]"},
        {"--out", "F.safetensors", "where to write"}},
       runTrace},
      {"generate",
       "an answer, streamed",
       {{"--prompt", "T", "what the user says"},
        {"--system", "S", "system prompt"},
        {"--raw", "", "the prompt as it is, after BOS, without the chat template"},
        {"--max-tokens", "N", "tokens of the answer at most"},
        {"--temperature", "X", "0: always the most probable token"},
        {"--top-k", "N", "only the N most probable; 0: off"},
        {"--top-p", "X", "only the most probable that reach X together"},
        {"--min-p", "X", "only those at least X times as probable as the best"},
        {"--repetition-penalty", "X", "above 1: against repeating the context"},
        {"--seed", "N", "same seed, same answer"},
        {"--speculation", "S",
         "draft with the MTP module: auto (default), off, always; same answer"},
        {"--json", "", "one object with ids, text, timings and stop reason"}},
       runGenerate},
      {"bench",
       "load time, prefill and decode speed against the machine's limits, memory",
       {{"--prompt-tokens", "P,Q", "tokens of the prompts, one measurement each"},
        {"--gen-tokens", "N", "tokens to decode"},
        {"--depth", "D,E", "decode behind so many tokens; default: behind the first prompt"},
        {"--repeat", "R", "times to measure, default 3"},
        {"--record", "on|off|both", "record routing while measuring, default on; both: its cost"},
        {"--profile", "", "where the time goes, by kind of operation"},
        {"--json", "", "one object"}},
       runBench},
      perplexityCommand(),
      quantizeCommand(),
      makeRandomCommand()};
  return table;
}

}  // namespace app::cli
