// The numbers of a benchmark against what the machine can do, as text and as JSON.
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/cli/bench.h"

namespace app::cli {

using Json = nlohmann::ordered_json;

namespace {

// Largest less smallest, over the median.
double spreadOf(const std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return (*most - *least) / std::max(medianOf(values), 1e-9);
}

bool isQuantised(const engine::ModelInfo& info) {
  return std::any_of(info.report.bytes_by_dtype.begin(), info.report.bytes_by_dtype.end(),
                     [](const auto& entry) { return entry.first.starts_with("Q"); });
}

/// The peak a prompt is held against: 8-bit products where weights are quantised to blocks.
double matrixPeak(const BenchResult& result, const engine::ModelInfo& info) {
  const bool bytes = isQuantised(info) && result.limits.int8OpsPerSecond > 0;
  return bytes ? result.limits.int8OpsPerSecond : result.limits.floatOpsPerSecond;
}

double prefillOpsPerSecond(const BenchPhase& phase, const engine::ModelInfo& info) {
  const double seconds = static_cast<double>(phase.nTokens) / medianOf(phase.rates);
  return prefillOps(info, phase.nTokens) / seconds;
}

double decodeBytesPerSecond(const BenchPhase& phase, const engine::ModelInfo& info) {
  return medianOf(phase.rates) * decodeBytes(info, phase.nTokens);
}

/// What recording costs: the share by which it is slower.
double recordingCost(const BenchPhase& phase) {
  return medianOf(phase.ratesUnrecorded) / std::max(medianOf(phase.rates), 1e-9) - 1;
}

std::vector<std::pair<std::string, ProfilingBackend::Entry>> byTime(const BenchPhase& phase) {
  std::vector<std::pair<std::string, ProfilingBackend::Entry>> entries(phase.profile.begin(),
                                                                       phase.profile.end());
  double inOps = 0;
  for (const auto& [name, entry] : entries) inOps += entry.seconds;
  entries.emplace_back("between the ops", ProfilingBackend::Entry{
                                              std::max(phase.profiledSeconds - inOps, 0.0), 0, {}});
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  return entries;
}

std::string percent(double share) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << 100 * share << " %";
  return text.str();
}

void printRates(std::ostream& out, const char* label, const BenchPhase& phase) {
  out << std::left << std::setw(9) << label << std::right << std::setw(7) << phase.nTokens << "  "
      << medianOf(phase.rates) << " tokens/s, spread " << percent(spreadOf(phase.rates));
  if (!phase.ratesUnrecorded.empty()) {
    out << ", recording costs " << percent(recordingCost(phase));
  }
}

void printProfile(std::ostream& out, const char* label, const BenchPhase& phase,
                  double forkJoinMicroseconds) {
  if (phase.profile.empty()) return;
  out << "\nwhere the time of one " << label << " of " << phase.nTokens << " goes\n";
  std::int64_t nCalls = 0;
  for (const auto& [name, entry] : byTime(phase)) {
    nCalls += entry.nCalls;
    out << "  " << std::left << std::setw(28) << name << std::right << std::setw(8)
        << percent(entry.seconds / std::max(phase.profiledSeconds, 1e-12)) << std::setw(12)
        << entry.seconds * 1e3 << " ms" << std::setw(9) << entry.nCalls << " calls";
    if (entry.cost.bytes > 0) {
      out << std::setw(9) << entry.cost.bytes / entry.seconds / 1e9 << " GB/s" << std::setw(9)
          << entry.cost.ops / entry.seconds / 1e9 << " GOP/s";
    }
    out << '\n';
  }
  out << "  one hand-over to the threads per op would cost "
      << static_cast<double>(nCalls) * forkJoinMicroseconds / 1e3 << " ms of it\n";
}

Json ratesJson(const std::vector<double>& rates) {
  return {{"each", rates}, {"median", medianOf(rates)}, {"spread", spreadOf(rates)}};
}

Json profileJson(const BenchPhase& phase) {
  Json json = Json::array();
  for (const auto& [name, entry] : byTime(phase)) {
    json.push_back({{"what", name}, {"seconds", entry.seconds}, {"calls", entry.nCalls}});
    if (entry.cost.bytes == 0) continue;
    json.back()["bytes_per_second"] = entry.cost.bytes / entry.seconds;
    json.back()["ops_per_second"] = entry.cost.ops / entry.seconds;
  }
  return json;
}

Json phaseJson(const BenchPhase& phase, const char* countName) {
  Json json{{countName, phase.nTokens}, {"tokens_per_second", ratesJson(phase.rates)}};
  if (!phase.ratesUnrecorded.empty()) {
    json["tokens_per_second_unrecorded"] = ratesJson(phase.ratesUnrecorded);
    json["recording_cost"] = recordingCost(phase);
  }
  if (!phase.profile.empty()) {
    json["profile"] = profileJson(phase);
    json["profiled_seconds"] = phase.profiledSeconds;
  }
  return json;
}

}  // namespace

double medianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double prefillOps(const engine::ModelInfo& info, std::int64_t n) {
  const engine::ModelConfig& config = info.config;
  const engine::ParameterCount& count = info.report.parameters;
  const auto head = static_cast<double>(config.vocab_size * config.hidden_size);
  const auto tokens = static_cast<double>(n);
  // Scores and weighted sums over the slots, on average half the prompt. The absorbed form of MLA
  // works on whole latents.
  const std::int64_t perSlot =
      config.is_mla() ? 2 * config.kv_lora_rank + config.qk_rope_head_dim : 2 * config.head_dim;
  const auto attention =
      static_cast<double>(config.num_hidden_layers * config.num_attention_heads * perSlot) *
      (tokens + 1) / 2;
  return 2 * (tokens * (static_cast<double>(count.activated) - head + attention) + head);
}

double decodeBytes(const engine::ModelInfo& info, std::int64_t depth) {
  const std::int64_t perToken =
      info.kept_bytes_per_token > 0 ? info.kept_bytes_per_token : info.report.cache_bytes_per_token;
  return static_cast<double>(info.bytes_read_per_token) +
         static_cast<double>(perToken) * static_cast<double>(depth);
}

std::string benchToText(const BenchPlan& plan, const BenchResult& result,
                        const engine::ModelInfo& info) {
  std::ostringstream out;
  out << std::setprecision(4);
  const MachineLimits& limits = result.limits;
  out << info.path << " · " << info.backend_description << "\nmachine   reads "
      << limits.readBytesPerSecond / 1e9 << " GB/s, " << limits.floatKind << " floats "
      << limits.floatOpsPerSecond / 1e9 << " GFLOP/s";
  if (limits.int8OpsPerSecond > 0) {
    out << ", " << limits.int8Kind << " bytes " << limits.int8OpsPerSecond / 1e12 << " TOP/s";
  }
  out << ", fork and join " << limits.forkJoinMicroseconds << " us\nload      " << info.load_seconds
      << " s\n";
  for (const BenchPhase& phase : result.prefill) {
    printRates(out, "prefill", phase);
    const double ops = prefillOpsPerSecond(phase, info);
    out << ", " << ops / 1e9 << " GFLOP/s = " << percent(ops / matrixPeak(result, info))
        << " of the " << (isQuantised(info) ? "8-bit" : "float") << " peak\n";
  }
  for (const BenchPhase& phase : result.decode) {
    printRates(out, "decode at", phase);
    const double bytes = decodeBytesPerSecond(phase, info);
    out << ", " << bytes / 1e9 << " GB/s = " << percent(bytes / limits.readBytesPerSecond)
        << " of the read bandwidth\n";
  }
  out << "reads     " << info.bytes_read_per_token << " bytes of weights per token\nmemory    "
      << result.peakMemoryBytes << " bytes at most\n";
  if (!plan.profile) return out.str();
  for (const BenchPhase& phase : result.prefill) {
    printProfile(out, "prompt", phase, limits.forkJoinMicroseconds);
  }
  for (const BenchPhase& phase : result.decode) {
    printProfile(out, "decoding behind a prompt", phase, limits.forkJoinMicroseconds);
  }
  return out.str();
}

std::string benchToJson(const BenchPlan& plan, const BenchResult& result,
                        const engine::ModelInfo& info) {
  const MachineLimits& limits = result.limits;
  const BenchPhase none;
  const BenchPhase& firstPrefill = result.prefill.empty() ? none : result.prefill.front();
  const BenchPhase& firstDecode = result.decode.empty() ? none : result.decode.front();
  Json json{{"model", info.path},
            {"backend", info.backend_description},
            {"prompt_tokens", firstPrefill.nTokens},
            {"gen_tokens", plan.nGenerate},
            {"repeat", plan.nRepeats},
            {"record", plan.compareRecording ? "both"
                       : plan.record         ? "on"
                                             : "off"},
            {"prefill_chunk", info.options.prefill_chunk},
            {"load_seconds", info.load_seconds},
            {"prefill_tokens_per_second", ratesJson(firstPrefill.rates)},
            {"decode_tokens_per_second", ratesJson(firstDecode.rates)},
            {"weight_bytes", info.weight_bytes},
            {"cache_bytes", info.cache_bytes},
            {"bytes_read_per_token", info.bytes_read_per_token},
            {"decode_bytes_per_second", decodeBytesPerSecond(firstDecode, info)},
            {"peak_memory_bytes", result.peakMemoryBytes}};
  json["limits"] = {{"read_bytes_per_second", limits.readBytesPerSecond},
                    {"float_ops_per_second", limits.floatOpsPerSecond},
                    {"float_kind", limits.floatKind},
                    {"int8_ops_per_second", limits.int8OpsPerSecond},
                    {"int8_kind", limits.int8Kind},
                    {"fork_join_microseconds", limits.forkJoinMicroseconds}};
  json["prefill"] = Json::array();
  for (const BenchPhase& phase : result.prefill) {
    Json entry = phaseJson(phase, "prompt_tokens");
    entry["ops_per_second"] = prefillOpsPerSecond(phase, info);
    entry["share_of_peak"] = prefillOpsPerSecond(phase, info) / matrixPeak(result, info);
    json["prefill"].push_back(std::move(entry));
  }
  json["decode"] = Json::array();
  for (const BenchPhase& phase : result.decode) {
    Json entry = phaseJson(phase, "depth");
    entry["bytes_per_second"] = decodeBytesPerSecond(phase, info);
    entry["share_of_bandwidth"] = decodeBytesPerSecond(phase, info) / limits.readBytesPerSecond;
    json["decode"].push_back(std::move(entry));
  }
  return json.dump(2) + '\n';
}

}  // namespace app::cli
