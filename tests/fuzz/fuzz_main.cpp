// The fuzz driver used where libFuzzer is not: replays a corpus, then mutates it for a while. The
// sequence of inputs depends only on -seed and the corpus; a crash or hang leaves the input behind.
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Present only under AddressSanitizer; then it runs before the process is ended.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr time_t kSecondsPerInput = 10;  // of processor time: others may use the machine, too

struct Options {
  double seconds = 0.0;
  std::uint64_t seed = 1;
  std::size_t max_length = 1 << 16;
  std::string findings = ".";
  std::vector<std::string> inputs;
};

// What the signal handler needs to save the input; a handler can be given nothing else.
struct CurrentInput {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  char path[4096] = {};
};
CurrentInput current_input;

void save_current_input() {
  const int file = ::open(current_input.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return;
  std::size_t written = 0;
  while (written < current_input.size) {
    const ssize_t n = ::write(file, current_input.data + written, current_input.size - written);
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  ::close(file);
  constexpr std::string_view note = "fuzz: input saved to ";
  (void)!::write(STDERR_FILENO, note.data(), note.size());
  (void)!::write(STDERR_FILENO, current_input.path, std::strlen(current_input.path));
  (void)!::write(STDERR_FILENO, "\n", 1);
}

extern "C" void on_signal(int number) {
  save_current_input();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

/// splitmix64: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : next() % limit; }

 private:
  std::uint64_t state_;
};

constexpr std::array<std::string_view, 24> kTokens = {"0",
                                                      "-1",
                                                      "1e999",
                                                      "18446744073709551615",
                                                      "9223372036854775808",
                                                      "2147483648",
                                                      "4294967295",
                                                      "1.0",
                                                      "null",
                                                      "true",
                                                      "\"\"",
                                                      "[]",
                                                      "{}",
                                                      "[[[[[[[[[[[[",
                                                      "{\"\":",
                                                      "\\ud800",
                                                      "\\u0000",
                                                      "\xEF\xBB\xBF",
                                                      "\xC0\x80",
                                                      "\xED\xA0\x80",
                                                      ",",
                                                      "\"",
                                                      "../",
                                                      "{{"};

void insert_at(Bytes& bytes, std::size_t at, const std::uint8_t* data, std::size_t size) {
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), data, data + size);
}

void replace_number(Random& random, Bytes& bytes) {
  const std::size_t start = random.below(bytes.size());
  auto first = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end(),
                            [](std::uint8_t c) { return c >= '0' && c <= '9'; });
  auto last = std::find_if(first, bytes.end(), [](std::uint8_t c) { return c < '0' || c > '9'; });
  const std::string_view token = kTokens[random.below(8)];
  const auto at = static_cast<std::size_t>(first - bytes.begin());
  bytes.erase(first, last);
  insert_at(bytes, at, reinterpret_cast<const std::uint8_t*>(token.data()), token.size());
}

void mutate_once(Random& random, const std::vector<Bytes>& corpus, Bytes& bytes) {
  const std::size_t at = random.below(bytes.size() + 1);
  const std::size_t span = 1 + random.below(std::min<std::size_t>(64, bytes.size() + 1));
  const std::size_t tail = std::min(span, bytes.size() - at);
  const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random.below(8)) {
    case 0:  // flip one bit
      if (at < bytes.size()) bytes[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
      break;
    case 1:  // any byte
      if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(random.next());
      break;
    case 2:  // remove a piece
      bytes.erase(here, here + static_cast<std::ptrdiff_t>(tail));
      break;
    case 3: {  // repeat a piece
      const Bytes piece(here, here + static_cast<std::ptrdiff_t>(tail));
      insert_at(bytes, random.below(bytes.size() + 1), piece.data(), piece.size());
      break;
    }
    case 4: {  // a word that means something to one of the formats
      const std::string_view token = kTokens[random.below(kTokens.size())];
      insert_at(bytes, at, reinterpret_cast<const std::uint8_t*>(token.data()), token.size());
      break;
    }
    case 5:  // a boundary value instead of a number
      if (!bytes.empty()) replace_number(random, bytes);
      break;
    case 6:  // cut
      bytes.resize(at);
      break;
    default: {  // a piece of another corpus file
      const Bytes& other = corpus[random.below(corpus.size())];
      const std::size_t from = random.below(other.size() + 1);
      insert_at(bytes, at, other.data() + from, random.below(other.size() - from + 1));
    }
  }
}

void set_alarm(time_t seconds) {
  const itimerval once{{0, 0}, {seconds, 0}};
  ::setitimer(ITIMER_PROF, &once, nullptr);
}

void run_input(const Bytes& bytes) {
  // An exactly sized copy, so that reading one byte too many is seen by AddressSanitizer.
  const Bytes copy(bytes);
  current_input.data = copy.data();
  current_input.size = copy.size();
  set_alarm(kSecondsPerInput);
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
  set_alarm(0);
  current_input.size = 0;
}

bool parse_options(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.empty() || word[0] != '-') {
      options->inputs.emplace_back(word);
      continue;
    }
    if (i + 1 >= argc) return false;
    const char* value = argv[++i];
    if (word == "-seconds") {
      options->seconds = std::strtod(value, nullptr);
    } else if (word == "-seed") {
      options->seed = std::strtoull(value, nullptr, 10);
    } else if (word == "-max-len") {
      options->max_length = std::strtoull(value, nullptr, 10);
    } else if (word == "-findings") {
      options->findings = value;
    } else {
      return false;
    }
  }
  return true;
}

std::vector<Bytes> read_corpus(const std::vector<std::string>& inputs) {
  std::vector<std::filesystem::path> files;
  for (const std::string& input : inputs) {
    if (std::filesystem::is_directory(input)) {
      for (const auto& entry : std::filesystem::directory_iterator(input)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (std::filesystem::exists(input)) {
      files.emplace_back(input);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Bytes> corpus;
  for (const auto& path : files) {
    std::ifstream stream(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return corpus;
}

void prepare_findings(const Options& options, const char* program) {
  const auto name = std::filesystem::path(program).filename().string();
  std::snprintf(current_input.path, sizeof(current_input.path), "%s/%s-%ld",
                options.findings.c_str(), name.c_str(), static_cast<long>(::getpid()));
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF}) {
    ::signal(number, on_signal);
  }
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(save_current_input);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse_options(argc, argv, &options)) {
    std::fprintf(stderr, "usage: %s [-seconds N] [-seed N] [-max-len N] [-findings DIR] PATH…\n",
                 argv[0]);
    return 2;
  }
  prepare_findings(options, argv[0]);
  std::vector<Bytes> corpus = read_corpus(options.inputs);
  for (const Bytes& bytes : corpus) run_input(bytes);
  const std::size_t n_replayed = corpus.size();
  corpus.emplace_back();

  Random random(options.seed);
  std::size_t n_runs = 0;
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  while (std::chrono::steady_clock::now() < end) {
    Bytes bytes = corpus[random.below(corpus.size())];
    for (std::size_t n = 1 + random.below(6); n > 0; --n) mutate_once(random, corpus, bytes);
    if (bytes.size() > options.max_length) bytes.resize(options.max_length);
    run_input(bytes);
    ++n_runs;
  }
  std::printf("%zu corpus files replayed, %zu mutations run\n", n_replayed, n_runs);
  return 0;
}
