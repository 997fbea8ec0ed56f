"""Inputs that a coverage-guided fuzzer found, and the fuzzer."""
