"""Study records: their typed form, and the readers of every format they come in."""
