"""The judgement of each label: its probability, its class, and the self-test of both."""
