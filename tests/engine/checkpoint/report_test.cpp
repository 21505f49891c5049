// The report's numbers against the published ones, and its two forms.
#include "engine/checkpoint/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/json.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/tensor_spec.h"
#include "tests/support/released_configs.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::ModelConfig;
using engine::ParameterCount;
using testing::HasSubstr;

ModelConfig parse(const std::string& json) {
  auto config = engine::parse_model_config(json, "config.json", nullptr);
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config ? *config : ModelConfig{};
}

/// A released model's numbers: parameters by part and the cache of one token.
struct Published {
  std::string config;
  std::int64_t total;
  std::int64_t active_with_head;
  std::int64_t routed_experts;
  std::int64_t attention_per_layer;
  std::int64_t embedding;
  std::int64_t router_per_layer;  // with its bias
  const char* cache_kind;
  std::int64_t cache_elements;
  std::int64_t mha_elements;  // what the expanded cache keeps
};

class PublishedNumbers : public testing::TestWithParam<Published> {};

TEST_P(PublishedNumbers, AreReproduced) {
  const Published& p = GetParam();
  const ModelConfig config = parse(p.config);
  const ParameterCount count = engine::count_parameters(config);
  EXPECT_EQ(count.total, p.total);
  EXPECT_EQ(count.activated, p.active_with_head);
  EXPECT_EQ(count.routed_experts, p.routed_experts);
  EXPECT_EQ(count.attention, p.attention_per_layer * config.num_hidden_layers);
  EXPECT_EQ(count.embedding, p.embedding);
  EXPECT_EQ(count.output_head, p.embedding);
  EXPECT_EQ(count.router,
            p.router_per_layer * static_cast<std::int64_t>(config.moe_layers().size()));
  EXPECT_EQ(count.total, count.embedding + count.output_head + count.attention +
                             count.routed_experts + count.shared_experts + count.dense_mlp +
                             count.router + count.norms);
  const auto ledger = engine::cache_ledger(config);
  ASSERT_GE(ledger.size(), 3U);
  EXPECT_EQ(ledger[0].kind, p.cache_kind);
  EXPECT_EQ(ledger[0].elements_per_token, p.cache_elements);
  EXPECT_EQ(ledger[0].bytes_per_token, p.cache_elements * engine::kCacheElementBytes);
  EXPECT_EQ(ledger[0].elements_per_token, config.num_hidden_layers * config.cached_values());
  const auto mha =
      std::find_if(ledger.begin(), ledger.end(), [](const auto& row) { return row.kind == "MHA"; });
  ASSERT_NE(mha, ledger.end());
  EXPECT_EQ(mha->elements_per_token, p.mha_elements);
  EXPECT_EQ(ledger.back().kind, "MQA");
}

INSTANTIATE_TEST_SUITE_P(
    Released, PublishedNumbers,
    testing::Values(
        Published{support::deepseek_llm_7b_config(), 6'910'365'696, 6'490'935'296, 0, 67'108'864,
                  419'430'400, 0, "MHA", 245'760, 245'760},
        Published{support::deepseek_llm_67b_config(), 67'425'001'472, 66'586'140'672, 0,
                  150'994'944, 838'860'800, 0, "GQA-8", 194'560, 95 * 2 * 8192},
        Published{support::deepseek_moe_16b_config(), 16'375'728'128, 2'618'935'296, 14'948'499'456,
                  16'777'216, 209'715'200, 131'072, "MHA", 114'688, 114'688},
        Published{support::deepseek_v2_lite_config(), 15'706'484'224, 2'451'435'008, 14'394'851'328,
                  13'763'072, 209'715'200, 131'072, "MLA latent", 15'552, 276'480 / 2},
        Published{support::deepseek_v2_config(), 235'741'434'880, 20'851'512'320, 222'717'542'400,
                  149'227'520, 524'288'000, 819'200, "MLA latent", 34'560, 4'915'200 / 2},
        Published{support::deepseek_v3_config(), 671'026'419'200, 36'625'618'432, 653'908'770'816,
                  187'107'328, 926'679'040, 1'835'008 + 256, "MLA latent", 35'136, 4'997'120 / 2},
        Published{support::deepseek_v32_config(), 671'026'419'200 + 851'524'864,
                  36'625'618'432 + 851'524'864, 653'908'770'816, 187'107'328 + 13'959'424,
                  926'679'040, 1'835'008 + 256, "MLA latent + index key", 61 * (576 + 128),
                  4'997'120 / 2},
        Published{support::moonlight_config(), 15'960'110'208, 2'579'231'872, 14'394'851'328,
                  13'763'072, 335'544'320, 131'072 + 64, "MLA latent", 15'552, 276'480 / 2},
        Published{support::kimi_k2_config(), 1'026'408'232'448, 31'687'095'808, 1'014'686'023'680,
                  101'124'096, 1'174'405'120, 2'752'512 + 384, "MLA latent", 35'136, 2'498'560 / 2},
        Published{support::mixtral_8x7b_config(), 46'702'792'704, 12'748'853'248, 45'097'156'608,
                  41'943'040, 131'072'000, 32'768, "GQA-8", 65'536, 32 * 2 * 4096},
        Published{support::mixtral_8x22b_config(), 140'630'071'296, 38'960'142'336, 135'291'469'824,
                  88'080'384, 201'326'592, 49'152, "GQA-8", 56 * 2 * 1024, 56 * 2 * 6144}));

TEST(Report, DeepseekV3LedgerHasTheHypotheticalMqa) {
  const auto ledger = engine::cache_ledger(parse(support::deepseek_v3_config()));
  ASSERT_EQ(ledger.size(), 4U);
  EXPECT_EQ(ledger[2].kind, "GQA-8");
  EXPECT_EQ(ledger[2].elements_per_token, 61 * 8 * 320);
  EXPECT_EQ(ledger[3].kind, "MQA");
  EXPECT_EQ(ledger[3].elements_per_token, 19'520);
}

/// The bytes V3's main model takes on disk, from the table: FP8 where the published files have it.
TEST(Report, DeepseekV3BytesByTypeAreThePublishedOnes) {
  std::int64_t fp8 = 0;
  std::int64_t bf16 = 0;
  std::int64_t scales = 0;
  std::int64_t bias = 0;
  for (const auto& spec : engine::tensor_specs(parse(support::deepseek_v3_config()), {})) {
    std::int64_t elements = 1;
    for (const std::int64_t extent : spec.shape) elements *= extent;
    const bool plain_matrix = spec.role == engine::WeightRole::Embedding ||
                              spec.role == engine::WeightRole::OutputHead ||
                              spec.role == engine::WeightRole::Router;
    if (spec.role == engine::WeightRole::RouterBias) {
      bias += elements;
    } else if (spec.may_be_quantised && !plain_matrix) {
      fp8 += elements;
      std::int64_t blocks = 1;
      for (const std::int64_t extent : engine::scale_shape_of(spec.shape)) blocks *= extent;
      scales += blocks;
    } else {
      bf16 += elements;
    }
  }
  EXPECT_EQ(fp8, 669'065'609'216);
  EXPECT_EQ(bf16, 1'960'795'136);
  EXPECT_EQ(scales, 40'838'232);
  EXPECT_EQ(bias, 14'848);
  EXPECT_EQ(fp8 + 2 * bf16 + 4 * (scales + bias), 673'150'611'808);
}

TEST(Report, CountsWhatIsInTheFiles) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  options.dtype = "BF16";
  options.mtp_layer = true;
  options.n_shards = 2;
  support::write_tiny_checkpoint(folder.path(), options);
  const auto report = engine::inspect_checkpoint(folder.path(), 0);
  EXPECT_TRUE(report.loadable());
  std::int64_t main = 0;
  std::int64_t mtp = 0;
  std::int64_t all_bytes = 0;
  int n = 0;
  for (const auto& tensor : support::tiny_tensors(options)) {
    std::int64_t elements = 1;
    for (const std::int64_t extent : tensor.shape) elements *= extent;
    (tensor.name.find("layers.3.") != std::string::npos ? mtp : main) += elements;
    all_bytes += static_cast<std::int64_t>(tensor.bytes.size());
    ++n;
  }
  EXPECT_EQ(report.parameters.total, main);
  EXPECT_EQ(report.parameters.mtp, mtp);
  EXPECT_EQ(report.weight_bytes + report.skipped_bytes, all_bytes);
  EXPECT_EQ(report.n_tensors, n);
  EXPECT_EQ(report.n_files, 2);
  EXPECT_EQ(report.dtype_summary, "BF16 + F32");
  EXPECT_EQ(report.context_length, 512);
  EXPECT_EQ(report.cache_bytes, 512 * 3 * 40 * engine::kCacheElementBytes);
  EXPECT_GT(report.memory_available, 0);
  EXPECT_EQ(engine::inspect_checkpoint(folder.path(), 100).context_length, 100);
  EXPECT_EQ(engine::inspect_checkpoint(folder.path(), 100'000).context_length, 512);
}

TEST(Report, TiedHeadIsCountedOnceAndActivated) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  options.tie_word_embeddings = true;
  support::write_tiny_checkpoint(folder.path(), options);
  const auto report = engine::inspect_checkpoint(folder.path(), 0);
  EXPECT_TRUE(report.loadable()) << engine::report_to_text(report);
  EXPECT_EQ(report.parameters.output_head, 0);
  support::TinyCheckpointOptions untied;
  EXPECT_EQ(report.parameters.activated,
            engine::count_parameters(parse(support::tiny_config_json(untied))).activated);
}

TEST(Report, TextAndJsonSayTheSame) {
  const support::TempFolder folder;
  support::write_tiny_checkpoint(folder.path());
  std::filesystem::remove(folder.file("model.safetensors"));
  const auto report = engine::inspect_checkpoint(folder.path(), 0);
  const std::string text = engine::report_to_text(report);
  EXPECT_THAT(text, HasSubstr("Can be loaded   no"));
  EXPECT_THAT(text, HasSubstr("[weights-missing]"));
  EXPECT_THAT(text, HasSubstr("MLA · 4 heads · latent 32 + 8 · query rank 24"));
  const auto json = engine::parse_json(engine::report_to_json(report), "report");
  ASSERT_TRUE(json.has_value()) << json.error().message;
  EXPECT_FALSE(json->find("loadable")->boolean);
  EXPECT_EQ(json->find("format")->text, "huggingface");
  EXPECT_EQ(json->find("parts")->items.size(), report.parts.size());
  EXPECT_THAT(text, HasSubstr("routed experts"));
  EXPECT_EQ(json->find("parameters")->find("total")->text, std::to_string(report.parameters.total));
  EXPECT_EQ(json->find("config")->find("kv_lora_rank")->text, "32");
  EXPECT_EQ(json->find("findings")->items.size(), report.findings.size());
  EXPECT_EQ(json->find("cache_ledger")->items[0].find("kind")->text, "MLA latent");
}

TEST(Report, PartsAddUpToTheWhole) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  options.dtype = "BF16";
  options.mtp_layer = true;
  support::write_tiny_checkpoint(folder.path(), options);
  const auto report = engine::inspect_checkpoint(folder.path(), 0);
  std::int64_t parameters = 0;
  std::int64_t activated = 0;
  std::int64_t bytes = 0;
  std::int64_t n_tensors = 0;
  for (const engine::PartTotals& part : report.parts) {
    n_tensors += part.n_tensors;
    std::int64_t by_dtype = 0;
    for (const auto& [dtype, n] : part.bytes_by_dtype) by_dtype += n;
    EXPECT_EQ(by_dtype, part.bytes.as_stored);
    if (part.part == engine::ModelPart::Mtp) {
      EXPECT_EQ(part.parameters, report.parameters.mtp);
      EXPECT_EQ(part.bytes.as_stored, report.skipped_bytes);
      EXPECT_EQ(part.activated, 0);
      continue;
    }
    parameters += part.parameters;
    activated += part.activated;
    bytes += part.bytes.as_stored;
  }
  EXPECT_EQ(parameters, report.parameters.total);
  EXPECT_EQ(activated, report.parameters.activated);
  EXPECT_EQ(bytes, report.weight_bytes);
  EXPECT_EQ(n_tensors, report.n_tensors);
  EXPECT_EQ(report.weight_bytes_by_format.as_stored, bytes);
  // 34 bytes for 32 values where rows are whole blocks: below BF16, above half of it.
  EXPECT_LT(report.weight_bytes_by_format.q8_0, bytes);
  EXPECT_GT(report.weight_bytes_by_format.q8_0, bytes / 2);
  // Rows of 32 and 64 are no blocks of 256: those experts fall back to Q5_0.
  EXPECT_LT(report.weight_bytes_by_format.q4_k, report.weight_bytes_by_format.q8_0);
}

/// V3 brings a module that drafts: it takes memory of its own, always as stored.
TEST(Report, TheDrafterIsInTheMemory) {
  const support::TempFolder folder;
  support::TinyCheckpointOptions options;
  support::write_tiny_checkpoint(folder.path(), options);
  const auto plain = engine::inspect_checkpoint(folder.path(), 64);
  EXPECT_EQ(plain.drafter_bytes, 0);
  options.mtp_layer = true;
  support::write_tiny_checkpoint(folder.path(), options);
  const auto checkpoint = engine::Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  const auto report = checkpoint->report();
  std::int64_t bytes = 0;
  for (const engine::StoredTensor& tensor : checkpoint->tensors()) {
    const bool copy = tensor.name.find("embed_tokens") != std::string::npos ||
                      tensor.name.find("shared_head.head") != std::string::npos;
    if (tensor.name.find("layers.3.") != std::string::npos && !copy) {
      bytes += static_cast<std::int64_t>(tensor.bytes.size());
    }
  }
  EXPECT_GT(bytes, 0);
  EXPECT_EQ(report.drafter_bytes, bytes);
  EXPECT_LE(report.drafter_bytes, report.skipped_bytes);
  for (const auto form : {engine::WeightFormat::AsStored, engine::WeightFormat::Q8_0}) {
    const auto with = engine::memory_need(report, 64, form);
    const auto without = engine::memory_need(plain, 64, form);
    EXPECT_EQ(with.drafter, bytes);
    EXPECT_EQ(with.cache - without.cache, 64 * report.config.cached_values() * 4);
    EXPECT_EQ(with.total(), without.total() + bytes + with.cache - without.cache);
    EXPECT_EQ(with.own() - without.own(), with.cache - without.cache);  // mapped
  }
  EXPECT_NE(engine::report_to_text(report).find("to draft with (MTP)"), std::string::npos);
  EXPECT_NE(engine::report_to_json(report).find("\"drafter_bytes\": " + std::to_string(bytes)),
            std::string::npos);
}

/// Moonlight's totals, as the published table of sizes has them: 8.5 and 4.5 bits per weight.
TEST(Report, MemoryGrowsWithTheContextAndShrinksWithTheFormat) {
  engine::CheckpointReport report;
  report.config_valid = true;
  report.config = parse(support::moonlight_config());
  report.weight_bytes = 31'920'000'000;
  report.weight_bytes_by_format = {31'920'000'000, 16'960'000'000, 9'800'000'000};
  report.cache_bytes_per_token = 15'552 * engine::kCacheElementBytes;
  report.memory_available = std::int64_t{16} << 30;
  using engine::MemoryVerdict;
  using engine::WeightFormat;
  const auto mapped = engine::memory_need(report, 4096, WeightFormat::AsStored);
  EXPECT_TRUE(mapped.weights_are_mapped);
  EXPECT_EQ(mapped.cache, 4096 * report.cache_bytes_per_token);
  EXPECT_EQ(engine::memory_verdict(report, mapped), MemoryVerdict::ReadFromDisk);
  EXPECT_EQ(engine::longest_context(report, WeightFormat::AsStored), 0);
  const auto q8 = engine::memory_need(report, 8192, WeightFormat::Q8_0);
  EXPECT_FALSE(q8.weights_are_mapped);
  EXPECT_EQ(q8.own(), q8.total());
  EXPECT_EQ(engine::memory_verdict(report, q8), MemoryVerdict::TooMuch);
  EXPECT_EQ(engine::longest_context(report, WeightFormat::Q4_K), 8192);
  report.memory_available = 10'200'000'000;
  const std::int64_t longest = engine::longest_context(report, WeightFormat::Q4_K);
  EXPECT_GT(longest, 1000);
  EXPECT_LT(longest, 8192);
  const auto verdict = [&report](std::int64_t n) {
    return engine::memory_verdict(report, engine::memory_need(report, n, WeightFormat::Q4_K));
  };
  EXPECT_EQ(verdict(longest), MemoryVerdict::Fits);
  EXPECT_EQ(verdict(longest + 1), MemoryVerdict::TooMuch);
  report.memory_available = 0;  // not known: nothing is refused
  EXPECT_EQ(verdict(8192), MemoryVerdict::Fits);
}

TEST(Report, TheRouterIsPutInWords) {
  ModelConfig config = parse(support::deepseek_v3_config());
  EXPECT_EQ(engine::describe_router(config),
            "sigmoid affinity of each of 256 experts, plus a bias that counts for choosing only; 8 "
            "groups scored by the sum of their two best experts, 4 of them open; the best 8 of the "
            "open groups are chosen; weights: the affinities without the bias, divided by their "
            "sum, times 2.5");
  config.topk_method = engine::TopkMethod::GroupLimitedGreedy;
  config.scoring_func = engine::ScoreFunction::Softmax;
  config.norm_topk_prob = false;
  config.routed_scaling_factor = 16;
  EXPECT_EQ(engine::describe_router(config),
            "softmax over 256 experts; 8 groups scored by their best expert, 4 of them open; the "
            "best 8 of the open groups are chosen; weights: the softmax, times 16");
  config.topk_method = engine::TopkMethod::Greedy;
  config.routed_scaling_factor = 1;
  EXPECT_EQ(engine::describe_router(config),
            "softmax over 256 experts; the best 8 are chosen; weights: the softmax");
  config.architecture = engine::Architecture::Mixtral;
  config.n_routed_experts = 8;
  config.num_experts_per_tok = 2;
  EXPECT_EQ(engine::describe_router(config),
            "the best 2 of 8 experts by logit; weights: a softmax over the chosen");
  config.n_routed_experts = 0;
  EXPECT_THAT(engine::describe_router(config), HasSubstr("dense model"));
}

TEST(Report, EveryKindOfAttentionIsPutInWords) {
  ModelConfig config;
  config.num_attention_heads = 32;
  config.num_key_value_heads = 32;
  config.head_dim = 128;
  EXPECT_EQ(engine::describe_attention(config), "MHA · 32 heads of 128");
  config.num_key_value_heads = 8;
  config.sliding_window = 4096;
  EXPECT_EQ(engine::describe_attention(config),
            "GQA · 32 heads of 128 share 8 key-value heads · sliding window of 4,096 tokens");
  config.num_key_value_heads = 1;
  config.sliding_window = 0;
  config.rope_scaling.kind = engine::RopeScalingKind::Llama3;
  config.rope_scaling.factor = 8;
  EXPECT_EQ(engine::describe_attention(config),
            "MQA · 32 heads of 128 share one key-value head · Llama 3 ×8");
}

TEST(Report, NeverFailsAsAWhole) {
  for (const char* path : {"", "/nonexistent/path", "/dev/null", "a\nb"}) {
    const auto report = engine::inspect_checkpoint(path, 0);
    EXPECT_FALSE(report.loadable());
    ASSERT_EQ(report.findings.size(), 1U) << path;
    EXPECT_EQ(report.findings[0].code, "path");
    EXPECT_TRUE(engine::parse_json(engine::report_to_json(report), "report").has_value());
  }
}

}  // namespace
