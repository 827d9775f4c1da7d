"""Every key in Redis that is about recipients. Redis's errors become StoreUnavailable here and nowhere else."""
