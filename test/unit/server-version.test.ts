import assert from 'node:assert/strict';
import { TemporalConfigError } from '../../src/temporal/errors.js';
import { requireServer, serverVersionFindings } from '../../src/temporal/server-version.js';

const deployment = { deploymentName: 'customer-journey', buildId: 'build-1' };
const upgrade = /ignores priorities.*: upgrade it to 1\.31$/;
const setting = /ignores priorities.* has the line "matching\.useNewMatcher: \[\{value: true\}\]"/;
const lateRates = /applies a changed CHARTMOGUL_REQUESTS_PER_SECOND late/;

const warned: readonly [version: string, ...warnings: RegExp[]][] = [
  ['1.26.2', upgrade, lateRates],
  ['1.27.2', upgrade, lateRates],
  ['1.28.1', setting, lateRates],
  ['1.29.0', setting],
  ['1.30.4', setting],
  ['v1.30.0-148.4', setting],
  ['1.31.0'],
  ['1.32.0'],
  ['1.100.0'],
  ['2.0.0'],
  ['development'],
  [''],
];

describe('the version of the Temporal server', () => {
  for (const [version, ...warnings] of warned) {
    it(`${version || 'that is unknown'} causes ${warnings.length} warnings`, () => {
      const findings = serverVersionFindings(version);

      assert.equal(findings.refusal, undefined);
      assert.equal(findings.warnings.length, warnings.length, findings.warnings.join('\n'));
      for (const [index, warning] of warnings.entries()) assert.match(findings.warnings[index] ?? '', warning);
    });
  }

  for (const version of ['0.29.0', '1.9.1', '1.24.2', '1.25.2']) {
    it(`${version} is refused`, () => {
      const { refusal } = serverVersionFindings(version);

      assert.equal(
        refusal,
        `The Temporal server has version ${version}. Journeys need 1.26 or newer. Upgrade the server.`,
      );
    });
  }

  for (const [version, isRefused] of [
    ['1.27.2', true],
    ['1.28.1', false],
    ['1.32.0', false],
  ] as const) {
    it(`${version} is ${isRefused ? 'refused' : 'accepted'} for a worker with a version`, () => {
      const { refusal } = serverVersionFindings(version, { deployment });

      assert.equal(refusal !== undefined, isRefused);
      if (isRefused) assert.match(refusal ?? '', /need 1\.28 or newer\. .* set WORKER_VERSIONING=false\.$/);
    });
  }

  it('does not matter on Temporal Cloud, which has its own', () => {
    assert.deepEqual(serverVersionFindings('1.25.0', { deployment, isCloud: true }), { warnings: [] });
  });

  it('that is refused is invalid configuration', () => {
    assert.throws(() => requireServer('1.25.2', {}), TemporalConfigError);
  });
});
