"""The answer: what the hedge's difference to the unhedged book is made of, and whether holding less was the better."""
