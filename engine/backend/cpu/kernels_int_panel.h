// What every way of multiplying block types by rounded activations shares: unpacking weight rows
// into a panel, finding a token's record, where results go. Included by kernels_int_*.cpp only,
// inside their unnamed namespace, after kernels_int_formats.h.

using engine::kernels::IntTable;
using engine::kernels::Out;
using engine::kernels::record_bytes;
using engine::kernels::RoundedRows;
using engine::kernels::scales_at;
using engine::kernels::sums_at;
using engine::kernels::Weight;

/// The columns of one panel of the tokens of one tile.
template <Index kT>
struct TokenTile {
  const std::int8_t* values[kT];
  const float* scales[kT];
  const std::int32_t* sums[kT];  // of 16
};

const unsigned char* record_at(const RoundedRows& x, Index i) {
  return x.data + (x.index == nullptr ? i : x.index[i]) * record_bytes(x.cols);
}

/// The columns from k on.
TokenTile<1> token_at(const unsigned char* record, Index cols, Index k) {
  return {{reinterpret_cast<const std::int8_t*>(record) + k},
          {reinterpret_cast<const float*>(record + scales_at(cols)) + k / 32},
          {reinterpret_cast<const std::int32_t*>(record + sums_at(cols)) + k / 16}};
}

/// The same of tokens [t, t + kT).
template <Index kT>
TokenTile<kT> tokens_at(const RoundedRows& x, Index t, Index k) {
  TokenTile<kT> tokens;
  for (Index i = 0; i < kT; ++i) {
    const TokenTile<1> one = token_at(record_at(x, t + i), x.cols, k);
    tokens.values[i] = one.values[0];
    tokens.scales[i] = one.scales[0];
    tokens.sums[i] = one.sums[0];
  }
  return tokens;
}

/// Goes kColumns further in all tokens.
template <Index kColumns, Index kT>
void advance(TokenTile<kT>& x) {
  for (Index t = 0; t < kT; ++t) {
    x.values[t] += kColumns;
    x.scales[t] += kColumns / 32;
    x.sums[t] += kColumns / 16;
  }
}

/// Where a tile's sums stand between panels and at the end.
struct TileOut {
  float* data;  // token 0, first row
  Index stride;
  Index n_rows;       // of the tile; lanes behind them are not rows
  const float* bias;  // of the first row; null but at the last panel
  bool first;         // of the panels
};

/// How many lanes of vector r are rows.
Index lanes_of(const TileOut& out, Index r) {
  const Index n = out.n_rows - r * kLanes;
  return n < 0 ? 0 : (n < kLanes ? n : kLanes);
}

using RowPointers = const unsigned char* [kLanes];

/// Rows from `first` on; lanes past the n-th repeat it.
void set_rows(RowPointers& rows, const unsigned char* first, Index row_bytes, Index n) {
  for (Index i = 0; i < kLanes; ++i) rows[i] = first + (i < n ? i : n - 1) * row_bytes;
}

/// Columns [k, k + n_cols) of n ≤ kLanes rows from `first` on, through slots of type To.
template <class F, class To = Slot>
void unpack_panel(const unsigned char* first, Index row_bytes, Index n, Index k, Index n_cols,
                  Panel& panel, Ahead& ahead) {
  RowPointers rows;
  set_rows(rows, first + k / F::kElements * F::kBytes, row_bytes, n);
  for (Index c = 0; c < n_cols; c += F::kElements) {
    ahead.step_rest<F::kBytes>();
    To to{Slot{panel.words + c / 4 * kLanes, panel.scales + c / F::kSub * kLanes,
               panel.mins + c / F::kSub * kLanes, ahead}};
    F::unpack(rows, to);
    for (Index i = 0; i < kLanes; ++i) rows[i] += F::kBytes;
  }
}

/// The same of n_vectors · kLanes rows, of which n are there: the last one stands in for others.
template <class F, class To = Slot>
void unpack_panels(const unsigned char* first, Index row_bytes, Index n, Index n_vectors, Index k,
                   Index n_cols, Panel* panels, Ahead& ahead) {
  for (Index r = 0; r < n_vectors; ++r) {
    const Index from = r * kLanes < n ? r * kLanes : n - 1;
    const Index n_lanes = n - from < kLanes ? n - from : kLanes;
    unpack_panel<F, To>(first + from * row_bytes, row_bytes, n_lanes, k, n_cols, panels[r], ahead);
  }
}

/// One token against kLanes whole rows in another way than through RowPointers, with the same bits;
/// specialised where an instruction set has one.
template <class F>
struct ByRows {
  static constexpr bool kThere = false;
};

/// Calls product(Format) for the type of w, which is a block type.
template <class Product>
void for_format(const Weight& w, const Product& product) {
  switch (w.type) {
#define ONE_TYPE(type)   \
  case WeightType::type: \
    return product(Format<WeightType::type>{});
    ONE_TYPE(Q4_0)
    ONE_TYPE(Q4_1)
    ONE_TYPE(Q5_0)
    ONE_TYPE(Q5_1)
    ONE_TYPE(Q8_0)
    ONE_TYPE(Q2_K)
    ONE_TYPE(Q3_K)
    ONE_TYPE(Q4_K)
    ONE_TYPE(Q5_K)
    ONE_TYPE(Q6_K)
    ONE_TYPE(IQ4_NL)
    ONE_TYPE(IQ4_XS)
#undef ONE_TYPE
    default:
      return;
  }
}
