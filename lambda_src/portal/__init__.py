"""The customer's portal: one page of HTML with its style and its script inside, and the policy that confines it."""

from portal.page import Config, ConfigError, Page, assemble

__all__ = ["Config", "ConfigError", "Page", "assemble"]
