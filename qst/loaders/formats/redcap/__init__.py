"""Exports of REDCap."""
