#!/usr/bin/env node
/** The command line of `@liquid/rohc`. */
export {};
