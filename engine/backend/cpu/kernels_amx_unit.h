// The processor's tile unit. Tile instructions are written out here: g++ 12's own let stores to the
// configuration, and to what tiles are loaded from, be moved behind them. Included by kernels_*_amx
// .cpp and attention_amx.cpp only, inside their unnamed namespace, after kernels_amx_shape.h.

/// As the processor reads it.
struct TileConfig {
  std::uint8_t palette;
  std::uint8_t start_row;
  std::uint8_t reserved[14];
  std::uint16_t row_bytes[16];
  std::uint8_t rows[16];
};
static_assert(sizeof(TileConfig) == 64);

/// Configured and released with every product: nothing is left in it that a switch of threads would
/// have to save.
struct TileUnit {
  static void configure(const TileShape (&shapes)[8]) {
    alignas(64) TileConfig config{};
    config.palette = 1;
    for (int i = 0; i < 8; ++i) {
      config.row_bytes[i] = static_cast<std::uint16_t>(shapes[i].row_bytes);
      config.rows[i] = static_cast<std::uint8_t>(shapes[i].rows);
    }
    asm volatile("ldtilecfg %0" : : "m"(config) : "memory");
  }
  static void release() { asm volatile("tilerelease" : : : "memory"); }
  static void buffer(const void*, std::size_t) {}

  template <int kTile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static void load(const void* p, std::int64_t stride) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(kTile), "r"(p), "r"(stride) : "memory");
  }
  template <int kTile>
  static void store(void* p, std::int64_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(kTile), "r"(p), "r"(stride) : "memory");
  }
  /// Signed bytes.
  template <int kC, int kA, int kB>
  static void dot() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kC), "i"(kA), "i"(kB));
  }
  /// BF16.
  template <int kC, int kA, int kB>
  static void dot_bf16() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kC), "i"(kA), "i"(kB));
  }
};
