"""The figures that an audit reports: shortcuts, slices, suspected rows, ablation."""
