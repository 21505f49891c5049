// Theme: colours by role (light and dark), fonts by role, spacing and icons, all in one place.
// Owned by main(), passed by reference to every widget; `changed()` says that a repaint is due.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>

class QApplication;

namespace ui {

enum class ThemeMode { System, Light, Dark };

/// What a colour is for. Text roles keep 4.5:1 on Window, Panel, Raised, Field and Selection; mark
/// roles (LineStrong, Accent, DataHigh) keep 3:1.
enum class ColourRole {
  Window,         // behind everything
  Panel,          // docks and the chat's own ground
  Raised,         // bars, chips, code blocks, table heads
  Field,          // text inputs
  Text,           // body text
  TextMuted,      // secondary text
  Line,           // hairlines between regions
  LineStrong,     // edges of controls and marks: 3:1
  Accent,         // the one accent: focus, links, selected marks
  AccentText,     // text on an Accent ground
  Selection,      // ground of what is selected
  SelectionText,  // text on Selection
  Hover,          // ground under the pointer
  Warning,        // text and marks
  Error,          // text and marks
  Success,        // text and marks
  DataLow,        // the quiet end of a single-hue magnitude mark (empty bar tracks)
  DataHigh,       // bars and marks that carry a magnitude by length
};
inline constexpr int kColourRoleCount = static_cast<int>(ColourRole::DataHigh) + 1;

/// Sizes from the system font: Small −1, Content 0, Heading +2, Title +6 points.
enum class FontRole { Content, Small, Strong, Heading, Title, Mono, MonoSmall };

/// The one table of colours.
QColor roleColour(ColourRole role, bool dark);
/// WCAG 2 contrast ratio, 1…21.
double contrastRatio(const QColor& a, const QColor& b);
/// Black or white, whichever reads better on `ground`: ink for labels on data colours.
QColor inkOn(const QColor& ground);

class Theme : public QObject {
  Q_OBJECT
 public:
  /// Reads the system's palette and font, so construct it after QApplication and before apply().
  explicit Theme(QObject* parent = nullptr);

  void setMode(ThemeMode mode);
  ThemeMode mode() const { return mode_; }
  bool isDark() const;
  /// 0.75 … 2.0 times the system font.
  void setFontScale(double scale);
  double fontScale() const { return fontScale_; }

  QColor colour(ColourRole role) const { return roleColour(role, isDark()); }
  QFont font(FontRole role) const;
  /// The base unit: 4 px at the system's font size, scaled with the font.
  int unit() const;
  int gap(int units) const { return unit() * units; }
  /// Side of a small (16 px) or large (24 px) icon, scaled with the font.
  int iconSize() const { return unit() * 4; }
  int largeIconSize() const { return unit() * 6; }
  /// An icon of resources/icons by its file's base name ("stop"), drawn in a role's colour.
  QIcon icon(const QString& name, ColourRole role = ColourRole::Text) const;

  /// Sets style, palette, font and style sheet of the application; again after every change.
  void apply(QApplication& application);

 Q_SIGNALS:
  /// Colours or sizes are different now.
  void changed();

 private:
  void onSystemScheme(bool dark);

  ThemeMode mode_ = ThemeMode::System;
  bool systemDark_ = false;
  bool fieldStyleSet_ = false;
  double fontScale_ = 1.0;
  QFont systemFont_;
  QFont monoFont_;
};

}  // namespace ui
