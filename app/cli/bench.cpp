// bench: how fast this checkpoint runs here, against what the machine can do at most. Tokens are
// pseudo-random ids, so no tokenizer is needed.
#include "app/cli/bench.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "engine/base/thread_pool.h"
#include "engine/runtime/random.h"
#include "engine/runtime/recorder.h"

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 24;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
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

/// Where the largest of some numbers stands. Sixteen at a time, or this would be a percent of what
/// is measured.
std::size_t placeOfLargest(const std::vector<float>& values) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> largest;
  largest.fill(values.front());
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = values[i + lane];
      largest[lane] = largest[lane] < value ? value : largest[lane];
    }
  }
  float most = *std::max_element(largest.begin(), largest.end());
  for (; i < values.size(); ++i) most = std::max(most, values[i]);
  const auto place = std::find(values.begin(), values.end(), most);
  return static_cast<std::size_t>(place - values.begin()) % values.size();
}

/// Whole numbers separated by commas.
Result<std::vector<std::int64_t>> numberList(std::string_view option, const std::string& text,
                                             std::int64_t least) {
  std::vector<std::int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number < least || number > kMostTokens ||
        (rest != end && *rest != ',')) {
      return fail(ErrorCode::InvalidArgument,
                  std::string(option) + ": entry " + std::to_string(numbers.size() + 1) + " of '" +
                      text + "' is not a whole number from " + std::to_string(least) + " to " +
                      std::to_string(kMostTokens));
    }
    numbers.push_back(number);
    if (rest == end) return numbers;
    at = rest + 1;
  }
}

Result<BenchPlan> benchPlan(const Arguments& arguments) {
  BenchPlan plan;
  ASSIGN_OR_RETURN(const std::string prompts, arguments.requiredText("--prompt-tokens"));
  RETURN_IF_ERROR(arguments.requiredText("--gen-tokens"));
  ASSIGN_OR_RETURN(plan.promptSizes, numberList("--prompt-tokens", prompts, 1));
  ASSIGN_OR_RETURN(plan.nGenerate, arguments.integer("--gen-tokens", 0, 0, kMostTokens));
  ASSIGN_OR_RETURN(plan.nRepeats, arguments.integer("--repeat", 3, 1, 1000));
  if (const auto depths = arguments.text("--depth")) {
    ASSIGN_OR_RETURN(plan.depths, numberList("--depth", *depths, 0));
  }
  const std::string record = arguments.text("--record").value_or("on");
  if (record != "on" && record != "off" && record != "both") {
    return fail(ErrorCode::InvalidArgument,
                "--record: found '" + record + "', allowed on, off, both");
  }
  plan.record = record != "off";
  plan.compareRecording = record == "both";
  plan.profile = arguments.has("--profile");
  return plan;
}

/// The session under measurement and its pseudo-random text.
class Bench {
 public:
  Bench(const BenchPlan& plan, engine::Session& session, ProfilingBackend* profiler)
      : plan_(plan),
        session_(session),
        profiler_(profiler),
        logits_(static_cast<std::size_t>(session.config().vocab_size)) {}

  Result<void> run(BenchResult* result);

 private:
  Result<void> forward(std::span<const engine::TokenId> tokens, bool record, bool last);
  Result<void> fill(std::int64_t length, bool record);
  Result<double> prefill(std::int64_t n, bool record);
  Result<double> decode(std::int64_t depth, bool record);
  template <class Once>
  Result<void> repeat(const Once& once, std::int64_t n_tokens, BenchPhase* phase);
  engine::TokenId randomToken() {
    const auto n = static_cast<std::uint64_t>(session_.config().vocab_size);
    return engine::TokenId(static_cast<std::int32_t>(random_.next() % n));
  }

  const BenchPlan& plan_;
  engine::Session& session_;
  ProfilingBackend* profiler_;  // null without --profile
  std::vector<float> logits_;
  engine::Random random_{1};
};

Result<void> Bench::forward(std::span<const engine::TokenId> tokens, bool record, bool last) {
  std::optional<engine::RoutingRecorder> recorder;
  if (record) {
    recorder.emplace(session_.config(), session_.length(), static_cast<std::int64_t>(tokens.size()),
                     engine::RoutingRecorder::Wants{last, {}, false});
  }
  return session_.extend(tokens, recorder ? &*recorder : nullptr, {},
                         last ? std::span(logits_) : std::span<float>());
}

/// Random tokens up to `length`, in prefill chunks; the logits of the last one.
Result<void> Bench::fill(std::int64_t length, bool record) {
  while (session_.length() < length) {
    const std::int64_t n = std::min(length - session_.length(), session_.longest_chunk());
    std::vector<engine::TokenId> tokens;
    for (std::int64_t i = 0; i < n; ++i) tokens.push_back(randomToken());
    const bool last = session_.length() + n == length;
    RETURN_IF_ERROR(forward(tokens, record, last));
  }
  return {};
}

Result<double> Bench::prefill(std::int64_t n, bool record) {
  session_.truncate(0);
  const auto begin = Clock::now();
  RETURN_IF_ERROR(fill(n, record));
  return secondsSince(begin);
}

Result<double> Bench::decode(std::int64_t depth, bool record) {
  session_.truncate(depth);
  RETURN_IF_ERROR(fill(depth, record));
  if (profiler_ != nullptr) profiler_->takeEntries();
  const auto begin = Clock::now();
  for (std::int64_t i = 0; i < plan_.nGenerate; ++i) {
    const engine::TokenId token(static_cast<std::int32_t>(placeOfLargest(logits_)));
    RETURN_IF_ERROR(forward(std::span(&token, 1), record, true));
  }
  return secondsSince(begin);
}

/// once(record) gives the seconds of one measurement of n_tokens.
template <class Once>
Result<void> Bench::repeat(const Once& once, std::int64_t n_tokens, BenchPhase* phase) {
  const auto rate = [&](double seconds) {
    return static_cast<double>(n_tokens) / std::max(seconds, 1e-9);
  };
  for (std::int64_t i = 0; i < plan_.nRepeats; ++i) {
    if (profiler_ != nullptr) profiler_->takeEntries();
    ASSIGN_OR_RETURN(const double seconds, once(plan_.record));
    phase->rates.push_back(rate(seconds));
    if (profiler_ != nullptr) {
      phase->profile = profiler_->takeEntries();
      phase->profiledSeconds = seconds;
    }
    if (!plan_.compareRecording) continue;
    ASSIGN_OR_RETURN(const double unrecorded, once(false));
    phase->ratesUnrecorded.push_back(rate(unrecorded));
  }
  return {};
}

Result<void> Bench::run(BenchResult* result) {
  for (const std::int64_t n : plan_.promptSizes) {
    BenchPhase& phase = result->prefill.emplace_back();
    phase.nTokens = n;
    RETURN_IF_ERROR(repeat([&](bool record) { return prefill(n, record); }, n, &phase));
  }
  if (plan_.nGenerate == 0) return {};
  const std::vector<std::int64_t> depths =
      plan_.depths.empty() ? std::vector{plan_.promptSizes.front()} : plan_.depths;
  for (const std::int64_t depth : depths) {
    BenchPhase& phase = result->decode.emplace_back();
    phase.nTokens = depth;
    RETURN_IF_ERROR(
        repeat([&](bool record) { return decode(depth, record); }, plan_.nGenerate, &phase));
  }
  return {};
}

std::int64_t longest(const std::vector<std::int64_t>& numbers) {
  return numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
}

}  // namespace

Result<void> runBench(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const BenchPlan plan, benchPlan(arguments));
  const std::int64_t needed =
      std::max(longest(plan.promptSizes), longest(plan.depths)) + plan.nGenerate;
  ProfilingBackend* profiler = nullptr;
  engine::BackendWrapper wrap;
  if (plan.profile) {
    wrap = [&profiler](std::unique_ptr<engine::Backend> inner) {
      auto outer = std::make_unique<ProfilingBackend>(std::move(inner));
      profiler = outer.get();
      return std::unique_ptr<engine::Backend>(std::move(outer));
    };
  }
  ASSIGN_OR_RETURN(const auto model, loadModel(arguments, needed, wrap));
  if (profiler != nullptr) profiler->nameWeights(model->transformer->weights());
  RETURN_IF_ERROR(model->session->check_room(needed));
  BenchResult result;
  const int nThreads = model->info->options.backend.n_threads;
  RETURN_IF_ERROR(Bench(plan, *model->session, profiler).run(&result));
  result.peakMemoryBytes = peakMemoryBytes();
  ASSIGN_OR_RETURN(result.limits,
                   measureMachineLimits(nThreads > 0 ? nThreads : engine::usable_processors()));
  std::cout << (arguments.has("--json") ? benchToJson(plan, result, *model->info)
                                        : benchToText(plan, result, *model->info));
  return {};
}

}  // namespace app::cli
