#!/usr/bin/env node
/** The command line of path management. */
