"""Pure functions on pictures: values in, values out, no files written and no state kept.

This room stands alone so that every part of the road can lean on it: it knows nothing of models, sessions or widgets,
and imports nothing of pochade's but the errors. `load` reads any picture, `mask` reads any mask, `compose` puts a
changed part back into its picture.
"""
