"""The rows of the miniature's table: how each is asked, painted and read.

`evaluate` decides what is measured and how often; here every row has its module, and all of them end in a `Row`.
"""
