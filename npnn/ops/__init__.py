"""The textbook: each operation a forward beside its backward, on plain arrays, one file for each family."""
