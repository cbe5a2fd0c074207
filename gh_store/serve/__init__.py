"""A sync server with a read cache: it keeps a read model of stores fresh, serves it, and processes what is pending."""
