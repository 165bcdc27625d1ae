"""Read by the interpreter of the measured server, which has this folder on its path.

Thousands of accounts are made before anything is measured. With the real parameters of Argon2 that would take half
an hour; no measurement includes a password, so here hashing one costs next to nothing.
"""

import argon2.profiles

argon2.profiles.RFC_9106_LOW_MEMORY = argon2.profiles.CHEAPEST
