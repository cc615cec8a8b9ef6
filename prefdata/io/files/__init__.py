"""Files that prefdata makes, each written whole or not at all: shards, arrays, the ledger."""
