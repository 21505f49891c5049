// Carries the headers that every engine test includes, compiled once for all of them.
