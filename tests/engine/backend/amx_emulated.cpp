// The emulated tile unit and the kernels on it. Compiled with AVX-512: includes only kernel headers
// and intrinsics, like kernels_int_amx.cpp.
#include "tests/engine/backend/amx_emulated.h"

#include <immintrin.h>

#include <type_traits>

namespace {

#include "engine/backend/cpu/kernels_int_avx512.h"

#include "engine/backend/cpu/kernels_int_amx_body.h"

const char* first_fault = nullptr;
long long n_products = 0;
const unsigned char* records = nullptr;
std::size_t record_bytes_in_all = 0;

void fault(const char* what) {
  if (first_fault == nullptr) first_fault = what;
}

struct Tile {
  alignas(64) unsigned char bytes[16][64];
  TileShape shape;
  bool filled;
};

class EmulatedUnit {
 public:
  void configure(const TileShape (&shapes)[8]) {
    configured_ = true;
    for (int i = 0; i < 8; ++i) {
      const TileShape s = shapes[i];
      if (s.rows < 1 || s.rows > 16) fault("configure: rows outside 1 to 16");
      if (s.row_bytes < 4 || s.row_bytes > 64 || s.row_bytes % 4 != 0) {
        fault("configure: bytes of a row not 4, 8 … 64");
      }
      tiles_[i].shape = s;
      tiles_[i].filled = false;
    }
  }
  void release() { configured_ = false; }
  void buffer(const void* p, std::size_t n_bytes) {
    work_ = static_cast<const unsigned char*>(p);
    work_bytes_ = n_bytes;
  }
  bool configured() const { return configured_; }

  template <int kTile>
  void zero() {
    if (!configured_) return fault("zero: not configured");
    __builtin_memset(tiles_[kTile].bytes, 0, sizeof tiles_[kTile].bytes);
    tiles_[kTile].filled = true;
  }
  template <int kTile>
  void load(const void* p, Index stride) {
    if (!configured_) return fault("load: not configured");
    Tile& tile = tiles_[kTile];
    __builtin_memset(tile.bytes, 0, sizeof tile.bytes);
    for (Index r = 0; r < tile.shape.rows; ++r) {
      const unsigned char* row = static_cast<const unsigned char*>(p) + r * stride;
      if (!in_work(row, tile.shape.row_bytes) && !in_records(row, tile.shape.row_bytes)) {
        return fault("load: outside the memory it was given");
      }
      __builtin_memcpy(tile.bytes[r], row, static_cast<std::size_t>(tile.shape.row_bytes));
    }
    tile.filled = true;
  }
  template <int kTile>
  void store(void* p, Index stride) {
    if (!configured_) return fault("store: not configured");
    const Tile& tile = tiles_[kTile];
    if (!tile.filled) fault("store: of a tile that holds nothing");
    for (Index r = 0; r < tile.shape.rows; ++r) {
      unsigned char* row = static_cast<unsigned char*>(p) + r * stride;
      if (!in_work(row, tile.shape.row_bytes)) return fault("store: outside the kernel's memory");
      __builtin_memcpy(row, tile.bytes[r], static_cast<std::size_t>(tile.shape.row_bytes));
    }
  }
  template <int kC, int kA, int kB>
  void dot() {
    if (!configured_) return fault("dot: not configured");
    Tile& c = tiles_[kC];
    const Tile& a = tiles_[kA];
    const Tile& b = tiles_[kB];
    if (!c.filled || !a.filled || !b.filled) fault("dot: of a tile that holds nothing");
    if (c.shape.rows != a.shape.rows || c.shape.row_bytes != b.shape.row_bytes ||
        a.shape.row_bytes != 4 * b.shape.rows) {
      return fault("dot: shapes that do not fit");
    }
    ++n_products;
    for (Index m = 0; m < a.shape.rows; ++m) {
      __m512i sum = _mm512_load_si512(c.bytes[m]);
      for (Index k = 0; k < b.shape.rows; ++k) {
        const __m512i words = _mm512_load_si512(b.bytes[k]);
        sum = _mm512_add_epi32(sum, product<0>(words, a.bytes[m][4 * k]));
        sum = _mm512_add_epi32(sum, product<1>(words, a.bytes[m][4 * k + 1]));
        sum = _mm512_add_epi32(sum, product<2>(words, a.bytes[m][4 * k + 2]));
        sum = _mm512_add_epi32(sum, product<3>(words, a.bytes[m][4 * k + 3]));
      }
      _mm512_store_si512(c.bytes[m], sum);
    }
  }

 private:
  /// Byte kByte of each word, as a signed number, times the signed byte a.
  template <int kByte>
  static __m512i product(__m512i words, unsigned char a) {
    const __m512i bytes = _mm512_srai_epi32(_mm512_slli_epi32(words, 24 - 8 * kByte), 24);
    return _mm512_mullo_epi32(bytes, _mm512_set1_epi32(static_cast<signed char>(a)));
  }
  static bool within(const unsigned char* p, Index n, const unsigned char* data, std::size_t size) {
    return p >= data && p + n <= data + size;
  }
  bool in_work(const unsigned char* p, Index n) const { return within(p, n, work_, work_bytes_); }
  static bool in_records(const unsigned char* p, Index n) {
    return within(p, n, records, record_bytes_in_all);
  }

  Tile tiles_[8];
  bool configured_ = false;
  const unsigned char* work_ = nullptr;
  std::size_t work_bytes_ = 0;
};

void round_row(const float* x, Index begin, Index end, Index cols, unsigned char* record) {
  engine::kernels::avx512_vnni_ints().round_row(x, begin, end, cols, record);
}

void product(const Weight& w, Index first_row, Index n_rows, const RoundedRows& x, Index n_x,
             const float* bias, const Out& out, const unsigned char* ahead) {
  EmulatedUnit unit;
  product_on(unit, w, first_row, n_rows, x, n_x, bias, out, ahead);
  if (unit.configured()) fault("not released after a product");
}

constexpr IntTable kTable = {"emulated AMX int8", kPairs* kPairRows, round_row, product};

}  // namespace

namespace engine::test {

const kernels::IntTable& emulated_amx_ints() { return kTable; }

void allow_tiles_from(const void* data, std::size_t n_bytes) {
  records = static_cast<const unsigned char*>(data);
  record_bytes_in_all = n_bytes;
}

const char* take_tile_fault() {
  const char* const what = first_fault;
  first_fault = nullptr;
  return what;
}

long long n_tile_products() { return n_products; }

}  // namespace engine::test
