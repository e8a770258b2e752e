"""The methodology statement of a wave: what AAPOR and CHERRIES ask to disclose, computed or declared."""
