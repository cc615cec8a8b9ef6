"""Models on this machine: where they lie, how they are loaded in silence, what they run on."""
