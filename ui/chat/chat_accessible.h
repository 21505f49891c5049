// What assistive technology sees of the chat view: a list with every message as an item of its own,
// with role, name, text, state and place, whether or not it is on the screen.
#pragma once

namespace ui {

/// Makes QAccessible use it for every ChatView; calling it again changes nothing.
void installChatAccessibility();

}  // namespace ui
