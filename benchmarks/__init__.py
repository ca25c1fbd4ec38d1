"""What the performance figures in the README come from; each prints its own."""
