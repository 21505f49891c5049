// CHECK: states what cannot be otherwise. A failing CHECK is a bug of ours, never reachable from a
// file or a user. The one place of the engine that ends the process, in release builds too.
#pragma once

#include <cstdlib>
#include <iostream>

namespace engine {

template <class A, class B>
[[noreturn]] void check_failed(const char* text, const A& a, const B& b, const char* file,
                               int line) {
  std::cerr << file << ':' << line << ": CHECK failed: " << text << " (" << a << " vs " << b
            << ")\n";
  std::abort();
}

}  // namespace engine

#define BATHYSCOPE_CHECK_OP(a, op, b)                                                  \
  do {                                                                                 \
    const auto& check_a = (a);                                                         \
    const auto& check_b = (b);                                                         \
    if (!(check_a op check_b)) {                                                       \
      ::engine::check_failed(#a " " #op " " #b, check_a, check_b, __FILE__, __LINE__); \
    }                                                                                  \
  } while (false)
#define CHECK_EQ(a, b) BATHYSCOPE_CHECK_OP(a, ==, b)
#define CHECK_LE(a, b) BATHYSCOPE_CHECK_OP(a, <=, b)
#define CHECK_LT(a, b) BATHYSCOPE_CHECK_OP(a, <, b)
#define CHECK(condition)                                                                   \
  do {                                                                                     \
    if (!(condition)) ::engine::check_failed(#condition, false, true, __FILE__, __LINE__); \
  } while (false)
