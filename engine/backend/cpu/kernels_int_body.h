// Products of block types with rounded activations, written once over a vector type: weight rows
// are unpacked a panel at a time into the first-level cache, a row per lane, and multiplied with
// all tokens from there. Decode (one token) and prefill take the same way, so they agree in every
// bit. Included by kernels_int_*.cpp only, inside their unnamed namespace, after `V` and
// kernels_int_panel.h.
//
// V gives besides: kGroup × kTokens (the accumulator tile: vectors of rows × tokens), kFewTokens
// (so many are multiplied while their words are unpacked), load, loadf, load_tail, store_tail, add,
// fma, four_bytes (a word in every lane), set1f, prefetch, magnitude, largest (of all lanes, as
// signed words), round, store_bytes, sum16 (of 16 signed bytes).

constexpr Index kGroup = V::kGroup;
constexpr Index kTokens = V::kTokens;

// ---- activations -------------------------------------------------------------------------------

void round_block(const float* x, std::int8_t* values, float* scale, std::int32_t* sums) {
  constexpr Index kParts = engine::kernels::kRoundedBlock / kLanes;
  Ints largest = V::magnitude(V::loadf(x));
  for (Index p = 1; p < kParts; ++p) {
    largest = V::max_words(largest, V::magnitude(V::loadf(x + p * kLanes)));
  }
  // The bits of magnitudes are ordered like the magnitudes, NaN above all.
  const float peak = __builtin_bit_cast(float, V::largest(largest));
  *scale = peak / 127.0F;
  const Floats factor = V::set1f(peak < 0x1p-100F ? 0.0F : 127.0F / peak);
  for (Index p = 0; p < kParts; ++p) {
    V::store_bytes(values + p * kLanes, V::round(V::mul(V::loadf(x + p * kLanes), factor)));
  }
  sums[0] = V::sum16(values);
  sums[1] = V::sum16(values + 16);
}

void round_row(const float* x, Index begin, Index end, Index cols, unsigned char* record) {
  auto* values = reinterpret_cast<std::int8_t*>(record);
  auto* scales = reinterpret_cast<float*>(record + scales_at(cols));
  auto* sums = reinterpret_cast<std::int32_t*>(record + sums_at(cols));
  for (Index k = begin; k < end; k += 32) {
    round_block(x + (k - begin), values + k, scales + k / 32, sums + k / 16);
  }
}

// ---- the tile ----------------------------------------------------------------------------------

/// The sum of the activations of sub-block s.
template <class F>
std::int32_t sum_of(const std::int32_t* sixteens, Index s) {
  return F::kSub == 16 ? sixteens[s] : sixteens[2 * s] + sixteens[2 * s + 1];
}

/// What stands besides the products of values, per token and sub-block of the panel: kMin: Σ a as
/// a float; else: -kOffset · Σ a, where the sum of products starts.
template <class F, Index kT>
struct Starts {
  using Number = std::conditional_t<F::kMin, float, std::int32_t>;
  Number at[kT][kPanelCols / F::kSub];

  Starts(const TokenTile<kT>& x, Index n_cols) {
    if constexpr (!F::kMin && F::kOffset == 0) return;
    for (Index t = 0; t < kT; ++t) {
      for (Index s = 0; s < n_cols / F::kSub; ++s) {
        const std::int32_t sum = sum_of<F>(x.sums[t], s);
        if constexpr (F::kMin) {
          at[t][s] = static_cast<float>(sum);
        } else {
          at[t][s] = -F::kOffset * sum;
        }
      }
    }
  }
};

/// So many tokens still wait for memory: what the next rows will read is fetched while they are
/// multiplied too, not only while their rows are unpacked.
constexpr Index kSpreadTokens = 32;

/// What tiles are to fetch for the next rows, `piece` bytes a sub-block.
struct TileAhead {
  Ahead& ahead;
  Index piece;
};

/// Half of what n_rows rows read in n_cols columns, spread over the sub-blocks of n_x tokens'
/// tiles.
template <class F>
Index piece_of(Index n_rows, Index n_cols, Index n_x) {
  const Index n_tiles = (n_x + kTokens - 1) / kTokens;
  const Index bytes = n_rows * (n_cols / F::kElements * F::kBytes) / 2;
  return bytes / (n_tiles * (n_cols / F::kSub)) + 1;
}

/// kGroup vectors of rows × kT tokens over n_cols columns.
template <class F, Index kT>
void tile(const Panel* panels, Index n_cols, const TokenTile<kT>& x, const TileOut& out,
          const TileAhead& next) {
  static_assert(!F::kMin || F::kOffset == 0);
  constexpr Index kR = kGroup;
  const Starts<F, kT> starts(x, n_cols);
  Floats sums[kR * kT];
#pragma GCC unroll 16
  for (Index r = 0; r < kR; ++r) {
    const Index n = lanes_of(out, r);
#pragma GCC unroll 16
    for (Index t = 0; t < kT; ++t) {
      sums[r * kT + t] =
          out.first ? V::set1f(0.0F) : V::load_tail(out.data + t * out.stride + r * kLanes, n);
    }
  }
  constexpr Index kWords = F::kSub / 4;
  for (Index s = 0; s < n_cols / F::kSub; ++s) {
    if (next.piece > 0) next.ahead.fetch(next.piece);
    Ints dots[kR * kT];
#pragma GCC unroll 16
    for (Index t = 0; t < kT; ++t) {
      Ints start = V::set1(0);
      if constexpr (!F::kMin && F::kOffset != 0) {
        start = V::set1(static_cast<std::uint32_t>(starts.at[t][s]));
      }
#pragma GCC unroll 16
      for (Index r = 0; r < kR; ++r) dots[r * kT + t] = start;
    }
#pragma GCC unroll 8
    for (Index word = 0; word < kWords; ++word) {
      Ints w[kR];
#pragma GCC unroll 16
      for (Index r = 0; r < kR; ++r) w[r] = V::load(panels[r].words + (s * kWords + word) * kLanes);
#pragma GCC unroll 16
      for (Index t = 0; t < kT; ++t) {
        const Ints a = V::four_bytes(x.values[t] + (s * kWords + word) * 4);
#pragma GCC unroll 16
        for (Index r = 0; r < kR; ++r) {
          dots[r * kT + t] = V::template dot<F::kWide>(dots[r * kT + t], w[r], a);
        }
      }
    }
#pragma GCC unroll 16
    for (Index r = 0; r < kR; ++r) {
      const Floats scale = V::loadf(panels[r].scales + s * kLanes);
#pragma GCC unroll 16
      for (Index t = 0; t < kT; ++t) {
        const Floats dot = V::to_float(dots[r * kT + t]);
        Floats product;
        if constexpr (F::kMin) {
          const Floats min = V::loadf(panels[r].mins + s * kLanes);
          product = V::fma(dot, scale, V::mul(min, V::set1f(starts.at[t][s])));
        } else {
          product = V::mul(dot, scale);
        }
        const Floats x_scale = V::set1f(x.scales[t][s * F::kSub / 32]);
        sums[r * kT + t] = V::fma(product, x_scale, sums[r * kT + t]);
      }
    }
  }
#pragma GCC unroll 16
  for (Index r = 0; r < kR; ++r) {
    const Index n = lanes_of(out, r);
#pragma GCC unroll 16
    for (Index t = 0; t < kT; ++t) {
      Floats sum = sums[r * kT + t];
      if (out.bias != nullptr) sum = V::add(sum, V::load_tail(out.bias + r * kLanes, n));
      V::store_tail(out.data + t * out.stride + r * kLanes, sum, n);
    }
  }
}

// ---- the product -------------------------------------------------------------------------------

/// One panel against tokens [t, n_x), kT at a time, then fewer.
template <class F, Index kT>
void tiles(const Panel* panels, Index k, Index n_cols, const RoundedRows& x, Index t, Index n_x,
           const TileOut& out, const TileAhead& next) {
  for (; t + kT <= n_x; t += kT) {
    TileOut to = out;
    to.data += t * out.stride;
    tile<F, kT>(panels, n_cols, tokens_at<kT>(x, t, k), to, next);
  }
  if constexpr (kT > 1) {
    if (t < n_x) tiles<F, kT - 1>(panels, k, n_cols, x, t, n_x, out, next);
  }
}

// ---- few tokens --------------------------------------------------------------------------------

/// So many tokens are multiplied while the words are unpacked; with more, the sums of a block no
/// longer stay in registers, and a panel is faster.
template <class F>
constexpr Index kFewTokens = V::kFewTokens == 1   ? 1
                             : F::kElements == 32 ? V::kFewTokens
                             : F::kSub == 32      ? V::kFewTokens - 1
                                                  : V::kFewTokens - 2;

/// Rows are asked for at least so many bytes before they are read: narrow ones would else come
/// late.
constexpr Index kAheadBytes = 4096;

/// Multiplies the words of a block with kT tokens as they are unpacked, instead of keeping them.
template <class F, Index kT>
struct Multiplier {
  static constexpr Index kSubs = F::kElements / F::kSub;
  const std::int8_t* const (&values)[kT];
  Ints dots[kT][kSubs];
  Floats scales[kSubs];
  Floats mins[kSubs];
  Ahead& ahead;

  void load4(RowBytes rows, Index at, Ints (&out)[4]) {
    ahead.step();
    V::load4(rows, at, out);
  }
  void word(Index i, Ints v) {
#pragma GCC unroll 4
    for (Index t = 0; t < kT; ++t) {
      Ints& dot = dots[t][i * 4 / F::kSub];
      dot = V::template dot<F::kWide>(dot, v, V::four_bytes(values[t] + 4 * i));
    }
  }
  void scale(Index i, Floats v) { scales[i] = v; }
  void min(Index i, Floats v) { mins[i] = v; }
};

/// The terms of one block of rows and kT tokens, added to `sums` in the order of tile().
template <class F, Index kT>
[[gnu::always_inline]] inline void add_block(RowBytes rows, const TokenTile<kT>& x,
                                             Floats (&sums)[kT], Ahead& ahead) {
  constexpr Index kSubs = F::kElements / F::kSub;
  ahead.step_rest<F::kBytes>();
  Multiplier<F, kT> m{x.values, {}, {}, {}, ahead};
#pragma GCC unroll 4
  for (Index t = 0; t < kT; ++t) {
#pragma GCC unroll 16
    for (Index s = 0; s < kSubs; ++s) {
      const std::int32_t start = F::kMin ? 0 : -F::kOffset * sum_of<F>(x.sums[t], s);
      m.dots[t][s] = V::set1(static_cast<std::uint32_t>(start));
    }
  }
  F::unpack(rows, m);
#pragma GCC unroll 16
  for (Index s = 0; s < kSubs; ++s) {
#pragma GCC unroll 4
    for (Index t = 0; t < kT; ++t) {
      Floats product = V::to_float(m.dots[t][s]);
      if constexpr (F::kMin) {
        const Floats by = V::set1f(static_cast<float>(sum_of<F>(x.sums[t], s)));
        product = V::fma(product, m.scales[s], V::mul(m.mins[s], by));
      } else {
        product = V::mul(product, m.scales[s]);
      }
      sums[t] = V::fma(product, V::set1f(x.scales[t][s * F::kSub / 32]), sums[t]);
    }
  }
}

/// kT tokens against n ≤ kLanes rows from `first` on.
template <class F, Index kT>
void lanes_of_tokens(const unsigned char* first, Index row_bytes, Index n, Index cols,
                     TokenTile<kT> x, Ahead ahead, Floats (&sums)[kT]) {
  RowPointers rows;
  set_rows(rows, first, row_bytes, n);
  for (Index t = 0; t < kT; ++t) sums[t] = V::set1f(0.0F);
  for (Index k = 0; k < cols; k += F::kElements) {
    add_block<F, kT>(rows, x, sums, ahead);
    for (Index i = 0; i < kLanes; ++i) rows[i] += F::kBytes;
    advance<F::kElements>(x);
  }
}

/// What is asked for beside the rows from byte `at` of a product's n_bytes on: what lies so far
/// behind them that it arrives in time, there or in what comes next.
Ahead ahead_of(const unsigned char* first, Index at, Index n_bytes, const unsigned char* next,
               Index distance) {
  if (at + distance < n_bytes) return {first + at + distance, first + n_bytes};
  if (next == nullptr) return {nullptr, nullptr};
  return {next + (at + distance - n_bytes), next + distance};
}

/// product_of for kT tokens: every weight is read once and used at once.
template <class F, Index kT>
void few_tokens(const Weight& w, const unsigned char* first, Index n_rows, const RoundedRows& x,
                const float* bias, const Out& out, const unsigned char* next) {
  const Index row_bytes = w.cols / F::kElements * F::kBytes;
  const Index group_bytes = kLanes * row_bytes;
  const Index distance = (kAheadBytes + group_bytes - 1) / group_bytes * group_bytes;
  const TokenTile<kT> tokens = tokens_at<kT>(x, 0, 0);
  for (Index row = 0; row < n_rows; row += kLanes) {
    const Index n = n_rows - row < kLanes ? n_rows - row : kLanes;
    const unsigned char* at = first + row * row_bytes;
    const Ahead ahead = ahead_of(first, row * row_bytes, n_rows * row_bytes, next, distance);
    Floats sums[kT];
    bool done = false;
    if constexpr (kT == 1 && ByRows<F>::kThere) {
      done = n == kLanes;
      if (done) sums[0] = ByRows<F>::multiply(at, row_bytes, w.cols, tokens, ahead);
    }
    if (!done) lanes_of_tokens<F, kT>(at, row_bytes, n, w.cols, tokens, ahead, sums);
    for (Index t = 0; t < kT; ++t) {
      if (bias != nullptr) sums[t] = V::add(sums[t], V::load_tail(bias + row, n));
      V::store_tail(out.data + t * out.stride + row, sums[t], n);
    }
  }
}

/// few_tokens for 1 … kT tokens.
template <class F, Index kT>
void up_to_tokens(const Weight& w, const unsigned char* first, Index n_rows, const RoundedRows& x,
                  Index n_x, const float* bias, const Out& out, const unsigned char* next) {
  if constexpr (kT > 1) {
    if (n_x < kT) return up_to_tokens<F, kT - 1>(w, first, n_rows, x, n_x, bias, out, next);
  }
  few_tokens<F, kT>(w, first, n_rows, x, bias, out, next);
}

// ---- any number of tokens ----------------------------------------------------------------------

template <class F>
void product_of(const Weight& w, Index first_row, Index n_rows, const RoundedRows& x, Index n_x,
                const float* bias, const Out& out, const unsigned char* next) {
  const Index row_bytes = w.cols / F::kElements * F::kBytes;
  const unsigned char* first = w.data + first_row * row_bytes;
  if (n_x <= kFewTokens<F>) {
    return up_to_tokens<F, kFewTokens<F>>(w, first, n_rows, x, n_x, bias, out, next);
  }
  Panel panels[kGroup];
  for (Index row = 0; row < n_rows; row += kGroup * kLanes) {
    const Index n = n_rows - row < kGroup * kLanes ? n_rows - row : kGroup * kLanes;
    Ahead ahead{first + (row + n) * row_bytes, first + n_rows * row_bytes};
    if (row + n == n_rows && next != nullptr) ahead = {next, next + n * row_bytes};
    ahead.slow = n_x <= kSpreadTokens;
    for (Index k = 0; k < w.cols; k += kPanelCols) {
      const Index n_cols = w.cols - k < kPanelCols ? w.cols - k : kPanelCols;
      unpack_panels<F>(first + row * row_bytes, row_bytes, n, kGroup, k, n_cols, panels, ahead);
      const bool last = k + n_cols == w.cols;
      const TileOut to{out.data + row, out.stride, n,
                       last && bias != nullptr ? bias + row : nullptr, k == 0};
      const Index piece = ahead.slow ? piece_of<F>(n, n_cols, n_x) : 0;
      tiles<F, kTokens>(panels, k, n_cols, x, 0, n_x, to, {ahead, piece});
    }
  }
}

void product(const Weight& w, Index first_row, Index n_rows, const RoundedRows& x, Index n_x,
             const float* bias, const Out& out, const unsigned char* ahead) {
  for_format(w, [&](auto format) {
    product_of<decltype(format)>(w, first_row, n_rows, x, n_x, bias, out, ahead);
  });
}

constexpr IntTable make_int_table(const char* name) {
  return {name, engine::kernels::kRoundedBlock, round_row, product};
}
