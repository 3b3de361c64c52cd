"""Finding studies: the text index, facets, places and distances, ranking."""
