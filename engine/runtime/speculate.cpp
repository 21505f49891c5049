// Speculative decoding: the drafter's bookkeeping of positions, and the choice between modes.
#include "engine/runtime/speculate.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace engine {

Result<std::unique_ptr<Drafter>> Drafter::create(MtpModule module, std::int64_t hidden_size,
                                                 std::int64_t max_tokens, Backend& backend) {
  std::unique_ptr<Drafter> drafter(new Drafter(std::move(module)));
  drafter->hidden_size_ = hidden_size;
  drafter->max_tokens_ = max_tokens;
  ASSIGN_OR_RETURN(drafter->waiting_, backend.allocate(max_tokens * hidden_size));
  drafter->waiting_tokens_.reserve(static_cast<std::size_t>(max_tokens));
  return drafter;
}

void Drafter::truncate(std::int64_t n) {
  if (n >= end()) return;
  const std::int64_t n_waiting = n - begin_ - module_.length();
  if (n_waiting >= 0) {
    waiting_tokens_.resize(static_cast<std::size_t>(n_waiting));
    return;
  }
  // A row that was run rests on the token behind it, so the row of position n - 1 goes too; its
  // hidden state is gone, and what comes next will not follow: observe() then begins anew.
  waiting_tokens_.clear();
  module_.truncate(std::max<std::int64_t>(n - 1 - begin_, 0));
}

Result<void> Drafter::flush(TokenId next, const std::stop_token& stop, Activations& activations) {
  const auto n = static_cast<std::int64_t>(waiting_tokens_.size());
  std::vector<TokenId> next_tokens(waiting_tokens_.begin() + 1, waiting_tokens_.end());
  next_tokens.push_back(next);
  waiting_tokens_.clear();
  return module_.forward(waiting_.view(n, hidden_size_), next_tokens, stop, activations);
}

Result<void> Drafter::observe(std::span<const TokenId> tokens, std::int64_t position,
                              std::int64_t first_row, const std::stop_token& stop,
                              Activations& activations) {
  const auto n = static_cast<std::int64_t>(tokens.size());
  CHECK_LE(n, max_tokens_);
  if (tokens.empty()) return {};
  if (position != end()) {
    waiting_tokens_.clear();
    module_.truncate(0);
    begin_ = position;
  }
  auto n_waiting = static_cast<std::int64_t>(waiting_tokens_.size());
  if (n_waiting + n > max_tokens_) {
    RETURN_IF_ERROR(flush(tokens.front(), stop, activations));
    n_waiting = 0;
  }
  module_.hidden_states(
      activations, first_row,
      {waiting_.data() + n_waiting * hidden_size_, n, hidden_size_, hidden_size_});
  waiting_tokens_.insert(waiting_tokens_.end(), tokens.begin(), tokens.end());
  return {};
}

Result<bool> Drafter::draft(TokenId next, const std::stop_token& stop, Activations& activations,
                            std::span<float> logits) {
  if (waiting_tokens_.empty()) return false;
  RETURN_IF_ERROR(flush(next, stop, activations));
  module_.logits(activations, logits);
  return true;
}

void SpeculationGauge::begin(Mode mode, int n_steps) {
  mode_ = mode;
  steps_left_ = n_steps;
  now_ = {};
}

void SpeculationGauge::record(int n_tokens, double seconds) {
  now_.n_tokens += n_tokens;
  now_.seconds += seconds;
  if (--steps_left_ > 0) return;
  rates_[mode_] = now_;
  const Mode other = mode_ == kDrafting ? kPlain : kDrafting;
  if (!rates_[other].known() || !is_trial_) {
    is_trial_ = true;
    begin(other, kTrialSteps);
    return;
  }
  is_trial_ = false;
  const bool drafting = rates_[kDrafting].per_token() <= rates_[kPlain].per_token();
  begin(drafting ? kDrafting : kPlain, kTurnSteps);
}

}  // namespace engine
