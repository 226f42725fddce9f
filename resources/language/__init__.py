"""What texts speak of: the interface of language understanding, and the variant that runs on this machine."""
