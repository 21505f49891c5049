// Runs a grid on the host: blocks one after the other in an order the test chooses, the threads of
// a block as fibres that change at barriers and warp operations.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace simt {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
  Dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}  // NOLINT
};

struct Launch {
  Dim3 grid_size, block_size;
  std::int64_t dynamic_shared_bytes = 0;
};

struct Thread {
  Dim3 index, block;
  int lane = 0;
  int warp = 0;
  int number = 0;  // in its block
};

const Thread& this_thread();
const Launch& this_launch();
bool in_kernel();

/// What one thread does; the kernel's arguments are bound in it.
using Kernel = std::function<void()>;
void run(const char* name, const Launch& launch, const Kernel& kernel);

/// Ends the calling thread of the kernel and remembers the first reason of this process's launch.
[[noreturn]] void fault(const std::string& what);
/// The faults since the last call, newest last; launching goes on after one.
std::vector<std::string> take_faults();
std::size_t n_faults();
std::string first_fault();

/// What was put on the one queue of the device so far.
struct Counts {
  std::int64_t launches = 0;        // of single kernels
  std::int64_t graph_launches = 0;  // of recorded work, whatever it holds
  std::int64_t waits = 0;           // of the host for the device
};
Counts& counts();
/// The work a capture gathers; null: work runs when it is queued.
using Work = std::vector<std::function<void()>>;
void set_capture(Work* work);
Work* capture();
/// Copies from and to page-locked memory happen as late as they may: when the host waits for them,
/// or before what is queued behind them. put_off gives the number of the copy; perform_copies does
/// all up to that one.
std::int64_t put_off(const std::function<void()>& copy);
std::int64_t n_put_off();  // so far, performed or not
void perform_copies(std::int64_t until);
/// From here on nothing can be captured: an old driver, a device without it.
void fail_captures(bool fail);
bool captures_fail();

/// 0: blocks and threads in index order; 1: reversed; others: shuffled.
void set_order(unsigned order);

void barrier(const char* file, int line);
/// Deposits `bits`, waits for every lane of `mask`, takes what source(lane) deposited.
std::uint64_t warp_exchange(std::uint64_t bits, std::uint32_t mask,
                            const std::function<int(int lane)>& source);
/// Deposits up to 16 words per lane; after it all lanes' words can be read: [32][16].
const std::uint32_t* warp_gather(const std::uint32_t* words, int n, std::uint32_t mask);

/// A block's shared memory of one declaration, with who touched what since the last barrier.
struct SharedBlock {
  std::vector<std::byte> bytes;
  struct Access {
    bool written = false;
    std::int64_t write_epoch = -1;
    int writer = -1;
    std::int64_t read_epoch = -1;
    int reader = -1;
    bool many_readers = false;
    bool atomic = false;
  };
  std::vector<Access> accesses;  // per element
  std::string name;
  void read(std::int64_t i);
  void write(std::int64_t i);
  void atomic_access(std::int64_t i);
};
SharedBlock* shared_block(const void* key, std::int64_t n, std::size_t element_bytes,
                          const char* name);

}  // namespace simt
