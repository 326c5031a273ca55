#!/usr/bin/env node
/** Lists the scenarios of `@liquid/mptcp-pm-example`; the console runs them. */
import { scenarios } from './index.js';

for (const { id, title } of scenarios) process.stdout.write(`${id}\t${title}\n`);
