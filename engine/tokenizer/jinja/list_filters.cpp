// Filters on sequences: selecting, mapping, ordering.
#include <algorithm>

#include "engine/tokenizer/jinja/arithmetic.h"
#include "engine/tokenizer/jinja/case_mapping.h"
#include "engine/tokenizer/jinja/filters.h"
#include "engine/tokenizer/jinja/interpreter.h"

namespace engine::jinja {
namespace {

Value length_filter(Interpreter& in, const Value& input, const Args&) {
  switch (input.kind()) {
    case ValueKind::Undefined:
      return Value(std::int64_t{0});
    case ValueKind::String:
      in.charge(static_cast<std::int64_t>(input.text().size() / 64));
      return Value(static_cast<std::int64_t>(count_characters(input.bytes())));
    case ValueKind::Dict:
      return Value(static_cast<std::int64_t>(input.dict().items.size()));
    case ValueKind::List:
      if (!input.list().is_generator) {
        return Value(static_cast<std::int64_t>(input.list().items.size()));
      }
      [[fallthrough]];
    default:
      in.error(std::string(input.type_name()) + " has no length");
  }
}

Value first_filter(Interpreter& in, const Value& input, const Args&) {
  const std::vector<Value> items = in.iterate(input);
  return items.empty() ? in.undefined("no first item, the sequence is empty") : items.front();
}

Value last_filter(Interpreter& in, const Value& input, const Args&) {
  const std::vector<Value> items = in.iterate(input);
  return items.empty() ? in.undefined("no last item, the sequence is empty") : items.back();
}

Value list_filter(Interpreter& in, const Value& input, const Args&) {
  return in.make_list(in.iterate(input));
}

Value reverse_filter(Interpreter& in, const Value& input, const Args&) {
  in.require_defined(input);
  std::vector<Value> items = in.iterate(input);
  std::reverse(items.begin(), items.end());
  if (!input.is_string()) return in.make_generator(std::move(items));
  Text out;
  for (const Value& item : items) out.append(item.text());
  return in.make(std::move(out));
}

Value join_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const separator_value = args.find(0, "d");
  const Value* const attribute = args.find(1, "attribute");
  const Text separator = separator_value != nullptr ? in.to_text(*separator_value) : Text();
  Text out;
  bool first = true;
  for (const Value& item : in.iterate(input)) {
    const Text part = in.to_text(attribute != nullptr ? get_path(in, item, *attribute) : item);
    in.charge_bytes(part.size() + separator.size());
    if (!first) out.append(separator);
    out.append(part);
    first = false;
  }
  return in.make(std::move(out));
}

Value items_filter(Interpreter& in, const Value& input, const Args&) {
  std::vector<Value> out;
  if (input.is(ValueKind::Undefined)) return in.make_generator(std::move(out));
  if (!input.is(ValueKind::Dict)) in.error("items takes a dict");
  for (const auto& [key, value] : input.dict().items)
    out.push_back(in.make_list({key, value}, true));
  return in.make_generator(std::move(out));
}

// What sort, unique, min and max compare: strings without case unless told otherwise.
Value sort_key(Interpreter& in, const Value& item, const Args& args, std::size_t first_arg) {
  const Value* const case_sensitive = args.find(first_arg, "case_sensitive");
  const Value* const attribute = args.find(first_arg + 1, "attribute");
  const Value key = attribute != nullptr ? get_path(in, item, *attribute) : item;
  if (!key.is_string() || (case_sensitive != nullptr && case_sensitive->truth())) return key;
  return in.make(map_case(key.text(), to_lower));
}

struct Keyed {
  Value key;
  Value item;
};

void sort_keyed(Interpreter& in, std::vector<Keyed>* items, bool reverse) {
  const auto before = [&in](const Keyed& a, const Keyed& b) {
    in.charge();
    return compare(in, Op::Less, a.key, b.key);
  };
  if (reverse) std::reverse(items->begin(), items->end());  // equal items keep their order
  std::stable_sort(items->begin(), items->end(), before);
  if (reverse) std::reverse(items->begin(), items->end());
}

Value sort_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const reverse = args.find(0, "reverse");
  std::vector<Keyed> keyed;
  for (const Value& item : in.iterate(input)) keyed.push_back({sort_key(in, item, args, 1), item});
  sort_keyed(in, &keyed, reverse != nullptr && reverse->truth());
  std::vector<Value> out;
  for (Keyed& entry : keyed) out.push_back(std::move(entry.item));
  return in.make_list(std::move(out));
}

Value dictsort_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const case_sensitive = args.find(0, "case_sensitive");
  const Value* const by = args.find(1, "by");
  const Value* const reverse = args.find(2, "reverse");
  if (!input.is(ValueKind::Dict)) in.error("dictsort takes a dict");
  const bool by_value = by != nullptr && in.to_text(*by).bytes() == "value";
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : input.dict().items) {
    Value sort_by = by_value ? value : key;
    if (sort_by.is_string() && !(case_sensitive != nullptr && case_sensitive->truth())) {
      sort_by = in.make(map_case(sort_by.text(), to_lower));
    }
    keyed.push_back({std::move(sort_by), in.make_list({key, value}, true)});
  }
  sort_keyed(in, &keyed, reverse != nullptr && reverse->truth());
  std::vector<Value> out;
  for (Keyed& entry : keyed) out.push_back(std::move(entry.item));
  return in.make_list(std::move(out));
}

Value unique_filter(Interpreter& in, const Value& input, const Args& args) {
  std::vector<Value> keys;
  std::vector<Value> out;
  for (const Value& item : in.iterate(input)) {
    const Value key = sort_key(in, item, args, 0);
    in.charge(static_cast<std::int64_t>(keys.size() / 4));
    const bool seen = std::any_of(keys.begin(), keys.end(),
                                  [&key](const Value& known) { return equal(known, key); });
    if (seen) continue;
    keys.push_back(key);
    out.push_back(item);
  }
  return in.make_generator(std::move(out));
}

Value extreme(Interpreter& in, const Value& input, const Args& args, Op op) {
  Value best = in.undefined("no item, the sequence is empty");
  Value best_key;
  bool first = true;
  for (const Value& item : in.iterate(input)) {
    Value key = sort_key(in, item, args, 0);
    in.charge();
    if (first || compare(in, op, key, best_key)) {
      best = item;
      best_key = std::move(key);
    }
    first = false;
  }
  return best;
}

Value min_filter(Interpreter& in, const Value& input, const Args& args) {
  return extreme(in, input, args, Op::Less);
}

Value max_filter(Interpreter& in, const Value& input, const Args& args) {
  return extreme(in, input, args, Op::Greater);
}

Value sum_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const attribute = args.find(0, "attribute");
  const Value* const start = args.find(1, "start");
  Value sum = start != nullptr ? *start : Value(std::int64_t{0});
  for (const Value& item : in.iterate(input)) {
    sum = apply_operator(in, Op::Add, sum,
                         attribute != nullptr ? get_path(in, item, *attribute) : item);
  }
  return sum;
}

// The arguments after the first `n`.
Args rest_of(const Args& args, std::size_t n) {
  Args rest = args;
  const auto count = std::min(n, rest.positional.size());
  rest.positional.erase(rest.positional.begin(),
                        rest.positional.begin() + static_cast<std::ptrdiff_t>(count));
  return rest;
}

Value map_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const attribute = args.find(args.positional.size(), "attribute");
  const Value* const fallback = args.find(args.positional.size(), "default");
  std::vector<Value> out;
  if (attribute != nullptr) {
    for (const Value& item : in.iterate(input)) {
      Value value = get_path(in, item, *attribute);
      if (value.is(ValueKind::Undefined) && fallback != nullptr) value = *fallback;
      out.push_back(std::move(value));
    }
    return in.make_generator(std::move(out));
  }
  if (args.positional.empty()) in.error("map takes a filter or an attribute");
  const std::string name = in.to_text(args.positional[0]).bytes();
  const FilterEntry* const filter = find_filter(name);
  if (filter == nullptr) in.unsupported("the filter '" + name + "' is not supported");
  const Args rest = rest_of(args, 1);
  for (const Value& item : in.iterate(input)) {
    in.charge();
    out.push_back(filter->apply(in, item, rest));
  }
  return in.make_generator(std::move(out));
}

// select, reject, selectattr, rejectattr: those items whose value passes the test, or not.
Value select_items(Interpreter& in, const Value& input, const Args& args, bool by_attribute,
                   bool wanted) {
  const std::size_t test_at = by_attribute ? 1 : 0;
  if (by_attribute && args.positional.empty()) in.error("expected the name of an attribute");
  const TestEntry* test = nullptr;
  if (args.positional.size() > test_at) {
    const std::string name = in.to_text(args.positional[test_at]).bytes();
    test = find_test(name);
    if (test == nullptr) in.unsupported("the test '" + name + "' is not supported");
  }
  const Args rest = rest_of(args, test_at + 1);
  std::vector<Value> out;
  for (const Value& item : in.iterate(input)) {
    in.charge();
    const Value value = by_attribute ? get_path(in, item, args.positional[0]) : item;
    const bool passes = test != nullptr ? test->holds(in, value, rest) : value.truth();
    if (passes == wanted) out.push_back(item);
  }
  return in.make_generator(std::move(out));
}

Value select_filter(Interpreter& in, const Value& input, const Args& args) {
  return select_items(in, input, args, false, true);
}
Value reject_filter(Interpreter& in, const Value& input, const Args& args) {
  return select_items(in, input, args, false, false);
}
Value selectattr_filter(Interpreter& in, const Value& input, const Args& args) {
  return select_items(in, input, args, true, true);
}
Value rejectattr_filter(Interpreter& in, const Value& input, const Args& args) {
  return select_items(in, input, args, true, false);
}

Value batch_filter(Interpreter& in, const Value& input, const Args& args) {
  const Value* const size = args.find(0, "linecount");
  const Value* const fill = args.find(1, "fill_with");
  if (size == nullptr || !size->is_whole() || size->integer() < 1) {
    in.error("batch takes a count above 0");
  }
  const auto count = static_cast<std::size_t>(size->integer());
  std::vector<Value> out;
  std::vector<Value> group;
  for (const Value& item : in.iterate(input)) {
    group.push_back(item);
    if (group.size() < count) continue;
    out.push_back(in.make_list(std::move(group)));
    group = {};
  }
  if (!group.empty()) {
    while (fill != nullptr && group.size() < count) {
      in.charge();
      group.push_back(*fill);
    }
    out.push_back(in.make_list(std::move(group)));
  }
  return in.make_generator(std::move(out));
}

constexpr FilterEntry kFilters[] = {
    {"length", length_filter},
    {"count", length_filter},
    {"first", first_filter},
    {"last", last_filter},
    {"list", list_filter},
    {"reverse", reverse_filter},
    {"join", join_filter},
    {"items", items_filter},
    {"sort", sort_filter},
    {"dictsort", dictsort_filter},
    {"unique", unique_filter},
    {"min", min_filter},
    {"max", max_filter},
    {"sum", sum_filter},
    {"map", map_filter},
    {"select", select_filter},
    {"reject", reject_filter},
    {"selectattr", selectattr_filter},
    {"rejectattr", rejectattr_filter},
    {"batch", batch_filter},
};

}  // namespace

std::span<const FilterEntry> list_filters() { return kFilters; }

}  // namespace engine::jinja
