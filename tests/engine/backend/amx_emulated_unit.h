// A tile unit made of ordinary code, which watches how it is used. Included by amx_emulated*.cpp
// inside their unnamed namespace, after the kernels that run on it.

void fault(const char* what) {
  const char*& first = engine::test::tile_state().fault;
  if (first == nullptr) first = what;
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
      if (!in_work(row, tile.shape.row_bytes) && !in_allowed(row, tile.shape.row_bytes)) {
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
  /// Signed bytes.
  template <int kC, int kA, int kB>
  void dot() {
    Tile& c = tiles_[kC];
    const Tile& a = tiles_[kA];
    const Tile& b = tiles_[kB];
    if (!begins_product(c, a, b)) return;
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

  /// As the manual has it: the even and the odd numbers of the pairs summed apart, with fused
  /// multiplications; their sum added to c. Denormal numbers are zeros, going in and coming out.
  template <int kC, int kA, int kB>
  void dot_bf16() {
    Tile& c = tiles_[kC];
    const Tile& a = tiles_[kA];
    const Tile& b = tiles_[kB];
    if (!begins_product(c, a, b)) return;
    const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xFFFF0000U));
    for (Index m = 0; m < a.shape.rows; ++m) {
      __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
      for (Index k = 0; k < b.shape.rows; ++k) {
        const __m512i pairs = _mm512_load_si512(b.bytes[k]);
        std::uint32_t pair;
        __builtin_memcpy(&pair, a.bytes[m] + 4 * k, sizeof pair);
        const __m512i rows = _mm512_set1_epi32(static_cast<int>(pair));
        sums[0] = flushed(_mm512_fmadd_ps(flushed(_mm512_slli_epi32(rows, 16)),
                                          flushed(_mm512_slli_epi32(pairs, 16)), sums[0]));
        sums[1] = flushed(_mm512_fmadd_ps(flushed(_mm512_and_si512(rows, upper)),
                                          flushed(_mm512_and_si512(pairs, upper)), sums[1]));
      }
      const __m512 sum = flushed(_mm512_add_ps(sums[0], sums[1]));
      const __m512 before = flushed(_mm512_load_si512(c.bytes[m]));
      _mm512_store_ps(c.bytes[m], flushed(_mm512_add_ps(before, sum)));
    }
  }

 private:
  static __m512 flushed(__m512 v) {
    const __m512i bits = _mm512_castps_si512(v);
    const __mmask16 small = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7F800000));
    return _mm512_castsi512_ps(
        _mm512_mask_and_epi32(bits, small, bits, _mm512_set1_epi32(static_cast<int>(0x80000000U))));
  }
  static __m512 flushed(__m512i bits) { return flushed(_mm512_castsi512_ps(bits)); }
  /// What every product is checked for; false: it is not done.
  bool begins_product(const Tile& c, const Tile& a, const Tile& b) const {
    if (!configured_) {
      fault("dot: not configured");
      return false;
    }
    if (!c.filled || !a.filled || !b.filled) fault("dot: of a tile that holds nothing");
    if (c.shape.rows != a.shape.rows || c.shape.row_bytes != b.shape.row_bytes ||
        a.shape.row_bytes != 4 * b.shape.rows) {
      fault("dot: shapes that do not fit");
    }
    ++engine::test::tile_state().n_products;
    return true;
  }
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
  static bool in_allowed(const unsigned char* p, Index n) {
    for (const auto& range : engine::test::tile_state().allowed) {
      if (within(p, n, range.data, range.n_bytes)) return true;
    }
    return false;
  }

  Tile tiles_[8];
  bool configured_ = false;
  const unsigned char* work_ = nullptr;
  std::size_t work_bytes_ = 0;
};
