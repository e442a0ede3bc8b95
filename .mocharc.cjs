// Most code of a test runs a few times only. Node 20 optimizes it too early, which costs an eighth of the processor
// time; later versions have a cheaper compiler, and do not know this option.
const optimizesEarly = process.versions.node.startsWith('20.');

module.exports = {
  'node-option': ['max-semi-space-size=32', ...(optimizesEarly ? ['interrupt-budget=1500000'] : [])],
  require: ['tsx/esm', './test/support/hooks.ts'],
  timeout: 120_000,
  slow: 5_000,
  forbidOnly: true,
  forbidPending: true,
};
