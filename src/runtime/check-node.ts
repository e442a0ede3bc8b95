import { readFileSync } from 'node:fs';

/*
 * Exits with a one-line message if Node is older than package.json requires. Programs import this first, before modules
 * that an older Node cannot load. `tools/check-node.cjs` does the same for a checkout.
 */

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const minimum = String(/\d+\.\d+/.exec(engines.node)?.[0]);
const [major = 0, minor = 0] = minimum.split('.').map(Number);
const [actualMajor = 0, actualMinor = 0] = process.versions.node.split('.').map(Number);

if (actualMajor < major || (actualMajor === major && actualMinor < minor)) {
  process.stderr.write(`customer-journey needs Node ${minimum} or newer. This is Node ${process.versions.node}.\n`);
  process.exit(78);
}
