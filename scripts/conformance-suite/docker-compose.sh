#!/bin/sh
# Stands in for `docker-compose … up` and `down`: what they would start runs already, and ends with the run.
exit 0
