"""The data folder: every version of every record, and the lifecycle of everything derived from them."""
