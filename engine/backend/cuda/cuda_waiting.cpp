// CudaBackend: small ops that wait for a launch to go along with. A decoded token is hundreds of
// launches, and each costs about as much as these ops take.
#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

bool CudaBackend::Waiting::touches(ConstMatView m) const {
  for (const ConstMatView& read : reads) {
    if (overlaps(read, m)) return true;
  }
  return writes_to(m);
}

bool CudaBackend::Waiting::writes_to(ConstMatView m) const {
  for (const ConstMatView& written : writes) {
    if (overlaps(written, m)) return true;
  }
  return false;
}

void CudaBackend::flush() {
  flush_residual();
  flush_rows();
}

// The experts' sum, then x += a.
void CudaBackend::flush_residual() {
  const Residual r = std::exchange(residual_, {});
  if (r.has_experts) {
    changes(r.experts_out);
    if (usable()) {
      launch_combine_experts(r.experts, rows_of(r.experts_out), device_.stream());
      after_launch("combine");
    }
  }
  if (!r.has_sum) return;
  changes(r.sum_out);
  if (!usable()) return;
  launch_add(rows_of(r.a), rows_of(r.sum_out), device_.stream());
  after_launch("add");
}

void CudaBackend::flush_rows() {
  if (waiting_.writes.empty()) return;
  const Waiting w = std::exchange(waiting_, {});
  if (!usable()) return;
  if (w.copy_to.rows > 0) launch_copy(w.copied, rows(w.copy_to), device_.stream());
  launch_row_ops(w.ops, device_.stream());
  after_launch("norm, rotation, terms");
}

void CudaBackend::make_way(ConstMatView read, ConstMatView written) {
  flush_residual();
  if (waiting_.writes_to(read) || waiting_.touches(written)) flush_rows();
}

void CudaBackend::do_add(ConstMatView a, MatView out) {
  if (out.rows == 0) return;
  flush_rows();
  Residual& r = residual_;
  if (r.has_experts && !r.has_sum) {
    // experts += the shared expert, whose rows nobody changes meanwhile
    if (r.experts.shared.data == nullptr && same_view(r.experts_out, out) &&
        !overlaps(a, r.experts_out)) {
      r.experts.shared = rows_of(a);
      r.shared = a;
      return;
    }
    // x += experts
    if (same_view(r.experts_out, a) && !overlaps(a, out) && !r.shared_overlaps(out)) {
      r.a = a;
      r.sum_out = out;
      r.has_sum = true;
      return;
    }
  }
  flush_residual();
  residual_.a = a;
  residual_.sum_out = out;
  residual_.has_sum = true;
}

void CudaBackend::do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) {
  NormArgs args;
  args.x = rows_of(x);
  args.gamma = gamma;
  args.eps = eps;
  args.out = rows(out);
  if (out.rows > 0 && lies_by_position(out)) {  // the cache's: no product reads it
    flush();
    changes(out);
    if (!usable()) return;
    waiting_.ops.norm = args;
    waiting_.reads.push_back(x);
    waiting_.writes.push_back(out);
    return;
  }
  flush_rows();
  // x += a; norm(x): one pass, when nothing came between and out is not x itself.
  const Residual& r = residual_;
  if (r.has_sum && same_view(r.sum_out, x) && !overlaps(x, out) && !overlaps(r.a, out) &&
      !r.shared_overlaps(out)) {
    args.added = const_cast<float*>(r.a.data);
    args.added_stride = r.a.stride;
    args.x_out = r.sum_out.data;
    changes(r.sum_out);
    if (r.has_experts) {
      args.experts = r.experts;
      changes(r.experts_out);
    }
    residual_ = {};
  }
  flush();
  changes(out);
  args.terms.padded_cols = round_up(out.cols, kTermPadding);
  args.terms.data =
      scratch<std::uint16_t>(ScratchKind::Terms, out.rows * 2 * args.terms.padded_cols);
  if (!usable() || out.rows == 0) return;
  launch_rms_norm(args, device_.stream());
  after_launch("rms_norm");
  terms_ = args.terms;
  terms_source_ = out;
}

void CudaBackend::do_copy(ConstMatView a, MatView out) {
  make_way(a, out);
  if (waiting_.copy_to.rows > 0) flush_rows();
  changes(out);
  if (!usable() || out.rows == 0) return;
  waiting_.copied = rows_of(a);
  waiting_.copy_to = out;
  waiting_.reads.push_back(a);
  waiting_.writes.push_back(out);
}

void CudaBackend::do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride,
                          std::int64_t offset, std::int64_t first_position,
                          const RopeTable& table) {
  flush_residual();
  // What was just copied is rotated on its way.
  const bool copied = waiting_.n_ropes < kMostRopes && same_view(waiting_.copy_to, x) &&
                      n_heads == 1 && offset == 0 && table.dim == x.cols;
  if (!copied && (waiting_.n_ropes == kMostRopes || waiting_.touches(x))) flush_rows();
  changes(x);
  if (!usable() || x.rows == 0) return;
  RopeArgs args;
  args.x = rows(x);
  args.n_heads = n_heads;
  args.head_stride = head_stride;
  args.offset = offset;
  args.first_position = first_position;
  args.cos = table.cos;
  args.sin = table.sin;
  args.dim = table.dim;
  args.interleaved = table.layout == RopeLayout::Interleaved;
  args.moved = moved();
  if (copied) {
    args.from = waiting_.copied;
    waiting_.copy_to = {};
  } else {
    waiting_.reads.push_back(x);
    waiting_.writes.push_back(x);
  }
  waiting_.ropes_of[waiting_.n_ropes] = x;
  waiting_.ops.ropes[waiting_.n_ropes++] = args;
}

// The columns [0, cols) of each part of x. A rotation of x that waits goes along where it leaves
// these columns alone.
void CudaBackend::split_parts(ConstMatView x, const SplitArgs& split) {
  flush_residual();
  bool apart = waiting_.copy_to.rows == 0 || !overlaps(waiting_.copy_to, x);
  for (int i = 0; i < waiting_.n_ropes; ++i) {
    const RopeArgs& rope = waiting_.ops.ropes[i];
    if (!overlaps(waiting_.ropes_of[i], x)) continue;
    apart = apart && same_view(waiting_.ropes_of[i], x) && rope.from.data == nullptr &&
            rope.offset >= split.x.cols && rope.head_stride == split.part_stride &&
            rope.offset + rope.dim <= rope.head_stride;
  }
  if (!apart) flush_rows();
  if (!usable()) return;
  waiting_.ops.split = split;
  waiting_.writes.push_back({});
  flush_rows();
}

}  // namespace engine::cuda
