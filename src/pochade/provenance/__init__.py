"""Where a picture comes from: its Content Credentials, and how it is found again without them."""
