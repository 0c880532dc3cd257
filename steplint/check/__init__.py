"""Rules over the graph: load packs, select and run rules, apply policy, suppressions, baseline and fixes."""
