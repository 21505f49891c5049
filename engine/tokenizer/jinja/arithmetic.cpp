#include "engine/tokenizer/jinja/arithmetic.h"

#include <algorithm>
#include <cmath>

#include "engine/tokenizer/jinja/format.h"

namespace engine::jinja {
namespace {

[[noreturn]] void too_large(Interpreter& in) { in.limit("a whole number beyond 64 bits"); }

std::int64_t floor_divide(Interpreter& in, std::int64_t a, std::int64_t b) {
  if (b == -1) {
    std::int64_t out = 0;
    if (__builtin_sub_overflow(std::int64_t{0}, a, &out)) too_large(in);
    return out;
  }
  const std::int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

Value power(Interpreter& in, const Value& a, const Value& b) {
  if (!a.is_whole() || !b.is_whole() || b.integer() < 0) {
    return Value(std::pow(a.number(), b.number()));
  }
  const std::int64_t base = a.integer();
  if (base == 0 || base == 1) return Value(b.integer() == 0 ? std::int64_t{1} : base);
  if (base == -1) return Value(b.integer() % 2 == 0 ? std::int64_t{1} : std::int64_t{-1});
  std::int64_t result = 1;
  for (std::int64_t i = 0; i < b.integer(); ++i) {
    if (__builtin_mul_overflow(result, base, &result)) too_large(in);
  }
  return Value(result);
}

Value integer_operator(Interpreter& in, Op op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  bool overflow = false;
  switch (op) {
    case Op::Add:
      overflow = __builtin_add_overflow(a, b, &out);
      break;
    case Op::Subtract:
      overflow = __builtin_sub_overflow(a, b, &out);
      break;
    case Op::Multiply:
      overflow = __builtin_mul_overflow(a, b, &out);
      break;
    case Op::FloorDivide:
      out = floor_divide(in, a, b);
      break;
    default: {  // Modulo: the sign of the divisor
      out = b == -1 ? 0 : a % b;
      if (out != 0 && (out < 0) != (b < 0)) out += b;
    }
  }
  if (overflow) too_large(in);
  return Value(out);
}

Value float_operator(Op op, double a, double b) {
  switch (op) {
    case Op::Add:
      return Value(a + b);
    case Op::Subtract:
      return Value(a - b);
    case Op::Multiply:
      return Value(a * b);
    case Op::FloorDivide:
      return Value(std::floor(a / b));
    default: {
      const double rest = std::fmod(a, b);
      return Value(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
    }
  }
}

Value number_operator(Interpreter& in, Op op, const Value& a, const Value& b) {
  const bool divides = op == Op::Divide || op == Op::FloorDivide || op == Op::Modulo;
  if (divides && b.number() == 0.0) in.error("division by zero");
  if (op == Op::Divide) return Value(a.number() / b.number());
  if (op == Op::Power) return power(in, a, b);
  if (a.is_whole() && b.is_whole()) return integer_operator(in, op, a.integer(), b.integer());
  return float_operator(op, a.number(), b.number());
}

Value repeat(Interpreter& in, const Value& sequence, std::int64_t times) {
  const auto n = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  if (sequence.is_string()) {
    const Text& text = sequence.text();
    if (text.size() != 0 && n > (std::size_t{1} << 40) / text.size()) {
      in.limit("a string repeated " + std::to_string(times) + " times");
    }
    in.charge_bytes(text.size() * n);
    Text out;
    for (std::size_t i = 0; i < n && !text.empty(); ++i) out.append(text);
    return Value(std::move(out));
  }
  const auto& items = sequence.list().items;
  if (!items.empty() && n > (std::size_t{1} << 30) / items.size()) {
    in.limit("a list repeated " + std::to_string(times) + " times");
  }
  in.charge_bytes(items.size() * n * sizeof(Value));
  std::vector<Value> out;
  for (std::size_t i = 0; i < n && !items.empty(); ++i) {
    out.insert(out.end(), items.begin(), items.end());
  }
  return in.make_list(std::move(out), sequence.list().is_tuple);
}

}  // namespace

Value apply_operator(Interpreter& in, Op op, const Value& a, const Value& b) {
  in.require_defined(a);
  in.require_defined(b);
  if (op == Op::Modulo && a.is_string()) return in.make(percent_format(in, a.text(), b));
  if (a.is_number() && b.is_number()) return number_operator(in, op, a, b);
  if (op == Op::Add && a.is_string() && b.is_string()) {
    in.charge_bytes(a.text().size() + b.text().size());
    Text out = a.text();
    out.append(b.text());
    return Value(std::move(out));
  }
  const bool a_is_list = a.is(ValueKind::List) && !a.list().is_generator;
  const bool b_is_list = b.is(ValueKind::List) && !b.list().is_generator;
  if (op == Op::Add && a_is_list && b_is_list && a.list().is_tuple == b.list().is_tuple) {
    in.charge_bytes((a.list().items.size() + b.list().items.size()) * sizeof(Value));
    std::vector<Value> items = a.list().items;
    items.insert(items.end(), b.list().items.begin(), b.list().items.end());
    return in.make_list(std::move(items), a.list().is_tuple);
  }
  if (op == Op::Multiply) {
    if ((a.is_string() || a_is_list) && b.is_whole()) return repeat(in, a, b.integer());
    if ((b.is_string() || b_is_list) && a.is_whole()) return repeat(in, b, a.integer());
  }
  in.error("this operator does not take " + std::string(a.type_name()) + " and " +
           std::string(b.type_name()));
}

bool contains(Interpreter& in, const Value& container, const Value& item) {
  switch (container.kind()) {
    case ValueKind::Undefined:
      return false;
    case ValueKind::String:
      in.require_defined(item);
      if (!item.is_string()) {
        in.error("'in' a string takes a string, found " + std::string(item.type_name()));
      }
      in.charge(static_cast<std::int64_t>(container.text().size() / 64));
      return container.bytes().find(item.bytes()) != std::string::npos;
    case ValueKind::Dict:
      in.charge(static_cast<std::int64_t>(container.dict().items.size() / 4));
      return find_key(container.dict(), item) != nullptr;
    case ValueKind::List: {
      const auto& items = container.list().items;
      in.charge(static_cast<std::int64_t>(items.size() / 4));
      return std::any_of(items.begin(), items.end(),
                         [&item](const Value& value) { return equal(value, item); });
    }
    default:
      in.error("'in' does not take " + std::string(container.type_name()));
  }
}

bool compare(Interpreter& in, Op op, const Value& a, const Value& b) {
  switch (op) {
    case Op::Equal:
      return equal(a, b);
    case Op::NotEqual:
      return !equal(a, b);
    case Op::In:
      return contains(in, b, a);
    case Op::NotIn:
      return !contains(in, b, a);
    default:
      break;
  }
  in.require_defined(a);
  in.require_defined(b);
  bool comparable = true;
  const bool swapped = op == Op::Greater || op == Op::LessEqual;
  const bool is_less = swapped ? less(b, a, &comparable) : less(a, b, &comparable);
  if (!comparable) {
    in.error("cannot order " + std::string(a.type_name()) + " and " + std::string(b.type_name()));
  }
  return (op == Op::Less || op == Op::Greater) ? is_less : !is_less;
}

Value negate(Interpreter& in, const Value& value) {
  in.require_defined(value);
  if (value.is(ValueKind::Float)) return Value(-value.number());
  if (!value.is_whole()) in.error("cannot negate " + std::string(value.type_name()));
  std::int64_t out = 0;
  if (__builtin_sub_overflow(std::int64_t{0}, value.integer(), &out)) too_large(in);
  return Value(out);
}

}  // namespace engine::jinja
