"""Model files on this machine: finding and loading them, and choosing the device to run on."""
