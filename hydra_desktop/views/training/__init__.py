"""The screen on which models are trained: what gains from it, the job that runs, the queue."""
