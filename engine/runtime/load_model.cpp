#include "engine/runtime/load_model.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "engine/backend/split_backend.h"
#include "engine/base/memory_pages.h"
#include "engine/base/thread_pool.h"
#include "engine/model/kv_cache.h"
#include "engine/runtime/inspect_model.h"
#include "engine/runtime/text_files.h"

namespace engine {

namespace {

constexpr std::int64_t kDefaultContext = 4096;
constexpr std::int64_t kLongestContext = std::int64_t{1} << 24;
// Weights are read by so many threads, a piece at a time, and progress is told after so many bytes.
constexpr int kReaders = 8;
constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
constexpr std::size_t kProgressStepBytes = std::size_t{64} << 20;

// V3.2 may pick another slot than the reference where two nearly tie: on the GPU only if asked for.
bool gpu_is_usable(const ModelConfig& config) {
  if (config.has_indexer()) return false;
  const auto backends = available_backends();
  return std::any_of(backends.begin(), backends.end(), [](const BackendDescription& backend) {
    return backend.kind == BackendKind::Cuda && backend.available;
  });
}

Result<LoadOptions> resolve(const LoadOptions& options, const ModelConfig& config) {
  LoadOptions resolved = options;
  if (options.prefer_gpu && options.backend.kind == BackendKind::Cpu && gpu_is_usable(config)) {
    resolved.backend.kind = BackendKind::Cuda;
  }
  if (options.context_length < 0 || options.context_length > kLongestContext) {
    return fail(ErrorCode::InvalidArgument,
                "context: found " + std::to_string(options.context_length) + ", allowed 1 to " +
                    std::to_string(kLongestContext) + " (0: chosen by the program)");
  }
  if (options.prefill_chunk < 1) {
    return fail(
        ErrorCode::InvalidArgument,
        "prefill chunk: found " + std::to_string(options.prefill_chunk) + ", allowed 1 or more");
  }
  if (resolved.context_length == 0) {
    resolved.context_length = std::min(config.max_position_embeddings, kDefaultContext);
  }
  if (resolved.backend.kind == BackendKind::Cpu && resolved.backend.n_threads == 0) {
    resolved.backend.n_threads = usable_processors();
  }
  resolved.prefill_chunk = std::min(resolved.prefill_chunk, resolved.context_length);
  return resolved;
}

// Cache memory comes as zero pages: what is not there shows only when it is written, so it is
// compared beforehand.
Result<void> check_memory(const CheckpointReport& report, const LoadOptions& options) {
  const std::int64_t context_length = options.context_length;
  std::int64_t per_token = KvCache::bytes_per_token(report.config);
  if (options.backend.kind == BackendKind::Cpu) {
    per_token += memory_need(report, 1, options.weight_format).kept;
  }
  const std::int64_t needed = per_token * context_length;
  if (report.memory_available <= 0 || needed <= report.memory_available) return {};
  return fail(ErrorCode::OutOfMemory,
              "the cache for a context of " + std::to_string(context_length) + " tokens needs " +
                  std::to_string(needed) + " bytes, free are " +
                  std::to_string(report.memory_available) + "; choose a context of at most " +
                  std::to_string(report.memory_available / per_token) + " tokens");
}

// The backend, and on a GPU what of the model it is to hold: told before a byte is copied.
Result<std::optional<DevicePlan>> open_backend(const CheckpointReport& report,
                                               const LoadOptions& options, LoadedModel* model) {
  ASSIGN_OR_RETURN(model->backend, make_backend(options.backend));
  const std::int64_t free_bytes = model->backend->free_bytes();
  if (free_bytes <= 0) return std::optional<DevicePlan>();
  const DevicePlanRequest request{options.context_length, options.prefill_chunk,
                                  options.weight_format, free_bytes, options.main_memory_layers};
  const DevicePlan plan = device_plan(report, request);
  RETURN_IF_ERROR(check_plan(plan, request));
  if (plan.main_memory_layers > 0) {
    ASSIGN_OR_RETURN(auto host, make_backend({BackendKind::Cpu, options.backend.n_threads,
                                              options.backend.instruction_set}));
    model->backend = make_split_backend(std::move(model->backend), std::move(host));
  }
  return std::optional<DevicePlan>(plan);
}

// What the model reads of the files, in the order of the files, cut into pieces.
std::vector<std::span<const std::byte>> weight_pieces(const Checkpoint& checkpoint) {
  std::vector<std::span<const std::byte>> pieces;
  for (const StoredTensor& tensor : checkpoint.tensors()) {
    if (is_mtp_tensor(checkpoint.config(), tensor.name)) continue;
    for (std::size_t begin = 0; begin < tensor.bytes.size(); begin += kPieceBytes) {
      pieces.push_back(
          tensor.bytes.subspan(begin, std::min(kPieceBytes, tensor.bytes.size() - begin)));
    }
  }
  return pieces;
}

bool fits_in_memory(const CheckpointReport& report) {
  return report.memory_available <= 0 || report.weight_bytes <= report.memory_available;
}

// Reads the weights into memory once, so that the first answer is not slowed by the disk.
Result<void> page_in(const Checkpoint& checkpoint, const ProgressCallback& on_progress,
                     const std::stop_token& stop) {
  const CheckpointReport& report = checkpoint.report();
  LoadProgress progress{"Mapping weights", 0, report.weight_bytes};
  if (on_progress) on_progress(progress);
  ASSIGN_OR_RETURN(const std::unique_ptr<ThreadPool> pool,
                   ThreadPool::create(std::min(usable_processors(), kReaders)));
  const std::vector<std::span<const std::byte>> pieces = weight_pieces(checkpoint);
  // All before the first is read: a huge page may lie under two pieces.
  for (const auto& piece : pieces) wish_huge_pages(piece);
  for (std::size_t first = 0; first < pieces.size();) {
    std::size_t last = first;
    std::size_t bytes = 0;
    while (last < pieces.size() && bytes < kProgressStepBytes) bytes += pieces[last++].size();
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "loading stopped");
    pool->run(static_cast<std::int64_t>(last - first), [&](std::int64_t piece, int) {
      load_pages(pieces[first + static_cast<std::size_t>(piece)]);
    });
    progress.bytes_done += static_cast<std::int64_t>(bytes);
    if (on_progress) on_progress(progress);
    first = last;
  }
  return {};
}

// Matrices in the wished-for types, in memory of their own; the pages of the files are read once,
// in order, and let go.
Result<std::unique_ptr<QuantisedWeights>> quantise(const Checkpoint& checkpoint,
                                                   WeightSource& source, const LoadOptions& options,
                                                   const ProgressCallback& on_progress,
                                                   const std::stop_token& stop) {
  const std::string step =
      options.weight_format == WeightFormat::Q4_K ? "Quantising to Q4_K" : "Quantising to Q8_0";
  const int n_threads =
      options.backend.n_threads > 0 ? options.backend.n_threads : usable_processors();
  const auto progress = [&](std::int64_t done, std::int64_t total) {
    if (on_progress) on_progress(LoadProgress{step, done, total});
  };
  const QuantiseOptions quantise_options{options.weight_format, n_threads,
                                         checkpoint.report().memory_available, progress, stop};
  ASSIGN_OR_RETURN(QuantisedWeights weights,
                   QuantisedWeights::create(checkpoint, source, quantise_options));
  return std::make_unique<QuantisedWeights>(std::move(weights));
}

// Weights in memory, as stored or quantised. True where they do not fit: then the mapping is read
// as it is needed.
Result<bool> make_ready(const LoadOptions& options, const ProgressCallback& on_progress,
                        const std::stop_token& stop, LoadedModel* model) {
  const Checkpoint& checkpoint = *model->checkpoint;
  if (options.weight_format != WeightFormat::AsStored) {
    ASSIGN_OR_RETURN(model->quantised_weights,
                     quantise(checkpoint, *model->weight_source, options, on_progress, stop));
    return false;
  }
  if (!fits_in_memory(checkpoint.report())) return true;
  RETURN_IF_ERROR(page_in(checkpoint, on_progress, stop));
  return false;
}

// The module that drafts. Without it, or when it cannot be used, the model runs all the same: only
// a stop ends the loading.
Result<void> attach_drafter(const LoadOptions& options, const std::stop_token& stop,
                            LoadedModel* model, std::string* problem) {
  WeightSource& source = *model->weight_source;
  *problem = source.mtp_problem();
  if (!source.has_mtp() || options.speculation == Speculation::Off) return {};
  const ModelConfig& config = model->checkpoint->config();
  const auto create = [&]() -> Result<std::unique_ptr<Drafter>> {
    ASSIGN_OR_RETURN(MtpWeights weights, load_mtp_weights(config, source, *model->backend, stop));
    const std::int64_t n_rows = model->session->longest_chunk();
    ASSIGN_OR_RETURN(MtpModule module,
                     MtpModule::create(*model->transformer, std::move(weights),
                                       options.context_length, n_rows, *model->backend));
    return Drafter::create(std::move(module), config.hidden_size, n_rows, *model->backend);
  };
  auto drafter = create();
  if (drafter) {
    model->drafter = std::move(*drafter);
  } else if (drafter.error().code == ErrorCode::Cancelled) {
    return tl::unexpected(std::move(drafter.error()));
  } else {
    *problem = drafter.error().message;
  }
  return {};
}

std::shared_ptr<ModelInfo> describe(const LoadedModel& model, const LoadOptions& options,
                                    const std::optional<DevicePlan>& plan) {
  auto info = std::make_shared<ModelInfo>();
  const Checkpoint& checkpoint = *model.checkpoint;
  const ModelWeights& weights = model.transformer->weights();
  info->path = checkpoint.path();
  info->name = checkpoint.report().name;
  info->config = checkpoint.config();
  info->report = checkpoint.report();
  info->generation_defaults = checkpoint.generation_defaults();
  info->options = options;
  info->backend_description = model.backend->description();
  info->device_plan = plan;
  if (plan && plan->main_memory_layers > 0) {
    info->backend_description += " · " + describe_plan(*plan);
  }
  info->moe_layers = checkpoint.config().moe_layers();
  info->router_bias = weights.router_bias_rows;
  info->context_length = options.context_length;
  info->kept_bytes_per_token = model.session->cache().kept_bytes_per_token();
  info->cache_bytes_per_token =
      KvCache::bytes_per_token(checkpoint.config()) + info->kept_bytes_per_token;
  info->has_mtp = model.drafter != nullptr;
  if (info->has_mtp) {
    info->cache_bytes_per_token += model.drafter->module().cache_bytes_per_token();
    info->mtp_bytes = model.drafter->module().weight_bytes();
  }
  info->cache_bytes = info->cache_bytes_per_token * options.context_length;
  info->weight_bytes = weights.stored_bytes;
  info->bytes_read_per_token = weights.bytes_read_per_token;
  if (model.quantised_weights != nullptr) {
    for (const std::string& fall_back : model.quantised_weights->fall_backs()) {
      info->report.findings.push_back(
          {Finding::Severity::Info, "quantised-otherwise", "weights › " + fall_back});
    }
  }
  return info;
}

// The GPU has all of it: what was read or quantised for it no longer counts as this program's
// memory.
void let_go_of_main_memory(const std::optional<DevicePlan>& plan, LoadedModel* model) {
  if (!plan || plan->main_memory_layers > 0) return;
  model->quantised_weights.reset();
  // Neighbours in a file go together: pages end inside of tensors.
  constexpr std::ptrdiff_t kPadding = 4096;
  std::vector<std::span<const std::byte>> bytes;
  for (const StoredTensor& tensor : model->checkpoint->tensors()) bytes.push_back(tensor.bytes);
  std::sort(bytes.begin(), bytes.end(),
            [](const auto& a, const auto& b) { return std::less<>()(a.data(), b.data()); });
  for (std::size_t first = 0; first < bytes.size();) {
    const std::byte* end = bytes[first].data() + bytes[first].size();
    std::size_t next = first + 1;
    while (next < bytes.size() && bytes[next].data() - end < kPadding) {
      end = std::max(end, bytes[next].data() + bytes[next].size());
      ++next;
    }
    release_pages({bytes[first].data(), end});
    first = next;
  }
}

// What the checkpoint says about text: a problem here never keeps the model from running, only a
// stop does.
Result<void> attach_text(const std::stop_token& stop, LoadedModel& model, ModelInfo& info) {
  const TextSources sources = read_texts(*model.checkpoint);
  auto text = make_text_model(sources, info.options.chat_template, stop);
  report_text(sources, text, &info.report);
  if (!text) {
    if (text.error().code == ErrorCode::Cancelled) return tl::unexpected(std::move(text.error()));
    info.tokenizer_description = text.error().message;
    return {};
  }
  info.has_tokenizer = true;
  info.tokenizer_description = text->tokenizer.description();
  info.template_name = text->template_name;
  info.template_problem = text->template_problem;
  info.template_reason = text->template_reason;
  model.text = std::make_shared<const TextModel>(std::move(*text));
  return {};
}

// `chosen`: the backend that was tried.
Result<std::unique_ptr<LoadedModel>> load_once(const std::string& path,
                                               const LoadOptions& requested,
                                               const ProgressCallback& on_progress,
                                               const std::stop_token& stop,
                                               const BackendWrapper& wrap, BackendKind* chosen) {
  const auto begin = std::chrono::steady_clock::now();
  const auto report_step = [&](const char* step) {
    if (on_progress) on_progress(LoadProgress{step, 0, 0});
  };
  auto model = std::make_unique<LoadedModel>();
  report_step("Reading headers");
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::open(path, stop));
  model->checkpoint = std::make_unique<Checkpoint>(std::move(checkpoint));
  const ModelConfig& config = model->checkpoint->config();
  ASSIGN_OR_RETURN(const LoadOptions options, resolve(requested, config));
  *chosen = options.backend.kind;
  if (options.backend.kind != BackendKind::Cuda) {
    RETURN_IF_ERROR(check_memory(model->checkpoint->report(), options));
  }
  ASSIGN_OR_RETURN(const std::optional<DevicePlan> plan,
                   open_backend(model->checkpoint->report(), options, model.get()));
  if (wrap) model->backend = wrap(std::move(model->backend));
  ASSIGN_OR_RETURN(WeightSource source, WeightSource::create(*model->checkpoint));
  model->weight_source = std::make_unique<WeightSource>(std::move(source));
  ASSIGN_OR_RETURN(const bool read_as_needed, make_ready(options, on_progress, stop, model.get()));
  RETURN_IF_ERROR(model->checkpoint->check_files());
  report_step("Placing weights");
  ASSIGN_OR_RETURN(ModelWeights weights,
                   load_weights(config, *model->weight_source, *model->backend, nullptr, stop,
                                {model->quantised_weights.get(),
                                 plan ? plan->main_memory_layers : std::int64_t{0}}));
  if (read_as_needed && options.backend.kind != BackendKind::Cuda) weights.set_read_as_needed();
  report_step("Reserving the cache");
  ASSIGN_OR_RETURN(
      Transformer transformer,
      Transformer::create(config, std::move(weights), options.context_length, *model->backend));
  model->transformer = std::make_unique<Transformer>(std::move(transformer));
  SessionOptions session_options{options.context_length, options.prefill_chunk};
  session_options.check_weights = [files = model->checkpoint.get()] {
    return files->check_files();
  };
  ASSIGN_OR_RETURN(Session session,
                   Session::create(*model->transformer, *model->backend, session_options));
  model->session = std::make_unique<Session>(std::move(session));
  std::string mtp_problem;
  RETURN_IF_ERROR(attach_drafter(options, stop, model.get(), &mtp_problem));
  if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "loading stopped");

  report_step("Reading the tokenizer");
  auto info = describe(*model, options, plan);
  info->mtp_problem = std::move(mtp_problem);
  let_go_of_main_memory(plan, model.get());
  RETURN_IF_ERROR(attach_text(stop, *model, *info));
  info->load_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  model->info = std::move(info);
  RETURN_IF_ERROR(model->checkpoint->check_files());
  return model;
}

}  // namespace

Result<std::unique_ptr<LoadedModel>> load_model(const std::string& path,
                                                const LoadOptions& requested,
                                                const ProgressCallback& on_progress,
                                                std::stop_token stop, const BackendWrapper& wrap) {
  BackendKind chosen = requested.backend.kind;
  auto loaded = load_once(path, requested, on_progress, stop, wrap, &chosen);
  if (loaded || chosen == requested.backend.kind) return loaded;
  const ErrorCode code = loaded.error().code;
  if (code != ErrorCode::OutOfMemory && code != ErrorCode::Device &&
      code != ErrorCode::Unsupported) {
    return loaded;
  }
  // The GPU was preferred, not asked for: the CPU takes its place, and the report says why.
  const std::string refusal = loaded.error().message;
  LoadOptions on_cpu = requested;
  on_cpu.prefer_gpu = false;
  loaded = load_once(path, on_cpu, on_progress, stop, wrap, &chosen);
  if (!loaded) return loaded;
  auto info = std::make_shared<ModelInfo>(*(*loaded)->info);
  info->report.findings.push_back({Finding::Severity::Warning, "gpu-not-used", refusal});
  (*loaded)->info = std::move(info);
  return loaded;
}

}  // namespace engine
