"""Model files on this machine: finding and loading them, and the device they run on."""
