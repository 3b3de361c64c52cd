"""Open sources of names: one module a source, each read into the same `Term`s. Only the build uses this package."""
