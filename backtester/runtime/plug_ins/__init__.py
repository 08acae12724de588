"""The processes in which the code of plug-ins runs."""
