"""Reading eligibility: free text into the tree of `accrual.criteria.tree`."""
