// A sentence is matched against one pattern after the other; what stands for %n is a sentence of
// its own and is looked up in turn.
#include "app/engine_text.h"

#include <QCoreApplication>
#include <QStringList>
#include <optional>
#include <vector>

#include "app/engine_patterns.h"

namespace app {
namespace {

constexpr int kMaxDepth = 8;  // "place: found X, allowed Y; remedy; this is Z"

struct Pattern {
  const char* source;
  std::vector<QString> literals;  // what stands around the arguments: one more than those
  std::vector<int> arguments;     // the number behind each %
  bool takesNumbers = false;      // nothing else may stand for an argument
};

Pattern parse(const char* source) {
  Pattern pattern{source, {QString()}, {}, false};
  const QString text = QString::fromUtf8(source);
  for (qsizetype i = 0; i < text.size(); ++i) {
    const bool argument = text[i] == u'%' && i + 1 < text.size() && text[i + 1].isDigit();
    if (!argument) {
      pattern.literals.back() += text[i];
      continue;
    }
    pattern.arguments.push_back(text[++i].digitValue());
    pattern.literals.emplace_back();
  }
  return pattern;
}

const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all = [] {
    std::vector<Pattern> parsed;
    for (const auto& group : {runPatterns(), filePatterns(), findingPatterns(), partPatterns(),
                              numberPatterns(), lastPatterns()}) {
      for (const char* source : group) {
        parsed.push_back(parse(source));
        parsed.back().takesNumbers = group.data() == numberPatterns().data();
      }
    }
    return parsed;
  }();
  return all;
}

bool isNumber(const QString& text) {
  return (text[0].isDigit() || text[0] == u'-') && !text.contains(u' ');
}

/// What stands for each argument, in the pattern's order; none when the sentence is another.
std::optional<QStringList> match(const Pattern& pattern, const QString& text) {
  const std::vector<QString>& literals = pattern.literals;
  if (!text.startsWith(literals.front())) return std::nullopt;
  if (literals.size() == 1) {
    return text.size() == literals.front().size() ? std::optional(QStringList()) : std::nullopt;
  }
  QStringList found;
  qsizetype at = literals.front().size();
  for (std::size_t i = 1; i < literals.size(); ++i) {
    const bool last = i + 1 == literals.size();
    if (last && !text.endsWith(literals[i])) return std::nullopt;
    const qsizetype next = last ? text.size() - literals[i].size() : text.indexOf(literals[i], at);
    if (next <= at) return std::nullopt;  // an argument is never empty
    found += text.mid(at, next - at);
    if (pattern.takesNumbers && !isNumber(found.back())) return std::nullopt;
    at = next + literals[i].size();
  }
  return found;
}

QString translated(const QString& text, int depth) {
  if (depth > kMaxDepth) return text;
  for (const Pattern& pattern : patterns()) {
    const auto found = match(pattern, text);
    if (!found) continue;
    const QString known = QCoreApplication::translate("EngineText", pattern.source);
    QString out;
    for (qsizetype i = 0; i < known.size(); ++i) {
      const bool argument = known[i] == u'%' && i + 1 < known.size() && known[i + 1].isDigit();
      if (!argument) {
        out += known[i];
        continue;
      }
      const int number = known[++i].digitValue();
      for (std::size_t a = 0; a < pattern.arguments.size(); ++a) {
        if (pattern.arguments[a] == number) {
          out += translated(found->at(static_cast<qsizetype>(a)), depth + 1);
        }
      }
    }
    return out;
  }
  return text;
}

}  // namespace

QString engineText(const QString& sentence) { return translated(sentence, 0); }

QString engineText(const std::string& sentence) {
  return engineText(QString::fromStdString(sentence));
}

}  // namespace app
