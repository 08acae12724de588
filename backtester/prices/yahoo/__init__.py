"""Yahoo Finance as a source of prices, through yfinance."""
