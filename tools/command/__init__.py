"""What the operator's programs have in common: options, texts, answers, and how a command ends."""
