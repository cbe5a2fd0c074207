"""The words of the store as plain values. Everything else imports these, and they import nothing."""
