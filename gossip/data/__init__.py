"""What a node holds: time, entries, their digest, and the store that guards them. Nothing here does I/O."""
