"""What commands return and write down: verdicts, ledger, manifest, metrics, audit report."""
