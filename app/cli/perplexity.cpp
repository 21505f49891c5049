// perplexity: how well the model predicts a text; the same number on every backend and format is
// what shows that they compute the same.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/progress.h"
#include "engine/runtime/perplexity.h"

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;

namespace {

std::string decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

void print(const engine::Perplexity& measured, std::size_t nBytes, bool begins) {
  std::cout << "nats/token   " << decimal(measured.nats_per_token(), 6) << '\n'
            << "perplexity   " << decimal(measured.value(), 4) << '\n'
            << "bits/byte    "
            << decimal(measured.nats / 0.69314718055994530942 / static_cast<double>(nBytes), 6)
            << '\n'
            << "scored       " << measured.n_scored << " tokens in " << measured.n_windows
            << " windows of up to " << measured.window << ", one after the other, each "
            << (begins ? "beginning with BOS" : "without BOS: its first token is not scored")
            << '\n';
}

void printJson(const engine::Perplexity& measured, std::size_t nBytes, bool begins,
               const engine::ModelInfo& info) {
  const nlohmann::json json{{"nats_per_token", measured.nats_per_token()},
                            {"perplexity", measured.value()},
                            {"nats", measured.nats},
                            {"n_scored", measured.n_scored},
                            {"n_windows", measured.n_windows},
                            {"window", measured.window},
                            {"bos", begins},
                            {"n_bytes", nBytes},
                            {"model", info.path},
                            {"backend", info.backend_description}};
  std::cout << json.dump(2) << '\n';
}

}  // namespace

Result<void> runPerplexity(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string text, readFile(arguments.operand(1)));
  ASSIGN_OR_RETURN(const auto model, loadModel(arguments, 0));
  if (model->text == nullptr) {
    return fail(ErrorCode::NotFound,
                "a text needs a tokenizer: " + model->info->tokenizer_description);
  }
  ASSIGN_OR_RETURN(const auto ids, model->text->tokenizer.encode_ids(text, false));
  Progress progress("Reading " + arguments.operand(1), ProgressUnit::Tokens);
  engine::PerplexityOptions options;
  options.bos = model->text->tokenizer.bos();
  options.stop = progress.token();
  options.on_progress = [&](std::int64_t done, std::int64_t total) {
    progress.update(done, total);
  };
  ASSIGN_OR_RETURN(const engine::Perplexity measured,
                   engine::measure_perplexity(ids, options, *model->session));
  if (arguments.has("--json")) {
    printJson(measured, text.size(), options.bos.has_value(), *model->info);
  } else {
    print(measured, text.size(), options.bos.has_value());
  }
  return {};
}

}  // namespace app::cli
