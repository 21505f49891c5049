// Collects findings with a limit per code.
#include "engine/checkpoint/finding_list.h"

#include <algorithm>
#include <utility>

namespace engine {

void FindingList::add(Finding finding) {
  LeftOut& entry = by_code_[finding.code];
  entry.severity = std::max(entry.severity, finding.severity);
  if (++entry.n_found <= kShownPerCode) findings_.push_back(std::move(finding));
}

std::vector<Finding> FindingList::take() {
  for (const auto& [code, entry] : by_code_) {
    if (entry.n_found <= kShownPerCode) continue;
    findings_.push_back({entry.severity, code,
                         "… and " + std::to_string(entry.n_found - kShownPerCode) +
                             " more like these (" + code + ")"});
  }
  by_code_.clear();
  return std::exchange(findings_, {});
}

}  // namespace engine
