// The exponential of every kernel, written once over a vector type. Included by files which first
// define `V` and `Reg` in the same unnamed namespace.

/// e^x within 2 ulp for x ≤ 88.8: x = n·ln 2 + r, |r| ≤ ln 2 / 2, Taylor-like polynomial of r,
/// times 2^n. The same for tails: they are masked vectors, never a scalar library call.
Reg exp_to_88(Reg x) {
  x = V::max(V::set1(-104.0F), x);  // operand order keeps NaN
  const Reg n = V::round_to_int(V::mul(x, V::set1(1.44269504F)));
  Reg r = V::fma(n, V::set1(-0.693359375F), x);
  r = V::fma(n, V::set1(2.12194440e-4F), r);
  Reg y = V::set1(1.0F / 5040.0F);
  y = V::fma(y, r, V::set1(1.0F / 720.0F));
  y = V::fma(y, r, V::set1(1.0F / 120.0F));
  y = V::fma(y, r, V::set1(1.0F / 24.0F));
  y = V::fma(y, r, V::set1(1.0F / 6.0F));
  y = V::fma(y, r, V::set1(0.5F));
  y = V::fma(y, r, V::set1(1.0F));
  y = V::fma(y, r, V::set1(1.0F));
  return V::scale_by_power(y, n);
}
