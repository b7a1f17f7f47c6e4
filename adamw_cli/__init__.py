"""The test bench for weight decay: exact optimizer dynamics, measured beside theory."""
