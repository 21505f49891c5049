// Speculative decoding: an MTP module drafts the token after next, the main model verifies it in
// the same pass. Drafter keeps the module's place in the conversation, SpeculationGauge measures
// whether drafting pays. Used by generate; the tokens are the same with and without it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/model/mtp.h"

namespace engine {

/// Positions known to it are consecutive up to the last observed one; when tokens come that do not
/// follow them it begins anew there. A wrong or short memory costs drafts, never a wrong token.
class Drafter {
 public:
  static Result<std::unique_ptr<Drafter>> create(MtpModule module, std::int64_t hidden_size,
                                                 std::int64_t max_tokens, Backend& backend);

  const MtpModule& module() const { return module_; }
  /// Forgets what rests on positions from `n` on.
  void truncate(std::int64_t n);
  /// Takes the hidden states of `tokens`, which the last forward of the main model left in rows
  /// first_row … of the activations; tokens[0] stands at `position`. At most max_tokens of them.
  Result<void> observe(std::span<const TokenId> tokens, std::int64_t position,
                       std::int64_t first_row, const std::stop_token& stop,
                       Activations& activations);
  /// The module's logits of the token after `next`, which follows the last observed one. False
  /// when nothing was observed.
  Result<bool> draft(TokenId next, const std::stop_token& stop, Activations& activations,
                     std::span<float> logits);

 private:
  explicit Drafter(MtpModule module) : module_(std::move(module)) {}
  std::int64_t end() const {
    return begin_ + module_.length() + static_cast<std::int64_t>(waiting_tokens_.size());
  }
  /// Runs the waiting rows through the module; `next` follows the last of them.
  Result<void> flush(TokenId next, const std::stop_token& stop, Activations& activations);

  MtpModule module_;
  std::int64_t begin_ = 0;  // the position in slot 0 of the module's cache
  Buffer waiting_;          // [max_tokens, hidden_size]: hidden states not yet run
  std::vector<TokenId> waiting_tokens_;
  std::int64_t hidden_size_ = 0;
  std::int64_t max_tokens_ = 0;
};

/// Measures seconds per token of steps with and without a draft, in turns: mostly the faster way,
/// now and then some steps of the other, because acceptance changes with the text and costs with
/// the depth.
class SpeculationGauge {
 public:
  /// Whether the next step should draft.
  bool should_draft() const { return mode_ == kDrafting; }
  /// After a step that gave n_tokens.
  void record(int n_tokens, double seconds);

 private:
  enum Mode : std::size_t { kDrafting = 0, kPlain = 1 };
  struct Rate {
    double seconds = 0;
    int n_tokens = 0;
    bool known() const { return n_tokens > 0; }
    double per_token() const { return seconds / n_tokens; }
  };
  void begin(Mode mode, int n_steps);

  Mode mode_ = kDrafting;
  int steps_left_ = kTrialSteps;
  bool is_trial_ = true;
  Rate now_;                   // of the turn that is on
  std::array<Rate, 2> rates_;  // of the last whole turn of each mode

  static constexpr int kTrialSteps = 8;
  static constexpr int kTurnSteps = 64;
};

}  // namespace engine
