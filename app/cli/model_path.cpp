#include "app/cli/model_path.h"

#include <charconv>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <utility>

#include "engine/base/mapped_file.h"

namespace app::cli {

using engine::BackendKind;
using engine::ErrorCode;
using engine::fail;
using engine::Result;

namespace {

constexpr std::int64_t kMostThreads = 1024;
constexpr std::int64_t kMostLayers = 1000;
constexpr std::int64_t kMostDevices = 1000;
constexpr std::int64_t kLongestContext = std::int64_t{1} << 24;
constexpr std::uint64_t kLargestTextFile = std::uint64_t{1} << 30;

Result<BackendKind> backendKind(const std::string& name) {
  if (name == "reference") return BackendKind::Reference;
  if (name == "cpu") return BackendKind::Cpu;
  if (name == "cuda") return BackendKind::Cuda;
  if (name == "auto") return BackendKind::Cpu;  // see prefer_gpu
  return fail(ErrorCode::InvalidArgument,
              "--backend: found '" + name + "', allowed reference, cpu, cuda, auto");
}

Result<engine::WeightFormat> weightFormat(const Arguments& arguments) {
  const auto name = arguments.text("--weights");
  if (!name || *name == "as-stored") return engine::WeightFormat::AsStored;
  for (const auto format : {engine::WeightFormat::Q8_0, engine::WeightFormat::Q4_K}) {
    if (*name == engine::weight_format_name(format)) return format;
  }
  return fail(ErrorCode::InvalidArgument,
              "--weights: found '" + *name + "', allowed q8_0, q4_k, as-stored");
}

}  // namespace

const std::vector<OptionSpec>& commonOptions() {
  static const std::vector<OptionSpec> options{
      {"--backend", "B", "reference, cpu, cuda or auto (default)"},
      {"--device", "N", "of several GPUs; default: the one with most free memory (see info)"},
      {"--instruction-set", "I", "force the CPU kernels: generic, avx2, avx2-vnni, avx512 …"},
      {"--threads", "N", "CPU threads; default: the cores this process may use"},
      {"--context", "N", "tokens the cache holds"},
      {"--prefill-chunk", "N", "prompt tokens per forward pass, default 512"},
      {"--weights", "W", "quantise while loading: q8_0, or q4_k (routed experts; the rest Q8_0)"},
      {"--main-memory-layers", "N",
       "on a GPU: MoE layers whose routed experts stay in main memory; default: as few as fit"}};
  return options;
}

Result<std::string> modelPath(const Arguments& arguments) {
  if (arguments.model() != "demo") return arguments.model();
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path installed =
      program.parent_path().parent_path() / "share" / "bathyscope" / "demo-model";
  for (const std::filesystem::path& folder :
       {installed, std::filesystem::path(BATHYSCOPE_SOURCE_DEMO)}) {
    if (std::filesystem::exists(folder / "config.json", error)) return folder.string();
  }
  return fail(ErrorCode::NotFound, "the bundled checkpoint is not there: looked in " +
                                       installed.string() + " and " + BATHYSCOPE_SOURCE_DEMO);
}

Result<engine::LoadOptions> loadOptions(const Arguments& arguments, std::int64_t context) {
  engine::LoadOptions options;
  const std::string backend = arguments.text("--backend").value_or("auto");
  ASSIGN_OR_RETURN(options.backend.kind, backendKind(backend));
  options.backend.instruction_set = arguments.text("--instruction-set").value_or("");
  options.prefer_gpu = backend == "auto" && options.backend.instruction_set.empty();
  if (arguments.text("--device")) {
    if (!options.prefer_gpu && options.backend.kind != BackendKind::Cuda) {
      return fail(ErrorCode::InvalidArgument,
                  "--device chooses among GPUs: not with --backend " + backend +
                      (backend == "auto" ? " and --instruction-set" : ""));
    }
    ASSIGN_OR_RETURN(const std::int64_t device, arguments.integer("--device", 0, 0, kMostDevices));
    options.backend.device = static_cast<int>(device);
  }
  ASSIGN_OR_RETURN(const std::int64_t threads, arguments.integer("--threads", 0, 1, kMostThreads));
  options.backend.n_threads = static_cast<int>(threads);
  ASSIGN_OR_RETURN(options.context_length,
                   arguments.integer("--context", context, 1, kLongestContext));
  ASSIGN_OR_RETURN(options.weight_format, weightFormat(arguments));
  ASSIGN_OR_RETURN(options.prefill_chunk,
                   arguments.integer("--prefill-chunk", 512, 1, kLongestContext));
  if (arguments.text("--main-memory-layers")) {
    ASSIGN_OR_RETURN(options.main_memory_layers,
                     arguments.integer("--main-memory-layers", 0, 0, kMostLayers));
  }
  return options;
}

Result<std::unique_ptr<engine::LoadedModel>> loadModel(const Arguments& arguments,
                                                       std::int64_t context,
                                                       const engine::BackendWrapper& wrap) {
  ASSIGN_OR_RETURN(const std::string path, modelPath(arguments));
  ASSIGN_OR_RETURN(const engine::LoadOptions options, loadOptions(arguments, context));
  auto loaded = engine::load_model(path, options, nullptr, {}, wrap);
  if (!loaded) return loaded;
  for (const engine::Finding& finding : (*loaded)->info->report.findings) {
    if (finding.code == "gpu-not-used") {
      std::cerr << "the GPU is not used: " << finding.message << '\n';
    }
  }
  return loaded;
}

Result<std::vector<engine::TokenId>> tokenIds(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string text, arguments.requiredText("--ids"));
  std::vector<engine::TokenId> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    std::int32_t id = 0;
    const auto [rest, error] = std::from_chars(at, end, id);
    if (error != std::errc() || id < 0 || (rest != end && *rest != ',')) {
      return fail(ErrorCode::InvalidArgument,
                  "--ids: entry " + std::to_string(ids.size() + 1) +
                      " is not a token id; allowed: whole numbers from 0, separated by commas");
    }
    ids.emplace_back(id);
    if (rest == end) return ids;
    at = rest + 1;
  }
}

Result<std::string> readFile(const std::string& path) {
  if (path == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  return engine::read_text_file(path, kLargestTextFile);
}

}  // namespace app::cli
