// The engine's sentences in the user's language. The engine speaks English, with names and numbers
// in fixed places; what a person meets most often is known here by its pattern.
#pragma once

#include <QString>
#include <string>

namespace app {

/// A sentence of the engine, translated as far as its parts are known; all else stays as it is, so
/// that nothing is ever hidden.
QString engineText(const QString& sentence);
QString engineText(const std::string& sentence);

}  // namespace app
