// What happens when a mapped file loses its bytes (truncated, its drive unplugged): the reading
// thread goes on with zeros and the file is marked lost, in place of the process ending by SIGBUS.
//
// A signal handler can only reach the process's one table of mappings: this is the one global state
// of the engine.
#pragma once

#include <cstddef>

namespace engine {

/// Installs the handler; called once by a program's main(), before anything is mapped. Without it
/// everything works except that SIGBUS ends the process. A fault outside the guarded ranges goes to
/// the handler that was there before.
void install_mapping_guard();

/// One mapped range under guard. Nothing is guarded when the table is full (4,096 ranges).
class GuardedRange {
 public:
  GuardedRange() = default;
  GuardedRange(const void* data, std::size_t n_bytes);
  GuardedRange(GuardedRange&& other) noexcept { swap(other); }
  GuardedRange& operator=(GuardedRange&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Before the range is unmapped.
  ~GuardedRange();

  /// Whether a read found bytes gone: everything read since may be zeros.
  bool lost() const;

 private:
  void swap(GuardedRange& other) noexcept;
  int slot_ = -1;
};

}  // namespace engine
