"""Writing an output folder (shards, ledger, dropped rows), and reading one back."""
