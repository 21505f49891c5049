// bathyscope-cli as a person or a script meets it: results on stdout or in files, status 0; or
// non-zero with one line on stderr that names what is wrong.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace {

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

class Cli : public ::testing::Test {
 protected:
  // `arguments` goes through a shell; single quotes protect.
  Outcome run(const std::string& arguments) const {
    const std::string command = std::string(BATHYSCOPE_CLI) + " " + arguments + " >" +
                                folder_.file("stdout") + " 2>" + folder_.file("stderr") +
                                " </dev/null";
    const int status = std::system(command.c_str());
    Outcome outcome;
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.out = read(folder_.file("stdout"));
    outcome.err = read(folder_.file("stderr"));
    return outcome;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  // One line that contains `part`, nothing on stdout.
  void expect_refusal(const std::string& arguments, const std::string& part) const {
    const Outcome r = run(arguments);
    EXPECT_GT(r.status, 0) << arguments;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_NE(r.err.find(part), std::string::npos) << r.err;
    EXPECT_EQ(r.out, "") << arguments;
  }
  std::string model() {
    const std::string path = folder_.file("model");
    if (std::filesystem::create_directory(path)) support::write_chat_checkpoint(path);
    return path;
  }
  support::TempFolder folder_;
};

TEST_F(Cli, HelpListsEveryCommandAndOption) {
  const Outcome help = run("--help");
  EXPECT_EQ(help.status, 0);
  for (const char* command : {"info", "tokenize", "detokenize", "render", "logits", "trace",
                              "generate", "bench", "perplexity", "quantize", "make-random"}) {
    EXPECT_NE(help.out.find(command), std::string::npos) << command;
    EXPECT_EQ(run(std::string(command) + " --help").status, 0);
  }
  const Outcome generate = run("generate --help");
  for (const char* option :
       {"--prompt", "--system", "--raw", "--max-tokens", "--temperature", "--top-k", "--top-p",
        "--min-p", "--repetition-penalty", "--seed", "--json", "--backend", "--threads",
        "--context", "--prefill-chunk", "--weights"}) {
    EXPECT_NE(generate.out.find(option), std::string::npos) << option;
  }
}

TEST_F(Cli, NamesWhatIsWrong) {
  expect_refusal("", "no command");
  expect_refusal("frobnicate x", "unknown command 'frobnicate'");
  expect_refusal("logits m --idz 1", "unknown option '--idz'");
  expect_refusal("logits", "MODEL is missing");
  expect_refusal("logits m m2", "unexpected argument 'm2'");
  expect_refusal("logits m --ids", "--ids needs a value");
  expect_refusal("logits m --ids 1 --ids 2", "--ids is given twice");
  expect_refusal("info m --json=1", "--json takes no value");
  expect_refusal("info " + folder_.file("nothing") + " --threads 0", "--threads: found '0'");
  expect_refusal("info m --backend gpu", "--backend: found 'gpu'");
  expect_refusal("info m --weights q3_k", "--weights: found 'q3_k'");
  expect_refusal("logits " + model() + " --out x.npy", "--ids is missing");
  expect_refusal("logits " + model() + " --ids 1,,2 --out x.npy", "entry 2 is not a token id");
  expect_refusal("logits " + model() + " --ids 1,-2 --out x.npy", "entry 2 is not a token id");
  expect_refusal("logits " + model() + " --ids 1,288 --out x.npy", "found 288, allowed 0 to 287");
  expect_refusal("logits " + model() + " --ids 1,2 --context 1 --out x.npy", "2 tokens needed");
  expect_refusal("logits " + model() + " --ids 1 --out /nowhere/x.npy", "/nowhere/x.npy");
  expect_refusal("trace " + model() + " --ids 1 --out /nowhere/x.st", "/nowhere/x.st");
  expect_refusal("logits " + folder_.file("nothing") + " --ids 1 --out x.npy", "nothing");
  expect_refusal("tokenize " + model(), "exactly one of");
  expect_refusal("generate " + model() + " --prompt a --top-p 3", "top_p: found 3");
  expect_refusal("generate " + model() + " --prompt a --seed -1", "--seed: found '-1'");
  expect_refusal("generate " + model() + " --prompt a --speculation x", "--speculation: found 'x'");
  expect_refusal("bench " + model() + " --prompt-tokens 4", "--gen-tokens is missing");
}

TEST_F(Cli, InfoReports) {
  EXPECT_EQ(run("info " + model()).status, 0);
  const Outcome info = run("info " + model() + " --json");
  EXPECT_EQ(info.status, 0);
  const auto json = nlohmann::json::parse(info.out);
  EXPECT_EQ(json["config"]["n_routed_experts"], 8);
}

TEST_F(Cli, TokenizesAndBack) {
  EXPECT_EQ(run("tokenize " + model() + " --text 'a<eos>'").out, "97,60,101,111,115,62\n");
  EXPECT_EQ(run("tokenize " + model() + " --text 'a<eos>' --special --json").out, "[97,257]\n");
  support::write_file(folder_.file("lines.json"), "[\"ab\", \"\", \"\\u00e9\"]");
  const auto lines = nlohmann::json::parse(
      run("tokenize " + model() + " --lines " + folder_.file("lines.json")).out);
  EXPECT_EQ(lines, nlohmann::json::parse("[[97,98],[],[195,169]]"));
  support::write_file(folder_.file("text"), "xy\n");
  EXPECT_EQ(run("tokenize " + model() + " --file " + folder_.file("text")).out, "120,121,10\n");
  EXPECT_EQ(run("detokenize " + model() + " --ids 97,257,195,169").out, "a<eos>\xC3\xA9");
  std::filesystem::remove(model() + "/model.safetensors");  // no weights needed
  EXPECT_EQ(run("tokenize " + model() + " --text a").out, "97\n");
}

TEST_F(Cli, RendersTheExactPrompt) {
  support::write_file(folder_.file("m.json"),
                      "[{\"role\": \"system\", \"content\": \"S\"},"
                      "{\"role\": \"user\", \"content\": \"hi\"}]");
  const Outcome rendered = run("render " + model() + " --messages " + folder_.file("m.json"));
  EXPECT_EQ(rendered.out, "<bos>S<user>hi<assistant>");
  support::write_file(folder_.file("m.json"), "[{\"role\": \"robot\", \"content\": \"\"}]");
  expect_refusal("render " + model() + " --messages " + folder_.file("m.json"), "found 'robot'");
  support::write_file(folder_.file("m.json"), "{");
  expect_refusal("render " + model() + " --messages " + folder_.file("m.json"), "not valid JSON");
}

TEST_F(Cli, LogitsFileHoldsTheModelsLogits) {
  const support::GoldenCheckpoint golden("no_groups");
  std::string ids;
  for (const auto token : golden.tokens()) {
    ids += (ids.empty() ? "" : ",") + std::to_string(token.value);
  }
  const std::string out = folder_.file("o.npy");
  const Outcome r =
      run("logits " + golden.path() + " --ids " + ids + " --prefill-chunk 4 --out " + out);
  ASSERT_EQ(r.status, 0) << r.err;
  const std::string file = read(out);
  EXPECT_EQ(file.substr(0, 6), "\x93NUMPY");
  EXPECT_NE(file.find("'shape': (11, 40)"), std::string::npos);
  const std::size_t header =
      10 + static_cast<unsigned char>(file[8]) + 256U * static_cast<unsigned char>(file[9]);
  EXPECT_EQ(header % 64, 0U);
  ASSERT_EQ(file.size(), header + 11 * 40 * sizeof(float));
  std::vector<float> logits(11 * 40);
  std::memcpy(logits.data(), file.data() + header, logits.size() * sizeof(float));
  EXPECT_LT(support::relative_difference(logits, golden.floats("logits")), 1e-5);
  EXPECT_FALSE(std::filesystem::exists(out + ".partial"));
}

TEST_F(Cli, QuantisesWhileLoading) {
  const auto bytes = [&](const std::string& option) -> std::int64_t {
    const Outcome bench =
        run("bench " + model() + " --prompt-tokens 2 --gen-tokens 1 --repeat 1 --json" + option);
    EXPECT_EQ(bench.status, 0) << bench.err;
    return nlohmann::json::parse(bench.out)["weight_bytes"];
  };
  const std::int64_t stored = bytes("");  // float32
  EXPECT_LT(bytes(" --weights q8_0"), stored * 6 / 10);
  EXPECT_LT(bytes(" --weights q4_k"), bytes(" --weights q8_0"));
}

TEST_F(Cli, QuantizeWritesGgufThatAnswersTheSame) {
  const std::string gguf = folder_.file("m.gguf");
  // The fixture's tokenizer does not cut its text at all; GGUF has no name for that.
  expect_refusal("quantize " + model() + " " + gguf + " --type f32", "GGUF has no name for");
  const Outcome written = run("quantize " + model() + " " + gguf + " --type f32 --no-tokenizer");
  ASSERT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(written.out, "");
  EXPECT_FALSE(std::filesystem::exists(gguf + ".partial"));
  for (const std::string& from : {model(), gguf}) {
    const Outcome r = run("logits " + from + " --ids 5,9,200,31 --out " + from + ".npy");
    ASSERT_EQ(r.status, 0) << r.err;
  }
  const std::string a = read(model() + ".npy");
  const std::string b = read(gguf + ".npy");
  ASSERT_EQ(a.size(), b.size());
  const std::size_t n = 4 * 288;
  std::vector<float> x(n);
  std::vector<float> y(n);
  std::memcpy(x.data(), a.data() + a.size() - 4 * n, 4 * n);
  std::memcpy(y.data(), b.data() + b.size() - 4 * n, 4 * n);
  EXPECT_LT(support::relative_difference(y, x), 1e-5);

  expect_refusal("quantize " + model() + " " + gguf + " --type f32", "--force replaces it");
  EXPECT_EQ(run("quantize " + gguf + " " + gguf + "2 --type q8_0").status, 0);
  EXPECT_EQ(run("quantize " + gguf + " " + gguf + "2 --type q4_k --force").status, 0);
  EXPECT_LT(std::filesystem::file_size(gguf + "2"), std::filesystem::file_size(gguf));
  expect_refusal("quantize " + model(), "OUT.gguf is missing");
  expect_refusal("quantize " + model() + " a b", "unexpected argument 'b'");
  expect_refusal("quantize " + model() + " /nowhere/x.gguf --type q8_0 --no-tokenizer",
                 "/nowhere/x.gguf");
  expect_refusal("quantize " + model() + " " + folder_.file("n") + " --type q2_k", "found 'q2_k'");
  expect_refusal("quantize " + folder_.file("none") + " " + folder_.file("n") + " --type bf16",
                 "none");
}

TEST_F(Cli, MakeRandomWritesTheSameBytesForTheSameSeed) {
  const auto make = [&](const std::string& name, const std::string& options) {
    const Outcome made = run("make-random --shape tiny --type q4_k_m --layers 2 --out " +
                             folder_.file(name) + options);
    EXPECT_EQ(made.status, 0) << made.err;
    return read(folder_.file(name));
  };
  const std::string first = make("a.gguf", "");
  EXPECT_EQ(make("b.gguf", " --seed 1"), first);
  EXPECT_NE(make("c.gguf", " --seed 2"), first);
  const Outcome info = run("info " + folder_.file("a.gguf") + " --json");
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_EQ(nlohmann::json::parse(info.out)["config"]["num_hidden_layers"], 2);
  EXPECT_EQ(
      run("logits " + folder_.file("a.gguf") + " --ids 1,2 --out " + folder_.file("l.npy")).status,
      0);
  expect_refusal("make-random --shape tiny --type q4_k_m --out " + folder_.file("a.gguf"),
                 "--force replaces it");
  expect_refusal("make-random --shape huge --type bf16 --out x", "found 'huge', allowed v2-lite");
  expect_refusal("make-random --shape tiny --type q3_k --out x", "found 'q3_k'");
  EXPECT_NE(run("make-random --shape list").out.find("moonlight"), std::string::npos);
}

TEST_F(Cli, TraceWritesSafetensors) {
  const std::string out = folder_.file("o.safetensors");
  ASSERT_EQ(run("trace " + model() + " --ids 1,2,3 --attention --out " + out).status, 0);
  const support::TensorFile trace(out);
  EXPECT_EQ(trace.read<std::int64_t>("tokens"), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_TRUE(trace.has("attention.rope_scores"));
}

TEST_F(Cli, GeneratesTheSameForTheSameSeed) {
  const std::string command =
      "generate " + model() + " --prompt hello --max-tokens 12 --seed 9 --temperature 1 --json";
  const Outcome first = run(command);
  ASSERT_EQ(first.status, 0) << first.err;
  const auto json = nlohmann::json::parse(first.out);
  EXPECT_EQ(json["seed"], 9);
  EXPECT_LE(json["ids"].size(), 12U);
  EXPECT_TRUE(json["timings"].contains("prefill_seconds"));
  EXPECT_TRUE(json["stop_reason"] == "max-tokens" || json["stop_reason"] == "end-of-turn");
  EXPECT_EQ(nlohmann::json::parse(run(command).out)["ids"], json["ids"]);
  const Outcome text = run("generate " + model() + " --prompt hello --max-tokens 3 --seed 9 --raw");
  EXPECT_EQ(text.status, 0);
  EXPECT_EQ(text.out.back(), '\n');
  expect_refusal("generate " + model() + " --prompt 'much too long' --context 4", "4 available");
}

TEST_F(Cli, PerplexityOfATextIsTheSameHoweverItIsComputed) {
  const std::string text = folder_.file("text");
  std::ofstream(text) << std::string(150, 'a') << " b c d <bos> \n";  // <bos> is plain text here
  const std::string command = "perplexity " + model() + " " + text + " --context 50 ";
  const Outcome whole = run(command + "--json --backend cpu");
  ASSERT_EQ(whole.status, 0) << whole.err;
  const auto json = nlohmann::json::parse(whole.out);
  EXPECT_EQ(json["n_bytes"], 164);
  EXPECT_EQ(json["n_scored"], 164);  // one token per byte, each after BOS or another
  EXPECT_EQ(json["n_windows"], 4);   // of 49 and a BOS
  EXPECT_EQ(json["window"], 50);
  const double nats = json["nats_per_token"];
  EXPECT_NEAR(json["perplexity"].get<double>(), std::exp(nats), 1e-9 * std::exp(nats));
  EXPECT_GT(nats, 4.0);  // noise over 288 tokens: near ln 288
  EXPECT_LT(nats, 8.0);
  const Outcome chunked = run(command + "--json --backend cpu --prefill-chunk 7 --threads 1");
  EXPECT_EQ(nlohmann::json::parse(chunked.out)["nats"], json["nats"]);
  const Outcome reference = run(command + "--json --backend reference");
  EXPECT_NEAR(nlohmann::json::parse(reference.out)["nats_per_token"].get<double>(), nats, 1e-5);
  const Outcome plain = run(command);
  EXPECT_NE(plain.out.find("perplexity   "), std::string::npos) << plain.out;
  expect_refusal("perplexity " + model(), "FILE is missing");
  expect_refusal("perplexity " + model() + " " + folder_.file("nothing"), "nothing");
  std::ofstream(text).close();
  expect_refusal(command, "too few");
}

TEST_F(Cli, BenchMeasures) {
  const Outcome bench =
      run("bench " + model() + " --prompt-tokens 20 --gen-tokens 5 --repeat 2 --record off --json");
  ASSERT_EQ(bench.status, 0) << bench.err;
  const auto json = nlohmann::json::parse(bench.out);
  EXPECT_EQ(json["prefill_tokens_per_second"]["each"].size(), 2U);
  EXPECT_GT(json["decode_tokens_per_second"]["median"], 0);
  EXPECT_GT(json["bytes_read_per_token"], 0);
  EXPECT_LT(json["bytes_read_per_token"], json["weight_bytes"]);
  EXPECT_GT(json["peak_memory_bytes"], 0);
  EXPECT_GT(json["limits"]["read_bytes_per_second"], 0);
  EXPECT_GT(json["limits"]["float_ops_per_second"], 0);
  EXPECT_EQ(run("bench " + model() + " --prompt-tokens 2 --gen-tokens 1 --repeat 1").status, 0);
}

TEST_F(Cli, BenchMeasuresDepthsAndSaysWhereTimeGoes) {
  const std::string command =
      "bench " + model() +
      " --prompt-tokens 8,16 --gen-tokens 3 --repeat 1 --depth 0,30 --record both --profile";
  const Outcome bench = run(command + " --json");
  ASSERT_EQ(bench.status, 0) << bench.err;
  const auto json = nlohmann::json::parse(bench.out);
  EXPECT_EQ(json["prefill"].size(), 2U);
  ASSERT_EQ(json["decode"].size(), 2U);
  EXPECT_EQ(json["decode"][1]["depth"], 30);
  EXPECT_GT(json["decode"][1]["share_of_bandwidth"], 0);
  EXPECT_TRUE(json["decode"][0].contains("recording_cost"));
  double seconds = 0;
  double bytes = 0;
  bool has_experts = false;
  for (const auto& entry : json["decode"][0]["profile"]) {
    const auto spent = entry["seconds"].get<double>();
    seconds += spent;
    has_experts |= entry["what"] == "routed experts" && entry["calls"] > 0;
    bytes += entry.value("bytes_per_second", 0.0) * spent;
    EXPECT_EQ(entry.contains("bytes_per_second"), entry.contains("ops_per_second"));
  }
  EXPECT_TRUE(has_experts);
  // Three tokens, whose weights the profile counts op by op; norms, the embedding's rows and what
  // the cache holds are the difference.
  const double weights = 3 * json["bytes_read_per_token"].get<double>();
  EXPECT_NEAR(bytes, weights, 0.05 * weights);
  EXPECT_NEAR(seconds, json["decode"][0]["profiled_seconds"].get<double>(), 1e-3);
  const Outcome text = run(command);
  EXPECT_NE(text.out.find("of the read bandwidth"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("attention"), std::string::npos);
  expect_refusal("bench " + model() + " --prompt-tokens 4,x --gen-tokens 1", "entry 2 of '4,x'");
}

}  // namespace
