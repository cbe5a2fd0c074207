"""The terms of the store as plain values. Everything else imports these; they import nothing else."""
