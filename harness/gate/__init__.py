"""The gate: a policy and paired evidence in, one verdict out."""
