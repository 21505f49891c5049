// Looking findings up by code.
#pragma once

#include <algorithm>
#include <string>

#include "engine/checkpoint/report.h"

namespace support {

inline int count_findings(const engine::CheckpointReport& report, const std::string& code) {
  return static_cast<int>(
      std::count_if(report.findings.begin(), report.findings.end(),
                    [&code](const engine::Finding& finding) { return finding.code == code; }));
}

/// "error: message" of the first finding with that code; empty when there is none.
inline std::string finding(const engine::CheckpointReport& report, const std::string& code) {
  for (const engine::Finding& finding : report.findings) {
    if (finding.code != code) continue;
    const char* severity = finding.severity == engine::Finding::Severity::Error     ? "error: "
                           : finding.severity == engine::Finding::Severity::Warning ? "warning: "
                                                                                    : "info: ";
    return severity + finding.message;
  }
  return {};
}

}  // namespace support
