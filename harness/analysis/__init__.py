"""From stored evidence to statements: comparability, stages."""
