"""What a person sees: the quantstats tear-sheet, the hedge report, pages, charts and terminal tables."""
