// The device side of CUDA on the host: what kernel sources see when g++ compiles them. One fibre
// per thread; every access through Global and Shared is checked.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <string>
#include <type_traits>

#include "tests/gpu/emulator/device_memory.h"
#include "tests/gpu/emulator/scheduler.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define threadIdx (::simt::this_thread().index)
#define blockIdx (::simt::this_thread().block)
#define blockDim (::simt::this_launch().block_size)
#define gridDim (::simt::this_launch().grid_size)
#define __syncthreads() ::simt::barrier(__FILE__, __LINE__)

using dim3 = ::simt::Dim3;

struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

namespace simt {

/// A checked element: reading looks at bounds and at whether it was ever written.
template <class T>
class Element {
 public:
  Element(T* at, const Allocation** cache) : at_(at), cache_(cache) {}
  operator T() const {  // NOLINT(google-explicit-constructor): stands for the element
    check_read(at_, sizeof(T), cache_);
    return *at_;
  }
  T operator=(T value) {
    check_write(at_, sizeof(T), cache_);
    return *at_ = value;
  }
  T operator=(const Element& other) { return *this = static_cast<T>(other); }
  T operator+=(T value) { return *this = static_cast<T>(*this) + value; }

 private:
  T* at_;
  const Allocation** cache_;
};

/// Device memory as kernels see it: a plain pointer under nvcc.
template <class T>
class Global {
 public:
  using Value = std::remove_const_t<T>;
  Global() = default;
  Global(std::nullptr_t) {}           // NOLINT(google-explicit-constructor)
  Global(T* p) : p_(p) {}             // NOLINT(google-explicit-constructor)
  Global(const Global<Value>& other)  // NOLINT(google-explicit-constructor)
      requires(std::is_const_v<T>)
      : p_(other.raw()) {}
  Global(const Global&) = default;
  Global& operator=(const Global&) = default;
  T* raw() const { return p_; }
  bool operator==(std::nullptr_t) const { return p_ == nullptr; }
  Global operator+(std::int64_t n) const {
    Global moved = *this;
    moved.p_ += n;
    return moved;
  }
  decltype(auto) operator[](std::int64_t i) const {
    if constexpr (std::is_const_v<T>) {
      check_read(p_ + i, sizeof(T), &cache_);
      return static_cast<Value>(p_[i]);
    } else {
      return Element<T>(p_ + i, &cache_);
    }
  }
  const Allocation** cache() const { return &cache_; }
  void check_aligned(std::size_t alignment) const { ::simt::check_aligned(p_, alignment); }
  /// Integers only, as Shared's.
  Value atomic_add(std::int64_t i, Value value) const requires std::is_integral_v<T> {
    const Value before = (*this)[i];
    (*this)[i] = before + value;
    return before;
  }

 private:
  T* p_ = nullptr;
  mutable const Allocation* cache_ = nullptr;
};

/// One aligned vector load, as the hardware demands it.
template <class V, class T>
V load_vector(Global<const T> from) {
  V value;
  check_aligned(from.raw(), sizeof(V));
  check_read(from.raw(), sizeof(V), from.cache());
  std::memcpy(&value, from.raw(), sizeof(V));
  return value;
}

template <class T>
class SharedElement {
 public:
  SharedElement(SharedBlock* block, std::int64_t i) : block_(block), i_(i) {}
  operator T() const {  // NOLINT(google-explicit-constructor)
    block_->read(i_);
    T value;
    std::memcpy(&value, block_->bytes.data() + static_cast<std::size_t>(i_) * sizeof(T), sizeof(T));
    return value;
  }
  T operator=(T value) {
    block_->write(i_);
    std::memcpy(block_->bytes.data() + static_cast<std::size_t>(i_) * sizeof(T), &value, sizeof(T));
    return value;
  }
  T operator=(const SharedElement& other) { return *this = static_cast<T>(other); }
  T operator+=(T value) { return *this = static_cast<T>(*this) + value; }

 private:
  SharedBlock* block_;
  std::int64_t i_;
};

/// Shared memory: bounds, unwritten reads, and two threads of which one writes between the same two
/// barriers.
template <class T>
class Shared {
 public:
  Shared(const void* key, std::int64_t n, const char* name)
      : block_(shared_block(key, n, sizeof(T), name)) {}
  Shared(SharedBlock* block, std::int64_t first) : block_(block), first_(first) {}
  SharedElement<T> operator[](std::int64_t i) const { return {block_, first_ + i}; }
  Shared operator+(std::int64_t n) const { return {block_, first_ + n}; }
  /// Of an access as wide as a vector.
  void check_aligned(std::size_t alignment) const {
    if (static_cast<std::size_t>(first_) * sizeof(T) % alignment == 0) return;
    fault("misaligned access of " + std::to_string(alignment) + " bytes: " + block_->name + "[" +
          std::to_string(first_) + "]");
  }
  /// Integers only: float sums by atomics would depend on the order of the threads.
  T atomic_add(std::int64_t i, T value) const requires std::is_integral_v<T> {
    block_->atomic_access(first_ + i);
    std::byte* at = block_->bytes.data() + static_cast<std::size_t>(first_ + i) * sizeof(T);
    T before;
    std::memcpy(&before, at, sizeof(T));
    const T after = before + value;
    std::memcpy(at, &after, sizeof(T));
    return before;
  }
  /// The bytes of one access of `n_bytes`, once every element of it was checked and noted.
  std::byte* read(std::size_t n_bytes) const {
    for (std::size_t j = 0; j < n_bytes / sizeof(T); ++j)
      block_->read(first_ + static_cast<int>(j));
    return bytes_at(n_bytes);
  }
  std::byte* write(std::size_t n_bytes) const {
    for (std::size_t j = 0; j < n_bytes / sizeof(T); ++j)
      block_->write(first_ + static_cast<int>(j));
    return bytes_at(n_bytes);
  }

 private:
  std::byte* bytes_at(std::size_t n_bytes) const {
    check_aligned(n_bytes);
    return block_->bytes.data() + static_cast<std::size_t>(first_) * sizeof(T);
  }
  SharedBlock* block_;
  std::int64_t first_ = 0;
};

/// One aligned vector load from shared memory.
template <class V, class T>
V load_shared(const Shared<T>& from) {
  V value;
  std::memcpy(&value, from.read(sizeof(V)), sizeof(V));
  return value;
}

/// One aligned vector store to shared or device memory.
template <class V, class T>
void store_vector(const Shared<T>& to, V value) {
  std::memcpy(to.write(sizeof(V)), &value, sizeof(V));
}
template <class V, class T>
void store_vector(const Global<T>& to, V value) {
  to.check_aligned(sizeof(V));
  T values[sizeof(V) / sizeof(T)];
  std::memcpy(values, &value, sizeof(V));
  for (std::size_t i = 0; i < std::size(values); ++i) to[static_cast<std::int64_t>(i)] = values[i];
}

/// ldmatrix.x4, as device_code.h says.
void share_matrices(bool transposed, const std::uint32_t (&row)[4], std::uint32_t (&m)[4]);
template <bool kTransposed>
void load_matrices(const Shared<std::uint32_t>& row, std::uint32_t (&m)[4]) {
  row.check_aligned(16);
  const std::uint32_t words[4] = {row[0], row[1], row[2], row[3]};
  share_matrices(kTransposed, words, m);
}

template <class Body>
void launch(const char* name, Dim3 grid, Dim3 block, int /*stream*/, const Body& body) {
  if (capture() != nullptr) {
    capture()->push_back([=] { run(name, {grid, block, 0}, body); });
    return;
  }
  ++counts().launches;
  run(name, {grid, block, 0}, body);
}

template <class T>
T exchange(T value, std::uint32_t mask, const std::function<int(int lane)>& source) {
  static_assert(sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  const std::uint64_t got = warp_exchange(bits, mask, source);
  T result;
  std::memcpy(&result, &got, sizeof(T));
  return result;
}

}  // namespace simt

template <class T>
T __shfl_xor_sync(std::uint32_t mask, T value, int lane_mask) {
  return simt::exchange(value, mask, [lane_mask](int lane) { return lane ^ lane_mask; });
}
template <class T>
T __shfl_sync(std::uint32_t mask, T value, int source) {
  return simt::exchange(value, mask, [source](int) { return source & 31; });
}
template <class T>
T __shfl_up_sync(std::uint32_t mask, T value, int delta) {
  return simt::exchange(value, mask,
                        [delta](int lane) { return lane >= delta ? lane - delta : lane; });
}
namespace simt {
void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]);
}
std::uint32_t __ballot_sync(std::uint32_t mask, bool predicate);

inline unsigned __float_as_uint(float f) { return std::bit_cast<unsigned>(f); }
inline float __uint_as_float(unsigned u) { return std::bit_cast<float>(u); }
unsigned __byte_perm(unsigned low, unsigned high, unsigned selector);
inline int __popc(unsigned u) { return std::popcount(u); }
