"""What a customer sees of usage and bills, each strictly for the tenant in the token."""
