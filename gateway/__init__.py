"""The ways in, the roads behind them, and how a gateway is put together."""
