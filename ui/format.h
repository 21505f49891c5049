// Numbers, sizes, times and tokens to text: every rule in one place, in the user's locale
// (QLocale's default). Units are translated; tokens never are.
#pragma once

#include <QString>
#include <cstdint>
#include <string_view>

namespace ui::format {

/// "1,204"
QString count(std::int64_t n);
/// "15.7 billion": parameters.
QString largeCount(std::int64_t n);
/// "10.4 GB" (decimal units); exactBytes: "10,412,345,678 bytes".
QString bytes(std::int64_t n);
QString exactBytes(std::int64_t n);
/// "3.1 of 10.4 GB": both in the larger one's unit.
QString bytesOf(std::int64_t done, std::int64_t total);
/// "183 tok/s", "11.8 tok/s"; "–" when not known (≤ 0).
QString tokensPerSecond(double rate);
/// "12 ms", "0.9 s", "3.2 s", "1 min 12 s"
QString seconds(double s);
QString milliseconds(double ms);
/// "61.2 %"
QString percent(double fraction);
/// Four significant digits for labels ("0.6123", "1.2e-05"); exact: shortest text that reads back
/// as the same float.
QString value(double v);
QString exact(float v);
/// "+0.0312": signed, four significant digits.
QString signedValue(double v);
/// A token's bytes made visible: space · , newline ⏎, tab ⇥, other controls and stray bytes as
/// \xNN; a real U+00B7 is written \u00b7 so that a dot always means a space.
QString tokenText(std::string_view bytes);
/// tokenText cut to `maxCharacters` with an ellipsis.
QString tokenLabel(std::string_view bytes, int maxCharacters);
/// For QToolTip: always shown as it is, whatever it holds.
QString toolTip(const QString& text);
/// Text from elsewhere for one line: control characters made visible, cut with an ellipsis.
QString oneLine(const QString& text, int maxCharacters);

}  // namespace ui::format
