"""Walk-forward: parameters chosen on the past and judged on the next stretch, over and over."""
