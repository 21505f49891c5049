// Patience: Qt Test, with waits long enough for a busy machine under a sanitizer. Whoever gets what
// it waits for does not wait longer. Every Qt test includes this instead of <QtTest>.
#pragma once

#include <QtTest>

#undef QTRY_VERIFY
#define QTRY_VERIFY(expression) QTRY_VERIFY_WITH_TIMEOUT(expression, support::kPatience)
#undef QTRY_VERIFY2
#define QTRY_VERIFY2(expression, message) \
  QTRY_VERIFY2_WITH_TIMEOUT(expression, message, support::kPatience)
#undef QTRY_COMPARE
#define QTRY_COMPARE(expression, expected) \
  QTRY_COMPARE_WITH_TIMEOUT(expression, expected, support::kPatience)

namespace support {

inline constexpr int kPatience = 60'000;  // milliseconds

/// Handles events until it is so; whole answers take longer than a step of one.
template <class Predicate>
[[nodiscard]] bool comes_true(Predicate predicate) {
  return QTest::qWaitFor(predicate, 4 * kPatience);
}

}  // namespace support
