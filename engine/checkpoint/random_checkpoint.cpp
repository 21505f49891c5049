// Random weights at the speed of the disk: a pool of encoded blocks for every type and spread, and
// tensors cut from it at random places.
#include "engine/checkpoint/random_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "engine/tensor/quantise.h"

namespace engine {

namespace {

constexpr std::int64_t kMostPoolElements = std::int64_t{2} << 20;
constexpr std::int64_t kWriteBytes = std::int64_t{8} << 20;

/// Splitmix64: one multiplication-and-shift chain per number, the same everywhere.
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// Nearly normal, mean 0, variance 1: the sum of four uniform numbers, without a library's
  /// logarithm, whose last bit differs between machines.
  float normal() {
    const std::uint64_t bits = next();
    std::int32_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<std::int32_t>(bits >> (16 * i) & 0xFFFFU);
    return static_cast<float>(sum - 2 * 65535) * (1.0F / 37837.2F);  // 65536 / √3
  }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_;
};

/// The spread of a matrix's weights.
float spread_of(const TensorSpec& spec, const ModelConfig& config) {
  const auto fan_in = static_cast<float>(spec.shape.back());
  const float back = 1.0F / std::sqrt(2.0F * static_cast<float>(config.num_hidden_layers));
  switch (spec.role) {
    case WeightRole::Embedding:
      return 1.0F;
    case WeightRole::WukTransposed:  // stored transposed: its rows are not what is summed over
      return 1.0F / std::sqrt(static_cast<float>(config.kv_lora_rank));
    case WeightRole::Wo:
    case WeightRole::DenseDown:
    case WeightRole::SharedDown:
    case WeightRole::MergedExpertDown:
      return back / std::sqrt(fan_in);
    default:
      return 1.0F / std::sqrt(fan_in);
  }
}

/// Mean and spread of a vector's elements.
std::pair<float, float> vector_values(WeightRole role) {
  switch (role) {
    case WeightRole::RouterBias:
      return {0.0F, 0.05F};
    case WeightRole::WqBias:
    case WeightRole::WkBias:
    case WeightRole::WvBias:
    case WeightRole::WoBias:
    case WeightRole::IndexerKeyNormBias:
      return {0.0F, 0.02F};
    default:
      return {1.0F, 0.05F};  // norms
  }
}

class RandomWriter {
 public:
  RandomWriter(const ModelConfig& config, const RandomCheckpointOptions& options,
               std::span<const ExportedTensor> tensors, GgufWriter* writer)
      : config_(config), options_(options), writer_(*writer) {
    for (const ExportedTensor& exported : tensors) {
      if (!exported.spec.may_be_quantised) continue;
      std::int64_t n = 1;
      for (const std::int64_t extent : exported.spec.shape) n *= extent;
      Pool& pool = pools_[key_of(exported)];
      pool.n_elements =
          std::max(pool.n_elements, std::min((n + 255) / 256 * 256, kMostPoolElements));
    }
  }

  Result<void> write(const ExportedTensor& exported, std::uint64_t number) {
    RandomNumbers random(options_.seed * 0x100000001B3U + number);
    if (!exported.spec.may_be_quantised) return write_vector(exported, &random);
    const std::vector<std::byte>& pool = pool_of(key_of(exported));
    const std::int64_t block = dtype_block(exported.tensor.dtype).bytes;
    const std::int64_t pool_blocks = static_cast<std::int64_t>(pool.size()) / block;
    std::int64_t left = exported.tensor.n_bytes() / block;
    while (left > 0) {
      const std::int64_t n = std::min({left, (pool_blocks + 1) / 2, kWriteBytes / block});
      const std::int64_t from = random.below(pool_blocks - n + 1);
      RETURN_IF_ERROR(put(std::span(pool).subspan(static_cast<std::size_t>(from * block),
                                                  static_cast<std::size_t>(n * block))));
      left -= n;
    }
    return {};
  }

 private:
  using Key = std::pair<DType, float>;  // type and spread
  struct Pool {
    std::int64_t n_elements = 0;    // as many as the largest tensor has, up to a limit
    std::vector<std::byte> blocks;  // made when it is first asked for
  };

  Key key_of(const ExportedTensor& exported) const {
    return {exported.tensor.dtype, spread_of(exported.spec, config_)};
  }

  Result<void> write_vector(const ExportedTensor& exported, RandomNumbers* random) {
    const auto [mean, spread] = vector_values(exported.spec.role);
    std::vector<float> values(static_cast<std::size_t>(exported.spec.shape.front()));
    for (float& v : values) v = mean + spread * random->normal();
    return put(std::as_bytes(std::span(values)));
  }

  const std::vector<std::byte>& pool_of(const Key& key) {
    Pool& pool = pools_[key];
    if (!pool.blocks.empty()) return pool.blocks;
    const auto [dtype, spread] = key;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &spread, sizeof(bits));
    RandomNumbers random(options_.seed ^ (static_cast<std::uint64_t>(bits) << 20));
    std::vector<float> values(static_cast<std::size_t>(pool.n_elements));
    for (float& v : values) v = spread * random.normal();
    pool.blocks.resize(static_cast<std::size_t>(dtype_bytes(dtype, pool.n_elements)));
    encode_blocks(dtype, values, pool.blocks.data());
    return pool.blocks;
  }

  Result<void> put(std::span<const std::byte> bytes) {
    if (options_.stop.stop_requested()) return fail(ErrorCode::Cancelled, "writing stopped");
    RETURN_IF_ERROR(writer_.append(bytes));
    done_ += static_cast<std::int64_t>(bytes.size());
    if (options_.on_progress) options_.on_progress(done_, writer_.file_bytes());
    return {};
  }

  const ModelConfig& config_;
  const RandomCheckpointOptions& options_;
  GgufWriter& writer_;
  std::map<Key, Pool> pools_;
  std::int64_t done_ = 0;
};

void append_utf8(std::string* out, int code_point) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
    return;
  }
  out->push_back(static_cast<char>(0xC0 | code_point >> 6));
  out->push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
}

/// Every byte, every pair of lower-case letters with its merge, unused rows, BOS and EOS.
VocabularyListing random_vocabulary(const ModelConfig& config) {
  VocabularyListing listing;
  listing.model = "gpt2";
  listing.pre = "deepseek-llm";
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {  // GPT-2's byte alphabet
    const bool printable =
        (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    append_utf8(&listing.tokens.emplace_back(), printable ? byte : next++);
  }
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) {
      listing.tokens.push_back({a, b});
      listing.merges.push_back({a, ' ', b});
    }
  }
  listing.token_types.assign(listing.tokens.size(), 1);
  const auto n = static_cast<std::size_t>(config.vocab_size);
  for (std::size_t i = listing.tokens.size(); i < n - 2; ++i) {
    listing.tokens.push_back("[UNUSED" + std::to_string(i) + "]");
    listing.token_types.push_back(5);
  }
  for (const char* name : {"<|bos|>", "<|eos|>"}) {
    listing.tokens.push_back(name);
    listing.token_types.push_back(3);
  }
  listing.bos = config.bos_token_id;
  listing.eos = config.eos_token_ids.front();
  listing.add_bos = true;
  listing.add_eos = false;
  return listing;
}

}  // namespace

Result<void> write_random_checkpoint(const ModelConfig& config, const std::string& path,
                                     const RandomCheckpointOptions& options) {
  RETURN_IF_ERROR(check_exportable(config));
  const std::vector<ExportedTensor> tensors = exported_tensors(config, options.mix);
  std::vector<GgufTensor> infos;
  infos.reserve(tensors.size());
  for (const ExportedTensor& exported : tensors) infos.push_back(exported.tensor);
  GgufMetadata metadata;
  put_model(config, options.name, options.mix, &metadata);
  put_vocabulary(random_vocabulary(config), "", &metadata);
  ASSIGN_OR_RETURN(GgufWriter writer, GgufWriter::create(path, metadata, std::move(infos)));
  RandomWriter random(config, options, tensors, &writer);
  for (std::size_t i = 0; i < tensors.size(); ++i) RETURN_IF_ERROR(random.write(tensors[i], i));
  return writer.commit();
}

}  // namespace engine
