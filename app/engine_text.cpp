// Patterns with %1, %2 … for what varies. A sentence is matched against one after the other; what
// stands for %n is a sentence of its own and is looked up in turn. Special ones come first.
#include "app/engine_text.h"

#include <QCoreApplication>
#include <QStringList>
#include <optional>
#include <vector>

namespace app {
namespace {

constexpr int kMaxDepth = 5;  // "place: found X, allowed Y; remedy; this is Z"

constexpr const char* kPatterns[] = {
    QT_TRANSLATE_NOOP("EngineText", "no checkpoint with a tokenizer is loaded"),
    QT_TRANSLATE_NOOP("EngineText", "Reading headers"),
    QT_TRANSLATE_NOOP("EngineText", "Mapping weights"),
    QT_TRANSLATE_NOOP("EngineText", "Placing weights"),
    QT_TRANSLATE_NOOP("EngineText", "Reserving the cache"),
    QT_TRANSLATE_NOOP("EngineText", "Reading the tokenizer"),
    QT_TRANSLATE_NOOP("EngineText", "Quantising to %1"),
    QT_TRANSLATE_NOOP("EngineText", "loading stopped"),
    QT_TRANSLATE_NOOP("EngineText", "the engine is shutting down"),
    QT_TRANSLATE_NOOP("EngineText", "reading the files was cancelled"),
    QT_TRANSLATE_NOOP("EngineText", "reading the folder was cancelled"),
    QT_TRANSLATE_NOOP("EngineText", "the prompt has no tokens"),
    QT_TRANSLATE_NOOP("EngineText", "the vocabulary has no token that may be drawn"),
    QT_TRANSLATE_NOOP("EngineText",
                      "the logits hold NaN or infinity: there is no distribution to draw from"),
    QT_TRANSLATE_NOOP("EngineText",
                      "context full: the answer stops at %1 tokens; choose a longer context or "
                      "start a new chat"),
    QT_TRANSLATE_NOOP("EngineText",
                      "context full: %1 tokens needed, %2 available; choose a longer context"),
    QT_TRANSLATE_NOOP("EngineText",
                      "the prompt does not fit: %1 tokens needed (the prompt's %2 and one of the "
                      "answer), %3 available; shorten the conversation or choose a longer context"),
    QT_TRANSLATE_NOOP("EngineText",
                      "the cache for a context of %1 tokens needs %2 bytes, free are %3; choose a "
                      "context of at most %4 tokens"),
    QT_TRANSLATE_NOOP("EngineText",
                      "the weights as %1 need %2 bytes, free are %3; choose a smaller type, or "
                      "load them as they are stored"),
    QT_TRANSLATE_NOOP("EngineText", "no memory for %1 MiB of weights"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "memory: needed %1 bytes, free %2; weights that do not fit are read from disk again and "
        "again, which is slow: close other programs, choose a shorter context or quantise on load"),
    QT_TRANSLATE_NOOP("EngineText", "this checkpoint cannot chat: %1"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "no tokenizer: none of tokenizer.json, tokenizer.model, tiktoken.model is there"),
    QT_TRANSLATE_NOOP("EngineText", "CUDA is not used: %1"),
    QT_TRANSLATE_NOOP("EngineText",
                      "there is no plug-in (libbathyscope_cuda.so) beside the program"),
    QT_TRANSLATE_NOOP("EngineText", "the plug-in cannot be loaded: %1"),
    QT_TRANSLATE_NOOP("EngineText", "no NVIDIA driver is installed"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is damaged or cut short"),
    QT_TRANSLATE_NOOP("EngineText", "no token can be drawn"),
    QT_TRANSLATE_NOOP("EngineText", "the checkpoint is damaged or overflows"),
    QT_TRANSLATE_NOOP("EngineText",
                      "the engine's queue is full: found %1 waiting commands, allowed %2"),
    QT_TRANSLATE_NOOP("EngineText", "position %1 is not in the cache, which holds %2 tokens"),
    QT_TRANSLATE_NOOP("EngineText", "the file is newer than this program"),
    QT_TRANSLATE_NOOP("EngineText", "version 1 is too old, convert the model again"),
    QT_TRANSLATE_NOOP("EngineText", "index and files are of different downloads"),
    QT_TRANSLATE_NOOP("EngineText", "the files are of different downloads"),
    QT_TRANSLATE_NOOP("EngineText", "the parts are of different models"),
    QT_TRANSLATE_NOOP("EngineText", "are the files of one download?"),
    QT_TRANSLATE_NOOP("EngineText", "the file was changed or is two files in one"),
    QT_TRANSLATE_NOOP("EngineText", "the model can be inspected, but not talked to"),
    QT_TRANSLATE_NOOP("EngineText", "a built-in template is used"),
    QT_TRANSLATE_NOOP("EngineText", "the program's own sampling defaults are used"),
    QT_TRANSLATE_NOOP("EngineText",
                      "the factor is used, as written (some transformers releases use the ratio)"),
    QT_TRANSLATE_NOOP("EngineText", "without it the results would be wrong"),
    QT_TRANSLATE_NOOP("EngineText", "it never takes effect"),
    QT_TRANSLATE_NOOP("EngineText", "load the model again"),
    QT_TRANSLATE_NOOP("EngineText", "load the weights as they are stored"),
    QT_TRANSLATE_NOOP("EngineText", "choose the CPU backend"),
    QT_TRANSLATE_NOOP("EngineText", "choose the CPU"),
    QT_TRANSLATE_NOOP("EngineText", "choose a longer context"),
    QT_TRANSLATE_NOOP("EngineText", "choose a shorter context"),
    QT_TRANSLATE_NOOP("EngineText", "choose fewer threads"),
    QT_TRANSLATE_NOOP("EngineText", "choose bf16"),
    QT_TRANSLATE_NOOP("EngineText", "download it again"),
    QT_TRANSLATE_NOOP("EngineText", "download that file again"),
    QT_TRANSLATE_NOOP("EngineText", "download the index too"),
    QT_TRANSLATE_NOOP("EngineText", "download it"),
    QT_TRANSLATE_NOOP("EngineText", "convert the model again"),
    QT_TRANSLATE_NOOP("EngineText", "convert it to safetensors"),
    QT_TRANSLATE_NOOP("EngineText", "convert it"),
    QT_TRANSLATE_NOOP("EngineText", "unpack it first"),
    QT_TRANSLATE_NOOP("EngineText", "remove one of them"),
    QT_TRANSLATE_NOOP("EngineText", "save the file without it"),
    QT_TRANSLATE_NOOP("EngineText", "save the file as UTF-8"),
    QT_TRANSLATE_NOOP("EngineText", "write the number without quotes"),
    QT_TRANSLATE_NOOP("EngineText", "open the file of the one you mean"),
    QT_TRANSLATE_NOOP("EngineText", "a checkpoint folder has one beside its weights"),
    QT_TRANSLATE_NOOP("EngineText", "open the folder it leads to, or copy the file"),
    QT_TRANSLATE_NOOP("EngineText", "a change under another name changes it here"),
    QT_TRANSLATE_NOOP("EngineText", "the first is used, as %1 says"),
    QT_TRANSLATE_NOOP("EngineText", "skipped"),
    QT_TRANSLATE_NOOP("EngineText", "ignored"),
    QT_TRANSLATE_NOOP("EngineText", "the first one drafts tokens ahead"),
    QT_TRANSLATE_NOOP("EngineText", "this is %1"),
    QT_TRANSLATE_NOOP("EngineText", "a PyTorch pickle: not opened, it can run code"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "a ZIP archive (PyTorch .bin/.pt): not opened, the pickle inside can run code"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "an HTML page saved under this name: the download went wrong, download it again"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "an XML page saved under this name: the download went wrong, download it again"),
    QT_TRANSLATE_NOOP("EngineText", "a GGUF file: give it a name that ends in .gguf"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "a GGUF file with its bytes swapped (big-endian), which this program does not open"),
    QT_TRANSLATE_NOOP("EngineText", "a legacy GGML file, which this program does not open"),
    QT_TRANSLATE_NOOP("EngineText", "a legacy GGJT file, which this program does not open"),
    QT_TRANSLATE_NOOP("EngineText",
                      "a Git-LFS pointer, not the model itself: fetch it with `git lfs pull`"),
    QT_TRANSLATE_NOOP("EngineText", "a gzip archive"),
    QT_TRANSLATE_NOOP("EngineText", "a NumPy array"),
    QT_TRANSLATE_NOOP("EngineText", "an HDF5 file"),
    QT_TRANSLATE_NOOP("EngineText", "a text, not weights: the download may have been refused"),
    QT_TRANSLATE_NOOP("EngineText", "open it to see why"),
    QT_TRANSLATE_NOOP("EngineText", "%1: no such file or folder"),
    QT_TRANSLATE_NOOP("EngineText", "%1: no such file in the folder"),
    QT_TRANSLATE_NOOP("EngineText", "%1: no such file, but %2 and others are there"),
    QT_TRANSLATE_NOOP("EngineText", "%1: no such file, nor %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1: no such file"),
    QT_TRANSLATE_NOOP("EngineText", "%1: no permission to read it"),
    QT_TRANSLATE_NOOP("EngineText", "%1: cannot be read (%2)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: cannot be opened (%2)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: cannot be mapped (%2)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: reading failed (%2)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: became shorter while it was read"),
    QT_TRANSLATE_NOOP("EngineText", "%1: a symbolic link that leads nowhere (%2)"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: a part of it could not be read any more (it was made shorter or its drive is gone)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: was %2 bytes long, now %3: it was changed while in use"),
    QT_TRANSLATE_NOOP("EngineText", "%1: it was written to while in use"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: found a symbolic link out of the folder, to %2, allowed files inside it"),
    QT_TRANSLATE_NOOP("EngineText", "%1: not used, because %2 is there too"),
    QT_TRANSLATE_NOOP("EngineText", "%1: used as %2, the only weights in the folder"),
    QT_TRANSLATE_NOOP("EngineText", "%1: the same file has %2 names"),
    QT_TRANSLATE_NOOP("EngineText",
                      "%1: too short to be GGUF, found %2 of the 24 bytes of its header"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found the first bytes %2, allowed %3"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: found the file name %2, allowed a plain name of a file in the checkpoint's folder"),
    QT_TRANSLATE_NOOP("EngineText", "found %1 GGUF models in the folder, allowed one: %2"),
    QT_TRANSLATE_NOOP("EngineText",
                      "%1: found an end at byte %2, but the file holds %3 bytes of data (%4 % of "
                      "that): an incomplete download"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2 bytes after the last tensor, allowed none"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found a start at byte %2, allowed %3 (a hole after %4)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found a start at byte %2, allowed %3 (it overlaps %4)"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2, the files hold %3 bytes of tensors"),
    QT_TRANSLATE_NOOP("EngineText", "%1: not given, so transformers' defaults hold: %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1: not in %2, ignored"),
    QT_TRANSLATE_NOOP("EngineText", "%1: not part of this model, ignored"),
    QT_TRANSLATE_NOOP("EngineText", "%1: not needed beside attn_k_b and attn_v_b"),
    QT_TRANSLATE_NOOP("EngineText",
                      "%1: found a bias or norm that no model of this architecture has"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found F8_E4M3 without its scales, needed %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1: this checkpoint is %2"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: found layer %2, which is no MTP layer, allowed layers below num_hidden_layers = %3"),
    QT_TRANSLATE_NOOP("EngineText",
                      "%1 tensors of %2 MTP layer(s), %3 bytes: not part of the model's answer"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is %2, but %3 is %4"),
    QT_TRANSLATE_NOOP("EngineText", "%1, which does not hold it"),
    QT_TRANSLATE_NOOP("EngineText", "%1, found in %2"),
    QT_TRANSLATE_NOOP("EngineText",
                      "%1: found NaN, an infinity or a magnitude above 262,144, which a quantised "
                      "type cannot hold"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: found a count of %2 tensors, allowed at most %3 in the %4 bytes that follow"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: found a count of %2 keys, allowed at most %3 in the %4 bytes that follow"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2 tokens, more than the embedding's %3 rows"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2, which was %3 and was removed from the format"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2, which is no type known to this program"),
    QT_TRANSLATE_NOOP(
        "EngineText",
        "%1: found %2, while max_position_embeddings / original_max_position_embeddings is %3"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2, more than max_position_embeddings = %3"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2, allowed %3"),
    QT_TRANSLATE_NOOP("EngineText", "found %1, allowed %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1; %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1 (line %2, column %3)"),
    QT_TRANSLATE_NOOP("EngineText", "%1 (a string)"),
    QT_TRANSLATE_NOOP("EngineText", "nothing"),
    QT_TRANSLATE_NOOP("EngineText", "an object or null"),
    QT_TRANSLATE_NOOP("EngineText", "an object"),
    QT_TRANSLATE_NOOP("EngineText", "an array"),
    QT_TRANSLATE_NOOP("EngineText", "a string"),
    QT_TRANSLATE_NOOP("EngineText", "a number"),
    QT_TRANSLATE_NOOP("EngineText", "a value"),
    QT_TRANSLATE_NOOP("EngineText", "true or false"),
    QT_TRANSLATE_NOOP("EngineText", "a finite number above 0"),
    QT_TRANSLATE_NOOP("EngineText", "a whole number from %1 to %2"),
    QT_TRANSLATE_NOOP("EngineText", "a number from %1 to %2"),
    QT_TRANSLATE_NOOP("EngineText", "a multiple of %1"),
    QT_TRANSLATE_NOOP("EngineText", "at least one"),
    QT_TRANSLATE_NOOP("EngineText", "at least %1"),
    QT_TRANSLATE_NOOP("EngineText", "at most the %1 bytes that follow"),
    QT_TRANSLATE_NOOP("EngineText", "at most %1"),
    QT_TRANSLATE_NOOP("EngineText", "%1 or more"),
    QT_TRANSLATE_NOOP("EngineText", "%1 bytes"),
    QT_TRANSLATE_NOOP("EngineText", "%1 tokens"),
    QT_TRANSLATE_NOOP("EngineText", "%1 by config.json"),
    QT_TRANSLATE_NOOP("EngineText", "%1 by the metadata"),
    QT_TRANSLATE_NOOP("EngineText", "the end of the text"),
    QT_TRANSLATE_NOOP("EngineText", "a comment (JSON has none)"),
    QT_TRANSLATE_NOOP("EngineText", "a trailing comma"),
    QT_TRANSLATE_NOOP("EngineText", "a folder or file"),
    QT_TRANSLATE_NOOP("EngineText", "a regular file"),
    QT_TRANSLATE_NOOP("EngineText", "a folder"),
    QT_TRANSLATE_NOOP("EngineText", "a pipe"),
    QT_TRANSLATE_NOOP("EngineText", "a socket"),
    QT_TRANSLATE_NOOP("EngineText", "a device"),
    QT_TRANSLATE_NOOP("EngineText", "once"),
    QT_TRANSLATE_NOOP("EngineText", "none"),
    QT_TRANSLATE_NOOP("EngineText", "%1 · %2 threads"),
    QT_TRANSLATE_NOOP("EngineText", "%1 · %2 pieces"),
    QT_TRANSLATE_NOOP("EngineText", "%1 · not used: %2"),
    QT_TRANSLATE_NOOP("EngineText", "none: no %1"),
    QT_TRANSLATE_NOOP("EngineText", "%1 · not readable"),
    QT_TRANSLATE_NOOP("EngineText", "built-in, chosen by the vocabulary"),
    QT_TRANSLATE_NOOP("EngineText", "built-in (the checkpoint's cannot be read)"),
    QT_TRANSLATE_NOOP("EngineText", "built-in (the file's cannot be read)"),
    QT_TRANSLATE_NOOP("EngineText", "built-in"),
};

struct Pattern {
  const char* source;
  std::vector<QString> literals;  // what stands around the arguments: one more than those
  std::vector<int> arguments;     // the number behind each %
};

Pattern parse(const char* source) {
  Pattern pattern{source, {QString()}, {}};
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
    for (const char* source : kPatterns) parsed.push_back(parse(source));
    return parsed;
  }();
  return all;
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
