"""What speaks to model servers, over the network or through files."""
