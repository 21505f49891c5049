// How the inspector names a token: address and visible text, the same in every panel.
// Texts come from app::TimelineToken through the binding.
#pragma once

#include <QString>
#include <cstdint>
#include <vector>

namespace ui {

/// What a view needs to know of a token to name it.
struct TokenLabel {
  QString text;  // visible text: "·whale", "⏎", "<think>"
  bool isControl = false;
  bool operator==(const TokenLabel&) const = default;
};

/// `t412 "·whale"`; a control token without quotes: `t0 <bos>`.
QString tokenAddress(std::int64_t position, const TokenLabel& label);

/// The label of a position, or an empty one beyond the end.
const TokenLabel& labelAt(const std::vector<TokenLabel>& labels, std::int64_t position);

}  // namespace ui
