// bench: how fast this checkpoint runs here. Tokens are pseudo-random ids, so no tokenizer is
// needed; every repeat starts from an empty cache.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/runtime/random.h"
#include "engine/runtime/recorder.h"

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 24;

struct BenchPlan {
  std::int64_t n_prompt = 0;
  std::int64_t n_generate = 0;
  std::int64_t n_repeats = 0;
  bool record = true;
};

struct BenchResult {
  std::vector<double> prefill;  // tokens per second, one per repeat
  std::vector<double> decode;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The largest resident size this process ever had.
std::int64_t peakMemoryBytes() {
  std::ifstream status("/proc/self/status");
  std::string key;
  std::int64_t kibibytes = 0;
  while (status >> key) {
    if (key == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    status.ignore(4096, '\n');
  }
  return 0;
}

Result<void> forward(std::span<const engine::TokenId> tokens, bool record, bool last,
                     engine::Session& session) {
  std::optional<engine::RoutingRecorder> recorder;
  if (record) {
    recorder.emplace(session.config(), session.length(), static_cast<std::int64_t>(tokens.size()),
                     engine::RoutingRecorder::Wants{last, {}});
  }
  return session.extend(tokens, recorder ? &*recorder : nullptr, {});
}

double tokensPerSecond(std::int64_t n_tokens, Clock::time_point begin) {
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  return static_cast<double>(n_tokens) / std::max(elapsed.count(), 1e-9);
}

Result<void> measurePrefill(std::span<const engine::TokenId> prompt, bool record,
                            std::vector<float>& logits, engine::Session& session) {
  const auto n_prompt = static_cast<std::int64_t>(prompt.size());
  while (session.length() < n_prompt) {
    const std::int64_t first = session.length();
    const std::int64_t n = std::min(n_prompt - first, session.longest_chunk());
    RETURN_IF_ERROR(forward(
        prompt.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)), record,
        first + n == n_prompt, session));
    if (first + n == n_prompt) session.logits(n - 1, 1, logits);
  }
  return {};
}

Result<void> measureOnce(const BenchPlan& plan, std::span<const engine::TokenId> prompt,
                         engine::Session& session, BenchResult* result) {
  std::vector<float> logits(static_cast<std::size_t>(session.config().vocab_size));
  session.truncate(0);
  const auto prefill_begin = Clock::now();
  RETURN_IF_ERROR(measurePrefill(prompt, plan.record, logits, session));
  result->prefill.push_back(tokensPerSecond(plan.n_prompt, prefill_begin));
  if (plan.n_generate == 0) return {};
  const auto decode_begin = Clock::now();
  for (std::int64_t i = 0; i < plan.n_generate; ++i) {
    const auto best = std::max_element(logits.begin(), logits.end());
    const engine::TokenId token(static_cast<std::int32_t>(best - logits.begin()));
    RETURN_IF_ERROR(forward(std::span(&token, 1), plan.record, true, session));
    session.logits(0, 1, logits);
  }
  result->decode.push_back(tokensPerSecond(plan.n_generate, decode_begin));
  return {};
}

Result<BenchPlan> benchPlan(const Arguments& arguments) {
  BenchPlan plan;
  RETURN_IF_ERROR(arguments.requiredText("--prompt-tokens"));
  RETURN_IF_ERROR(arguments.requiredText("--gen-tokens"));
  ASSIGN_OR_RETURN(plan.n_prompt, arguments.integer("--prompt-tokens", 0, 1, kMostTokens));
  ASSIGN_OR_RETURN(plan.n_generate, arguments.integer("--gen-tokens", 0, 0, kMostTokens));
  ASSIGN_OR_RETURN(plan.n_repeats, arguments.integer("--repeat", 3, 1, 1000));
  const std::string record = arguments.text("--record").value_or("on");
  if (record != "on" && record != "off") {
    return fail(ErrorCode::InvalidArgument, "--record: found '" + record + "', allowed on, off");
  }
  plan.record = record == "on";
  return plan;
}

void print(const BenchPlan& plan, const BenchResult& result, const engine::ModelInfo& info,
           bool as_json) {
  const double prefill = median(result.prefill);
  const double decode = median(result.decode);
  const auto bytes_per_second = decode * static_cast<double>(info.bytes_read_per_token);
  const std::int64_t peak = peakMemoryBytes();
  if (as_json) {
    const nlohmann::ordered_json json{
        {"model", info.path},
        {"backend", info.backend_description},
        {"prompt_tokens", plan.n_prompt},
        {"gen_tokens", plan.n_generate},
        {"repeat", plan.n_repeats},
        {"record", plan.record ? "on" : "off"},
        {"prefill_chunk", info.options.prefill_chunk},
        {"load_seconds", info.load_seconds},
        {"prefill_tokens_per_second",
         {{"each", result.prefill}, {"median", prefill}}},
        {"decode_tokens_per_second", {{"each", result.decode}, {"median", decode}}},
        {"weight_bytes", info.weight_bytes},
        {"cache_bytes", info.cache_bytes},
        {"bytes_read_per_token", info.bytes_read_per_token},
        {"decode_bytes_per_second", bytes_per_second},
        {"peak_memory_bytes", peak}};
    std::cout << json.dump(2) << '\n';
    return;
  }
  const auto list = [](const char* label, const std::vector<double>& each, double middle) {
    std::cout << label << middle << " tokens/s (each:";
    for (const double value : each) std::cout << ' ' << value;
    std::cout << ")\n";
  };
  std::cout << info.path << " · " << info.backend_description << '\n'
            << "load      " << info.load_seconds << " s\n";
  list("prefill   ", result.prefill, prefill);
  list("decode    ", result.decode, decode);
  std::cout << "reads     " << info.bytes_read_per_token << " bytes per token, "
            << bytes_per_second / 1e9 << " GB/s\n"
            << "memory    " << peak << " bytes at most\n";
}

}  // namespace

Result<void> runBench(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const BenchPlan plan, benchPlan(arguments));
  ASSIGN_OR_RETURN(const auto model, loadModel(arguments, plan.n_prompt + plan.n_generate));
  engine::Session& session = *model->session;
  RETURN_IF_ERROR(session.check_room(plan.n_prompt + plan.n_generate));
  engine::Random random(1);
  std::vector<engine::TokenId> prompt;
  const auto vocab_size = static_cast<std::uint64_t>(session.config().vocab_size);
  for (std::int64_t i = 0; i < plan.n_prompt; ++i) {
    prompt.emplace_back(static_cast<std::int32_t>(random.next() % vocab_size));
  }
  BenchResult result;
  for (std::int64_t i = 0; i < plan.n_repeats; ++i) {
    RETURN_IF_ERROR(measureOnce(plan, prompt, session, &result));
  }
  print(plan, result, *model->info, arguments.has("--json"));
  return {};
}

}  // namespace app::cli
