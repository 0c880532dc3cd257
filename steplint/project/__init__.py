"""The driver: files to summaries to graph to findings; the only place that knows the order."""
