#!/usr/bin/env -S node --max-semi-space-size=8
import { exitWith } from './runtime/exit-codes.js';
import { isMain } from './runtime/program.js';

export * from './journeys/index.js';

/** The command line. Loaded only if this file is the program: applications that import it do not need it. */
async function main(): Promise<void> {
  await import('./runtime/check-node.js');
  const { runCommandLine } = await import('./cli/program.js');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

if (isMain(import.meta.url)) void main().catch(exitWith);
