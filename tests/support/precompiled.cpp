// Carries the precompiled headers of the engine tests; GoogleTest brings main().
