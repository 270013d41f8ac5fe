"""How scenes, edits and blends are said in English and in Chinese, and how what is said becomes tokens."""
