"""The nouns: frozen structs that cross the borders of stages; no behavior beyond look-up."""
