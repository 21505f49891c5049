// The most general shapes, tried last, and those that hold only around numbers.
#include <QCoreApplication>

#include "app/engine_patterns.h"

namespace app {
namespace {

constexpr const char* kPatterns[] = {
    QT_TRANSLATE_NOOP("EngineText", "built-in %1"),
    QT_TRANSLATE_NOOP("EngineText", "more than %1"),
    QT_TRANSLATE_NOOP("EngineText", "%1, allowed %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1: found %2"),
    QT_TRANSLATE_NOOP("EngineText", "found %1"),
    QT_TRANSLATE_NOOP("EngineText", "%1 (0: chosen by the program)"),
    QT_TRANSLATE_NOOP("EngineText", "0 (until the context is full) or more"),
    QT_TRANSLATE_NOOP("EngineText", "%1, or 0 for one per processor"),
};

constexpr const char* kNumberPatterns[] = {
    QT_TRANSLATE_NOOP("EngineText", "%1 or %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1 to %2, the context's length"),
    QT_TRANSLATE_NOOP("EngineText", "from %1 on"),
    QT_TRANSLATE_NOOP("EngineText", "%1 to %2"),
};

}  // namespace

std::span<const char* const> lastPatterns() { return kPatterns; }

std::span<const char* const> numberPatterns() { return kNumberPatterns; }

}  // namespace app
