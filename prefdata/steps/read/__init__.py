"""Reading sources into record shards and quarantine; checking the rules on every record."""
