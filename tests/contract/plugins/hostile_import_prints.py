"""A plug-in that prints when it is imported."""

from hostile_strategies import honest

print('{"success": true}')

strategy = honest
