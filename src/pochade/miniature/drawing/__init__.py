"""How a scene becomes pixels.

`layers` decides what is pasted where, and `render` paints it. Drawings come from `atlas` and `scenery`, letters from
`lettering` and `writing`; `styles` changes the whole picture.
"""
