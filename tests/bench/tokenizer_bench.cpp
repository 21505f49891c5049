// How fast tokenizer.json loads and text is tokenized. With the shared data the DeepSeek-V3
// tokenizer, otherwise the tiny one of the golden tests.
#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>
#include <string>

#include "engine/tokenizer/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string tokenizer_json() {
  std::string text = read_file(BATHYSCOPE_SHARED_DATA "/tokenizers/deepseek-v3/tokenizer.json");
  if (text.empty()) text = read_file(BATHYSCOPE_SOURCE_DIR "/tests/golden/tokenizer_tiny.json");
  return text;
}

// About a megabyte of prose, code and numbers whose words do not all repeat.
std::string mixed_text() {
  const std::string source = read_file(BATHYSCOPE_SOURCE_DIR "/engine/tokenizer/tokenizer.cpp");
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i) {
    text += source.substr(static_cast<std::size_t>(i * 131) % source.size(), 400);
    text += "\n\nParagraph " + std::to_string(i * 7919) + ": the pressure grows, 水圧は増える.\n";
  }
  return text;
}

void load_tokenizer(benchmark::State& state) {
  const std::string json = tokenizer_json();
  for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::from_json(json, ""));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json.size()));
}
BENCHMARK(load_tokenizer)->Unit(benchmark::kMillisecond);

void encode(benchmark::State& state, const std::string& text) {
  const auto tokenizer = Tokenizer::from_json(tokenizer_json(), "");
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->encode_ids(text, true));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void encode_mixed(benchmark::State& state) { encode(state, mixed_text()); }
BENCHMARK(encode_mixed)->Unit(benchmark::kMillisecond);

void encode_one_letter(benchmark::State& state) { encode(state, std::string(1'000'000, 'a')); }
BENCHMARK(encode_one_letter)->Unit(benchmark::kMillisecond);

void encode_one_message(benchmark::State& state) {
  encode(state, "How deep is the Challenger Deep, and who has been there?");
}
BENCHMARK(encode_one_message)->Unit(benchmark::kMicrosecond);

void render_prompt(benchmark::State& state) {
  const auto chat_template = ChatTemplate::built_in("deepseek-v3");
  std::vector<ChatMessage> messages;
  for (int i = 0; i < 40; ++i) {
    messages.push_back({i % 2 == 0 ? Role::User : Role::Assistant, std::string(500, 'x')});
  }
  for (auto _ : state) benchmark::DoNotOptimize(chat_template->render(messages, {}));
}
BENCHMARK(render_prompt)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace engine

BENCHMARK_MAIN();
