// Names of tokens; see token_label.h.
// The one place that decides how a token is quoted.
#include "ui/inspector/token_label.h"

namespace ui {

QString tokenAddress(std::int64_t position, const TokenLabel& label) {
  const QString address = QStringLiteral("t%1").arg(position);
  if (label.text.isEmpty()) return address;
  if (label.isControl) return address + QLatin1Char(' ') + label.text;
  return address + QStringLiteral(" \"") + label.text + QLatin1Char('"');
}

const TokenLabel& labelAt(const std::vector<TokenLabel>& labels, std::int64_t position) {
  static const TokenLabel kNone;
  const auto at = static_cast<std::size_t>(position);
  return position >= 0 && at < labels.size() ? labels[at] : kNone;
}

}  // namespace ui
