import assert from 'node:assert/strict';
import { type Healthy, openHealthy } from './healthy.js';

describe('customer-journey doctor, where everything is well,', () => {
  let healthy: Healthy;
  before(async () => {
    healthy = await openHealthy();
  });
  after(() => healthy.close());

  it('finds every check to be ok, and exits with 0', async () => {
    const { findings, exitCode } = await healthy.doctor();
    assert.deepEqual(
      findings.filter(({ level }) => level !== 'ok'),
      [],
    );
    assert.equal(exitCode, 0);
  });
});
