"""The engine: a scenario's runs become arrays (lower), advance in blocks (kernel, jit, native), and leave a Trace (run)."""
