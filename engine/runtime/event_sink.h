// EventSink: the engine's only way up. Implemented by the application's bridge, the command line
// and tests.
#pragma once

#include "engine/runtime/events.h"

namespace engine {

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Called on the engine thread; must not block on the receiver.
  virtual void on_event(Event event) = 0;
};

}  // namespace engine
