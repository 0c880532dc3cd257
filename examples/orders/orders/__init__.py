"""Orders: a small application whose workflows run on Inngest."""
