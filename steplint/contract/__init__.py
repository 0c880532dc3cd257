"""What the linter and the runtime agree on: step identity, the manifest, changes and their verdicts."""
