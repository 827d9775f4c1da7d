"""What stands behind recipients' links: `/u/` to stop and choose, `/c/` to confirm."""
