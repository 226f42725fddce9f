"""Backups and recovery: whether backups are as they should be and can be restored, how far standbys are behind, and drills."""
