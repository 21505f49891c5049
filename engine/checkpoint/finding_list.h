// FindingList: collects findings, and keeps a thousand of one kind from drowning the rest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/report.h"

namespace engine {

class FindingList {
 public:
  void error(const std::string& code, std::string message) {
    add({Finding::Severity::Error, code, std::move(message)});
  }
  void warning(const std::string& code, std::string message) {
    add({Finding::Severity::Warning, code, std::move(message)});
  }
  void info(const std::string& code, std::string message) {
    add({Finding::Severity::Info, code, std::move(message)});
  }
  /// After kShownPerCode of one code only their number is kept.
  void add(Finding finding);
  /// Everything in the order it was found, the numbers of those left out at the end.
  std::vector<Finding> take();

 private:
  static constexpr int kShownPerCode = 40;
  struct LeftOut {
    Finding::Severity severity = Finding::Severity::Info;
    int n_found = 0;
  };
  std::vector<Finding> findings_;
  std::map<std::string, LeftOut> by_code_;
};

}  // namespace engine
