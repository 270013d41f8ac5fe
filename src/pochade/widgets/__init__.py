"""The views of a session in a browser: the Studio and its parts alone, one bundle of TypeScript behind them all."""
