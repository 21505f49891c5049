#include "tests/gpu/emulator/scheduler.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <utility>

#include "tests/gpu/emulator/fibre.h"

namespace simt {

namespace {

constexpr int kWarp = 32;
constexpr int kWords = 16;

enum class Status { Ready, AtBarrier, AtWarp, Done };

struct Abort {};

struct ThreadState {
  Thread thread;
  Status status = Status::Done;
  Fibre fibre;
  const char* file = nullptr;  // of the barrier it waits at
  int line = 0;
  std::uint64_t n_warp_operations = 0;
};

// Two sets of slots: a lane cannot be two operations ahead of another of its warp.
struct WarpState {
  std::array<std::array<std::uint64_t, kWarp>, 2> values;
  std::array<std::array<std::uint32_t, kWarp * kWords>, 2> words;
  std::array<std::uint32_t, 2> arrived = {0, 0};
};

struct Machine {
  Launch launch;
  std::string kernel_name;
  std::vector<std::unique_ptr<ThreadState>> threads;
  std::vector<WarpState> warps;
  std::map<const void*, SharedBlock> shared;
  ThreadState* current = nullptr;
  std::int64_t epoch = 0;
  bool aborting = false;
  unsigned order = 0;
  Counts counts;
  Work* capture = nullptr;
  bool captures_fail = false;
  std::vector<std::string> faults;
  Work copies;  // put off
  std::int64_t n_performed = 0;
};

// At namespace scope: every access of every thread asks for it.
Machine the_machine;
Machine& machine() { return the_machine; }

std::vector<std::size_t> permutation(std::size_t n, unsigned order, unsigned salt) {
  std::vector<std::size_t> p(n);
  std::iota(p.begin(), p.end(), std::size_t{0});
  if (order == 1) std::reverse(p.begin(), p.end());
  if (order > 1) {
    std::mt19937 random(order * 7919U + salt);
    std::shuffle(p.begin(), p.end(), random);
  }
  return p;
}

std::string place(const ThreadState& t) {
  return machine().kernel_name + ", block (" + std::to_string(t.thread.block.x) + ", " +
         std::to_string(t.thread.block.y) + ", " + std::to_string(t.thread.block.z) + "), thread " +
         std::to_string(t.thread.number) + ": ";
}

void record(const ThreadState& t, const std::string& what) {
  Machine& m = machine();
  if (!m.aborting) m.faults.push_back(place(t) + what);
  m.aborting = true;
}

void wait(Status status) {
  Machine& m = machine();
  ThreadState* self = m.current;
  self->status = status;
  self->fibre.suspend();
  m.current = self;
  if (m.aborting) throw Abort{};
}

void start_block(Dim3 block, const std::function<void()>* entry) {
  Machine& m = machine();
  const Dim3 size = m.launch.block_size;
  const std::size_t n = std::size_t{size.x} * size.y * size.z;
  while (m.threads.size() < n) m.threads.push_back(std::make_unique<ThreadState>());
  m.warps.assign((n + kWarp - 1) / kWarp, WarpState{});
  m.shared.clear();
  m.epoch = 0;
  for (std::size_t i = 0; i < n; ++i) {
    ThreadState& t = *m.threads[i];
    const auto number = static_cast<unsigned>(i);
    t.thread.index = {number % size.x, number / size.x % size.y, number / size.x / size.y};
    t.thread.block = block;
    t.thread.number = static_cast<int>(i);
    t.thread.lane = static_cast<int>(i % kWarp);
    t.thread.warp = static_cast<int>(i / kWarp);
    t.status = Status::Ready;
    t.n_warp_operations = 0;
    t.fibre.prepare(entry);
  }
}

// Nobody can go on: a barrier that all reached opens, anything else is a fault.
void open_barrier(std::size_t n) {
  Machine& m = machine();
  const ThreadState* waiting = nullptr;
  std::size_t n_waiting = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const ThreadState& t = *m.threads[i];
    if (t.status == Status::AtWarp) {
      record(t, "a warp operation waits for lanes that never come");
      return;
    }
    if (t.status != Status::AtBarrier) continue;
    ++n_waiting;
    if (waiting != nullptr && (t.line != waiting->line || t.file != waiting->file)) {
      record(t, "divergent barrier: line " + std::to_string(t.line) + " here, line " +
                    std::to_string(waiting->line) + " elsewhere");
      return;
    }
    waiting = &t;
  }
  if (n_waiting != n) {
    record(*waiting, "divergent barrier: " + std::to_string(n_waiting) + " of " +
                         std::to_string(n) + " threads reach line " +
                         std::to_string(waiting->line) + ", the others left the kernel");
    return;
  }
  ++m.epoch;
  for (std::size_t i = 0; i < n; ++i) m.threads[i]->status = Status::Ready;
}

void run_block(std::size_t n, const std::vector<std::size_t>& order) {
  Machine& m = machine();
  for (;;) {
    bool moved = false;
    bool all_done = true;
    for (const std::size_t i : order) {
      ThreadState& t = *m.threads[i];
      const bool go = t.status == Status::Ready || (m.aborting && t.status != Status::Done);
      if (go) {
        m.current = &t;
        t.fibre.resume();
        m.current = nullptr;
        if (t.fibre.ended()) t.status = Status::Done;
        moved = true;
      }
      all_done = all_done && t.status == Status::Done;
    }
    if (all_done) return;
    if (!moved) open_barrier(n);
  }
}

std::uint64_t arrive_at_warp_operation(std::uint32_t mask) {
  Machine& m = machine();
  ThreadState& self = *m.current;
  if (mask != 0xFFFFFFFFU) fault("warp operation over a part of the warp");
  const std::uint64_t set = self.n_warp_operations++ % 2;
  WarpState& warp = m.warps[static_cast<std::size_t>(self.thread.warp)];
  warp.arrived[set] |= 1U << self.thread.lane;
  if (warp.arrived[set] != mask) {
    wait(Status::AtWarp);
    return set;
  }
  warp.arrived[set] = 0;
  const std::size_t first = static_cast<std::size_t>(self.thread.warp) * kWarp;
  for (std::size_t i = first; i < first + kWarp; ++i) m.threads[i]->status = Status::Ready;
  return set;
}

}  // namespace

const Thread& this_thread() { return machine().current->thread; }
const Launch& this_launch() { return machine().launch; }
bool in_kernel() { return machine().current != nullptr; }
Counts& counts() { return machine().counts; }
void set_capture(Work* work) { machine().capture = work; }
Work* capture() { return machine().capture; }
std::int64_t put_off(const std::function<void()>& copy) {
  machine().copies.push_back(copy);
  return n_put_off();
}

std::int64_t n_put_off() {
  return machine().n_performed + static_cast<std::int64_t>(machine().copies.size());
}

void perform_copies(std::int64_t until) {
  Machine& m = machine();
  const auto n = std::max<std::int64_t>(until - m.n_performed, 0);
  for (std::int64_t i = 0; i < n; ++i) m.copies[static_cast<std::size_t>(i)]();
  m.copies.erase(m.copies.begin(), m.copies.begin() + n);
  m.n_performed += n;
}

void fail_captures(bool fail) { machine().captures_fail = fail; }
bool captures_fail() { return machine().captures_fail; }
void set_order(unsigned order) { machine().order = order; }

std::vector<std::string> take_faults() { return std::exchange(machine().faults, {}); }

std::size_t n_faults() { return machine().faults.size(); }
std::string first_fault() { return machine().faults.empty() ? "" : machine().faults.front(); }

void fault(const std::string& what) {
  record(*machine().current, what);
  throw Abort{};
}

void run(const char* name, const Launch& launch, const Kernel& kernel) {
  Machine& m = machine();
  perform_copies(n_put_off());
  m.launch = launch;
  m.kernel_name = name;
  m.aborting = false;
  const std::function<void()> entry = [&kernel] {
    try {
      kernel();
    } catch (const Abort&) {
    }
  };
  const Dim3 grid = launch.grid_size;
  const std::size_t n_threads =
      std::size_t{launch.block_size.x} * launch.block_size.y * launch.block_size.z;
  if (n_threads == 0 || n_threads > 1024 || n_threads % kWarp != 0 || grid.x == 0 || grid.y == 0 ||
      grid.z == 0 || grid.y > 65535 || grid.z > 65535 || launch.dynamic_shared_bytes > 48 << 10) {
    m.faults.push_back(std::string(name) + ": a launch the hardware refuses");
    return;
  }
  const std::size_t n_blocks = std::size_t{grid.x} * grid.y * grid.z;
  for (const std::size_t b : permutation(n_blocks, m.order, 1)) {
    const auto number = static_cast<unsigned>(b);
    start_block({number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y}, &entry);
    run_block(n_threads, permutation(n_threads, m.order, number + 2));
    if (m.aborting) return;
  }
}

void barrier(const char* file, int line) {
  machine().current->file = file;
  machine().current->line = line;
  wait(Status::AtBarrier);
}

std::uint64_t warp_exchange(std::uint64_t bits, std::uint32_t mask,
                            const std::function<int(int lane)>& source) {
  Machine& m = machine();
  const Thread& self = m.current->thread;
  WarpState& warp = m.warps[static_cast<std::size_t>(self.warp)];
  warp.values[m.current->n_warp_operations % 2][static_cast<std::size_t>(self.lane)] = bits;
  const std::uint64_t set = arrive_at_warp_operation(mask);
  return warp.values[set][static_cast<std::size_t>(source(self.lane))];
}

const std::uint32_t* warp_gather(const std::uint32_t* words, int n, std::uint32_t mask) {
  Machine& m = machine();
  const Thread& self = m.current->thread;
  WarpState& warp = m.warps[static_cast<std::size_t>(self.warp)];
  auto& slots = warp.words[m.current->n_warp_operations % 2];
  std::copy_n(words, n, slots.begin() + self.lane * kWords);
  const std::uint64_t set = arrive_at_warp_operation(mask);
  return warp.words[set].data();
}

SharedBlock* shared_block(const void* key, std::int64_t n, std::size_t element_bytes,
                          const char* name) {
  auto [at, is_new] = machine().shared.try_emplace(key);
  if (is_new) {
    at->second.bytes.resize(static_cast<std::size_t>(n) * element_bytes);
    at->second.accesses.resize(static_cast<std::size_t>(n));
    at->second.name = name;
    std::size_t total = 0;
    for (const auto& [unused, block] : machine().shared) total += block.bytes.size();
    if (total > 48 << 10) fault("more than 48 KiB of shared memory");
  }
  return &at->second;
}

void SharedBlock::read(std::int64_t i) {
  if (i < 0 || i >= static_cast<std::int64_t>(accesses.size())) {
    fault("shared read out of bounds: " + name + "[" + std::to_string(i) + "]");
  }
  Access& a = accesses[static_cast<std::size_t>(i)];
  const int self = this_thread().number;
  const std::int64_t epoch = machine().epoch;
  if (!a.written) fault("shared read of unwritten memory: " + name + "[" + std::to_string(i) + "]");
  if (a.write_epoch == epoch && (a.atomic || a.writer != self)) {
    fault("no barrier between writing and reading " + name + "[" + std::to_string(i) + "]");
  }
  if (a.read_epoch != epoch) {
    a.many_readers = false;
  } else if (a.reader != self) {
    a.many_readers = true;
  }
  a.read_epoch = epoch;
  a.reader = self;
}

void SharedBlock::write(std::int64_t i) {
  if (i < 0 || i >= static_cast<std::int64_t>(accesses.size())) {
    fault("shared write out of bounds: " + name + "[" + std::to_string(i) + "]");
  }
  Access& a = accesses[static_cast<std::size_t>(i)];
  const int self = this_thread().number;
  const std::int64_t epoch = machine().epoch;
  if (a.write_epoch == epoch && (a.atomic || a.writer != self)) {
    fault("two threads write " + name + "[" + std::to_string(i) + "] without a barrier between");
  }
  if (a.read_epoch == epoch && (a.many_readers || a.reader != self)) {
    fault("no barrier between reading and writing " + name + "[" + std::to_string(i) + "]");
  }
  a.written = true;
  a.atomic = false;
  a.write_epoch = epoch;
  a.writer = self;
}

void SharedBlock::atomic_access(std::int64_t i) {
  if (i < 0 || i >= static_cast<std::int64_t>(accesses.size())) {
    fault("shared atomic out of bounds: " + name + "[" + std::to_string(i) + "]");
  }
  Access& a = accesses[static_cast<std::size_t>(i)];
  const std::int64_t epoch = machine().epoch;
  if (!a.written) fault("atomic on unwritten memory: " + name + "[" + std::to_string(i) + "]");
  if ((a.write_epoch == epoch && !a.atomic) || a.read_epoch == epoch) {
    fault("no barrier before the atomics on " + name + "[" + std::to_string(i) + "]");
  }
  a.atomic = true;
  a.write_epoch = epoch;
  a.writer = this_thread().number;
}

}  // namespace simt
