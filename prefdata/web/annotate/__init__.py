"""The pages of `prefdata annotate`: routes, rendering of hostile texts, assets."""
