// Colour tables built from published stops, interpolated in Oklab so that lightness stays monotone.
#include "ui/theme/colour_map.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace ui {
namespace {

struct Oklab {
  double l, a, b;
};

double toLinear(int channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

int fromLinear(double value) {
  const double v = std::clamp(value, 0.0, 1.0);
  const double c = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1.0 / 2.4) - 0.055;
  return static_cast<int>(std::lround(c * 255.0));
}

// Björn Ottosson's Oklab, 2020.
Oklab toOklab(QRgb rgb) {
  const double r = toLinear(qRed(rgb));
  const double g = toLinear(qGreen(rgb));
  const double b = toLinear(qBlue(rgb));
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QRgb toRgb(const Oklab& lab) {
  const double l = std::pow(lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
  const double m = std::pow(lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
  const double s = std::pow(lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
  return qRgb(fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
              fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
              fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

ColourLut lutFromStops(std::span<const QRgb> stops) {
  ColourLut lut{};
  const double last = static_cast<double>(stops.size() - 1);
  for (std::size_t i = 0; i < lut.size(); ++i) {
    const double x = static_cast<double>(i) / 255.0 * last;
    const auto k = std::min(static_cast<std::size_t>(x), stops.size() - 2);
    const double f = x - static_cast<double>(k);
    const Oklab a = toOklab(stops[k]);
    const Oklab b = toOklab(stops[k + 1]);
    lut[i] = toRgb({a.l + (b.l - a.l) * f, a.a + (b.a - a.a) * f, a.b + (b.b - a.b) * f});
  }
  return lut;
}

// Nuñez, Anderton, Renslow 2018 (cividis) and van der Walt, Smith 2015 (viridis), a few points of
// each.
constexpr std::array<QRgb, 18> kCividis = {
    0xff00204c, 0xff002a66, 0xff00346e, 0xff273f6c, 0xff3c4a6b, 0xff4c556b,
    0xff5b5f6d, 0xff686a70, 0xff757575, 0xff838178, 0xff928c78, 0xffa19876,
    0xffb0a572, 0xffc0b16d, 0xffd1bf66, 0xffe1cc5c, 0xfff3db4f, 0xffffe945};
constexpr std::array<QRgb, 10> kViridis = {0xff440154, 0xff482878, 0xff3e4989, 0xff31688e,
                                           0xff26828e, 0xff1f9e89, 0xff35b779, 0xff6ece58,
                                           0xffb5de2b, 0xfffde725};
constexpr std::array<QRgb, 5> kDivergingLight = {0xff1d4f91, 0xff6a9bd1, 0xffeceef1, 0xffe39a55,
                                                 0xff9a4a0c};
constexpr std::array<QRgb, 5> kDivergingDark = {0xff7db4f0, 0xff3f6ea6, 0xff2b3038, 0xffa8642a,
                                                0xfff5ac66};

}  // namespace

const ColourLut& colourLut(DataMap map, bool dark) {
  static const ColourLut cividis = lutFromStops(kCividis);
  static const ColourLut viridis = lutFromStops(kViridis);
  static const ColourLut divergingLight = lutFromStops(kDivergingLight);
  static const ColourLut divergingDark = lutFromStops(kDivergingDark);
  switch (map) {
    case DataMap::Cividis:
      return cividis;
    case DataMap::Viridis:
      return viridis;
    case DataMap::Diverging:
      break;
  }
  return dark ? divergingDark : divergingLight;
}

QColor dataColour(DataMap map, double t, bool dark) {
  const double clamped = std::isnan(t) ? 0.0 : std::clamp(t, 0.0, 1.0);
  return QColor::fromRgb(
      colourLut(map, dark)[static_cast<std::size_t>(std::lround(clamped * 255.0))]);
}

}  // namespace ui
