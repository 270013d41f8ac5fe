"""The views of a session in a browser: the Studio and the mask canvas, one bundle of TypeScript behind both."""
